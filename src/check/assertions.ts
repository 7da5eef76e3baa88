import { sha256 } from '../core/digest.ts'
import type { Boot } from './boot.ts'
import type { GuestReport, ProbeRequest } from './probe/types.ts'
import type { FilePromise, Promises, ServicePromise } from './promises.ts'
import type { Firmware } from './qemu/types.ts'
import type { SeedKind } from './seed/types.ts'

/** One thing that was looked at, and what was seen. */
export interface Assertion {
  readonly name: string
  readonly ok: boolean
  readonly saw: string
  readonly firmware: Firmware
}

type Finding = Omit<Assertion, 'firmware'>

/** What cloud-init calls the source of each seed. */
const DATASOURCE: Readonly<Record<SeedKind, RegExp>> = {
  nocloud: /NoCloud/,
  configdrive: /ConfigDrive/,
  metadata: /OpenStack/,
  metadata6: /OpenStack/,
}

/**
 * What cloud-init (Debian 13) complains of in a network without IPv4, whatever the image: it asks for a DHCPv4 lease
 * before anything else, and for EC2's form of the metadata at the one address that it knows.
 */
const NO_IPV4 = /No valid DHCP lease|Failed fetching meta-data\/ from url http:\/\/169\.254\.169\.254\//

/** Alignment and the second partition table take some of a disk's end. */
const SLACK = 32 * 1024 * 1024

/** What a boot must show, whatever the image: each with what was seen. */
export function assertBoot(boot: Boot, firmware: Firmware, promises: Promises, ask: ProbeAsked): Assertion[] {
  const { report } = boot
  if (!report) return [{ name: 'system up', ok: false, saw: boot.failure ?? 'no report', firmware }]
  const findings = [
    ...assertSystem(boot, report, firmware),
    ...assertIdentity(report),
    ...assertPlace(boot, report, promises),
    ...assertPackages(report, promises.packages ?? []),
    ...(promises.services ?? []).map((service) => assertService(report, service)),
    ...(promises.files ?? []).map((file, n) => assertFile(report.files[n], file)),
    ...(promises.users ?? []).map((name) => assertAccount('user', name, report.users)),
    ...(promises.groups ?? []).map((name) => assertAccount('group', name, report.groups)),
    ...assertAsked(boot, report, ask),
  ]
  return findings.map((finding) => ({ ...finding, firmware }))
}

/** The part of a request that is an assertion by itself. */
export type ProbeAsked = Pick<ProbeRequest, 'answers' | 'commands'>

function assertSystem(boot: Boot, report: GuestReport, firmware: Firmware): Finding[] {
  const { login, up } = boot.seconds
  const { cloudInit } = report
  const troubles = [...cloudInit.errors, ...cloudInit.warnings]
  // Old spellings in somebody's user data are no fault of the image, nor is what the check's network lacks.
  const harmless =
    cloudInit.errors.length === 0 &&
    cloudInit.warnings.every(
      (text) => text.startsWith('DEPRECATED') || (boot.seed === 'metadata6' && NO_IPV4.test(text)),
    )
  const uefi = firmware !== 'bios'
  return [
    {
      name: 'system up',
      // Degraded is up; which units failed is a finding of its own.
      ok: ['running', 'degraded'].includes(report.state),
      saw: `${report.state} after ${seconds(up)}${report.jobs ? `, waiting for: ${oneLine(report.jobs)}` : ''}`,
    },
    {
      name: 'login prompt',
      ok: login !== undefined,
      saw: login === undefined ? 'none on the serial console' : `after ${seconds(login)}`,
    },
    {
      name: 'firmware',
      ok: (report.firmware === 'uefi') === uefi && (firmware !== 'secureboot' || report.secureBoot === true),
      saw: `${report.firmware}${report.secureBoot ? ', Secure Boot' : ''}`,
    },
    {
      name: 'no failed units',
      ok: report.failedUnits.length === 0,
      saw:
        report.failedUnits
          .map(({ unit, journal }) => `${unit}${journal ? ` (${reason(journal)})` : ''}`)
          .join(', ') || 'none',
    },
    {
      name: 'cloud-init',
      ok: cloudInit.status === 'done' || (cloudInit.status === 'degraded' && harmless),
      saw: [cloudInit.status, ...troubles.map(oneLine)].join('; '),
    },
    {
      name: 'cloud-init data',
      ok: DATASOURCE[boot.seed].test(cloudInit.datasource ?? ''),
      saw: cloudInit.datasource ?? 'none',
    },
  ]
}

