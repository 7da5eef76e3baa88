import { cleanLine } from '../qemu/console.ts'
import type { FileFacts, GuestReport } from './types.ts'

/** One line of the probe: its word and its values. */
export interface ProbeLine {
  readonly word: string
  readonly values: readonly string[]
}

/** Reads one line of the report channel; undefined for what is not the probe's. */
export function parseLine(line: string): ProbeLine | undefined {
  const [head, ...values] = line.replace(/\r$/, '').split('\t')
  const word = /^KILN1 ([a-z]+)$/.exec(head!)?.[1]
  return word === undefined ? undefined : { word, values }
}

/**
 * The report in the lines between `begin` and `end`, with the `answer` lines from before. The guest is not trusted:
 * what is missing or malformed becomes empty or undefined, texts lose control characters.
 */
export function parseReport(lines: readonly ProbeLine[]): GuestReport {
  const all = (word: string) => lines.filter((line) => line.word === word).map(({ values }) => values)
  const one = (word: string) => all(word)[0] ?? []
  const plain = (word: string) => cleanLine(one(word)[0] ?? '')
  const times = properties(text(one('times')[0]))
  const since = (name: string) => seconds(times.get(`${name}TimestampMonotonic`))
  const packages = new Map<string, string>()
  const broken: string[] = []
  for (const [name, version, state] of all('package')) {
    if (!name) continue
    if (state === 'installed') packages.set(name, version ?? '')
    // Removed with its configuration left is an ordinary state.
    else if (state !== 'config-files' && state !== 'not-installed') broken.push(name)
  }
  const [aptStatus, indexes, problem] = one('apt')
  const [rootSize, , start, size, , disk] = one('root')
  return {
    kernel: plain('kernel'),
    cmdline: text(one('cmdline')[0]),
    os: properties(text(one('os')[0])),
    firmware: plain('firmware') === 'uefi' ? 'uefi' : 'bios',
    secureBoot: one('secureboot').length ? plain('secureboot') === '1' : undefined,
    times: definedOnly({
      firmware: since('Firmware'),
      loader: since('Loader'),
      userspace: since('Userspace'),
      finished: since('Finish'),
    }),
    state: plain('state'),
    jobs: text(one('jobs')[0]),
    failedUnits: all('failed').map(([unit, journal]) => ({
      unit: cleanLine(unit ?? ''),
      journal: text(journal),
    })),
    cloudInit: cloudInit(plain('cloudexit'), one),
    packages,
    brokenPackages: broken,
    apt:
      aptStatus === undefined
        ? undefined
        : { ok: aptStatus === '0', indexes: number(indexes) ?? 0, problem: text(problem) },
    services: new Map(
      all('service').map(([name, load, enabled, active]) => [
        name ?? '',
        { load: cleanLine(load ?? ''), enabled: cleanLine(enabled ?? ''), active: cleanLine(active ?? '') },
      ]),
    ),
    files: byNumber(all('file')).map((values) => values && fileFacts(values)),
    users: new Map(all('user').map(([name, entry]) => [name ?? '', text(entry)])),
    groups: new Map(all('group').map(([name, entry]) => [name ?? '', text(entry)])),
    root: rootFacts(number(rootSize), number(start), number(size), number(disk)),
    machineId: plain('machineid'),
    hostKeys: all('hostkey').map(([name, age, digest]) => ({
      name: cleanLine(name ?? ''),
      madeAfter: number(age) ?? -1,
      digest: cleanLine(digest ?? ''),
    })),
    sshd: all('sshd').length > 0,
    addresses: plain('addresses').split(' ').filter(Boolean),
    commands: byNumber(all('command')).map(
      (values) => values && { status: number(values[0]) ?? -1, output: text(values[1]) },
    ),
    answers: byNumber(all('answer')).map((values) => number(values?.[0])),
  }
}

function cloudInit(exit: string, one: (word: string) => readonly string[]): GuestReport['cloudInit'] {
  const states = { '0': 'done', '2': 'degraded', running: 'running', none: 'absent' } as const
  const result = member(json(one('cloudresult')[0]), 'v1')
  const status = member(json(one('cloudstatus')[0]), 'v1')
  const source = member(result, 'datasource') ?? member(status, 'datasource')
  // Each stage of cloud-init has lists of its own.
  const stages = Object.values(isRecord(status) ? status : {})
  const errors = [
    ...strings(member(result, 'errors')),
    ...stages.flatMap((stage) => strings(member(stage, 'errors'))),
  ]
  const warnings = stages
    .map((stage) => member(stage, 'recoverable_errors'))
    .flatMap((levels) => Object.entries(isRecord(levels) ? levels : {}))
    .flatMap(([level, texts]) => strings(texts).map((warning) => cleanLine(`${level}: ${warning}`)))
  return {
    status: Object.hasOwn(states, exit) ? states[exit as keyof typeof states] : 'error',
    datasource: typeof source === 'string' ? cleanLine(source) : undefined,
    errors: [...new Set(errors.map(cleanLine))],
    warnings: [...new Set(warnings)],
    log: text(one('cloudlog')[0]),
    output: text(one('cloudoutput')[0]),
  }
}

function fileFacts(values: readonly string[]): FileFacts | undefined {
  const [mode, owner, group, size, digest, link] = values
  if (!/^[0-7]{1,5}$/.test(mode ?? '')) return undefined
  return {
    mode: mode!.padStart(4, '0'),
    owner: cleanLine(owner ?? ''),
    group: cleanLine(group ?? ''),
    size: number(size) ?? 0,
    sha256: /^[0-9a-f]{64}$/.test(digest ?? '') ? digest : undefined,
    link: text(link) || undefined,
  }
}

/** Sectors of a partition and its disk as bytes; `behind`: what the disk has left after the partition. */
function rootFacts(
  fileSystem: number | undefined,
  start: number | undefined,
  size: number | undefined,
  disk: number | undefined,
): GuestReport['root'] {
  if (fileSystem === undefined || start === undefined || size === undefined || disk === undefined)
    return undefined
  return { fileSystem, partition: size * 512, disk: disk * 512, behind: (disk - start - size) * 512 }
}

/** Values of numbered lines in the order of their numbers, without the number. */
function byNumber(lines: readonly (readonly string[])[]): (readonly string[] | undefined)[] {
  const found: (readonly string[] | undefined)[] = []
  for (const [n, ...values] of lines) {
    const index = number(n)
    // A bound: the guest must not make us a list of a billion.
    if (index !== undefined && Number.isInteger(index) && index >= 0 && index < 100_000) found[index] = values
  }
  return Array.from(found)
}

/** `NAME=value` lines, the value perhaps in quotes. */
function properties(lines: string): Map<string, string> {
  const found = new Map<string, string>()
  for (const line of lines.split('\n')) {
    const match = /^([A-Za-z0-9_]+)=(.*)$/.exec(line)
    if (match) found.set(match[1]!, match[2]!.replace(/^"(.*)"$/, '$1'))
  }
  return found
}

function text(base64: string | undefined): string {
  if (!base64) return ''
  return Buffer.from(base64, 'base64').toString('utf8').split('\n').map(cleanLine).join('\n').trimEnd()
}

function number(value: string | undefined): number | undefined {
  return value !== undefined && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : undefined
}

function seconds(microseconds: string | undefined): number | undefined {
  const value = number(microseconds)
  return value ? value / 1e6 : undefined
}

function json(base64: string | undefined): unknown {
  try {
    return JSON.parse(Buffer.from(base64 ?? '', 'base64').toString('utf8'))
  } catch {
    return undefined
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const member = (value: unknown, name: string): unknown =>
  isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined

const strings = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []

function definedOnly<T extends Record<string, number | undefined>>(values: T): { [K in keyof T]?: number } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: number
  }
}