/** Identity must be made in the guest, never come with the image. */
function assertIdentity(report: GuestReport): Finding[] {
  const old = report.hostKeys.filter(({ madeAfter }) => madeAfter < 0)
  return [
    {
      name: 'machine id',
      ok: /^[0-9a-f]{32}$/.test(report.machineId),
      saw: report.machineId || 'none',
    },
    ...(report.sshd
      ? [
          {
            name: 'host keys',
            ok: report.hostKeys.length > 0 && old.length === 0,
            saw: old.length
              ? `${old.map(({ name }) => name).join(', ')} came with the image`
              : report.hostKeys.length
                ? `${report.hostKeys.length} made at first boot`
                : 'none',
          },
        ]
      : []),
  ]
}

function assertPlace(boot: Boot, report: GuestReport, promises: Promises): Finding[] {
  const findings: Finding[] = []
  const { root } = report
  if (boot.disk.guest > boot.disk.image && root)
    findings.push({
      name: 'root grown',
      ok: root.behind <= SLACK && root.fileSystem >= 0.9 * root.partition,
      saw: `file system ${mebibytes(root.fileSystem)} of ${mebibytes(root.disk)} disk, ${mebibytes(Math.max(0, root.behind))} unused behind it`,
    })
  for (const kind of promises.addresses ?? ['ipv4']) {
    if (kind === 'ipv4' && boot.seed === 'metadata6') continue
    findings.push({
      name: kind === 'ipv4' ? 'IPv4 address' : 'IPv6 address',
      ok: report.addresses.some((address) => address.includes(':') === (kind === 'ipv6')),
      saw: report.addresses.join(' ') || 'none',
    })
  }
  return findings
}

function assertPackages(report: GuestReport, promised: readonly string[]): Finding[] {
  const findings: Finding[] = [
    {
      name: 'packages whole',
      ok: report.brokenPackages.length === 0,
      saw: report.brokenPackages.length
        ? `not installed to the end: ${report.brokenPackages.slice(0, 10).join(', ')}`
        : `${report.packages.size} installed`,
    },
  ]
  if (report.apt)
    findings.push({
      name: 'apt sources',
      ok: report.apt.ok && report.apt.indexes > 0,
      saw: report.apt.problem ? oneLine(report.apt.problem) : `${report.apt.indexes} indexes`,
    })
  for (const promise of promised) {
    const [full, wanted] = promise.split('=')
    const version = report.packages.get(full!.replace(/:[a-z0-9]+$/i, ''))
    findings.push({
      name: `package ${promise}`,
      ok: version !== undefined && versionFits(version, wanted),
      saw: version ?? 'not installed',
    })
  }
  return findings
}

function versionFits(version: string, wanted: string | undefined): boolean {
  if (wanted === undefined) return true
  return wanted.endsWith('*') ? version.startsWith(wanted.slice(0, -1)) : version === wanted
}

/** What `systemctl is-enabled` says of units that start by themselves. */
const ENABLED = new Set(['enabled', 'enabled-runtime', 'alias', 'static', 'indirect', 'generated', 'linked'])

function assertService(report: GuestReport, promise: ServicePromise): Finding {
  const state = report.services.get(promise.name)
  const known = state !== undefined && state.load !== 'not-found'
  return {
    name: `service ${promise.name}`,
    ok: known
      ? (promise.enabled === undefined || ENABLED.has(state.enabled) === promise.enabled) &&
        (promise.running === undefined || (state.active === 'active') === promise.running)
      : // What is not there is neither enabled nor running.
        promise.enabled !== true && promise.running !== true,
    saw: known ? `${state.enabled || 'no state'}, ${state.active}` : 'no such unit',
  }
}

function assertFile(facts: GuestReport['files'][number], promise: FilePromise): Finding {
  const name = `file ${promise.path}`
  if (!facts) return { name, ok: false, saw: 'missing' }
  const wrong: string[] = []
  const differs = (what: string, saw: string, wanted: string | undefined) => {
    if (wanted !== undefined && saw !== wanted) wrong.push(`${what} is ${saw}, not ${wanted}`)
  }
  const digest = promise.content === undefined ? promise.sha256 : sha256(promise.content)
  if (digest !== undefined && facts.sha256 !== digest)
    wrong.push(facts.sha256 === undefined ? 'is no regular file' : `has other content (${facts.size} bytes)`)
  differs('link', facts.link ?? 'none', promise.link)
  differs('mode', facts.mode, promise.mode?.padStart(4, '0'))
  differs('owner', facts.owner, promise.owner)
  differs('group', facts.group, promise.group)
  const as =
    facts.link === undefined
      ? `${facts.mode} ${facts.owner}:${facts.group}, ${facts.size} bytes`
      : `→ ${facts.link}`
  return { name, ok: wrong.length === 0, saw: wrong.join('; ') || as }
}

function assertAccount(kind: string, name: string, entries: ReadonlyMap<string, string>): Finding {
  const entry = entries.get(name)
  return { name: `${kind} ${name}`, ok: Boolean(entry), saw: entry || 'none' }
}

function assertAsked(boot: Boot, report: GuestReport, ask: ProbeAsked): Finding[] {
  return [
    ...(ask.answers ?? []).map(({ name }, n) => {
      const at = boot.seconds.answers[n]
      return {
        name: `answer ${name}`,
        ok: at !== undefined,
        saw: at === undefined ? 'none' : `after ${seconds(at)}`,
      }
    }),
    ...(ask.commands ?? []).map(({ name }, n) => {
      const result = report.commands[n]
      const last = oneLine(result?.output.split('\n').at(-1) ?? '')
      return {
        name: `command ${name}`,
        ok: result?.status === 0,
        saw: result ? `status ${result.status}${last ? `: ${last}` : ''}` : 'did not run',
      }
    }),
  ]
}

/** Two boots of one image must not be the same machine. */
export function assertApart(
  boots: readonly { readonly firmware: Firmware; readonly boot: Boot }[],
): Assertion[] {
  const reports = boots.flatMap(({ firmware, boot }) =>
    boot.report ? [{ firmware, report: boot.report }] : [],
  )
  return reports.slice(1).flatMap(({ firmware, report }, n) => {
    const before = reports[n]!
    const ids = report.machineId !== before.report.machineId
    const keys = new Set(before.report.hostKeys.map(({ digest }) => digest))
    const fresh = report.hostKeys.every(({ digest }) => !keys.has(digest))
    return [
      {
        name: 'own identity',
        ok: ids && fresh,
        saw:
          [ids ? '' : 'same machine id', fresh ? '' : 'same host key'].filter(Boolean).join(', ') ||
          `differs from the boot on ${before.firmware}`,
        firmware,
      },
    ]
  })
}

/** What systemd says at the end of every failure, which says nothing. */
const ENDING = /Consumed .* CPU time|Failed with result|^Failed to start|^Stopp(ed|ing) |Main process exited/

const reason = (journal: string) => {
  const lines = journal.split('\n').filter(Boolean)
  return oneLine(lines.findLast((line) => !ENDING.test(line)) ?? lines.at(-1) ?? '')
}
const seconds = (value: number | undefined) => (value === undefined ? '?' : `${Math.round(value)} s`)
const mebibytes = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`
const oneLine = (text: string) => text.replace(/\s+/g, ' ').trim().slice(0, 200)
