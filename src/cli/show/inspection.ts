import type { Inspection } from '../../check/inspect/index.ts'
import { bytes, count } from '../render/format.ts'
import { table } from '../render/table.ts'
import { printable, style, wrap } from '../render/text.ts'

interface Terminal {
  readonly columns: number
  readonly colour: boolean
}

type System = NonNullable<Inspection['system']>

/** Shells that let nobody in. */
const NO_LOGIN = /\/(nologin|false|sync|shutdown|halt)$/
/** Lines of a table of sizes. */
const MOST_SIZES = 10

/** What `kiln inspect` shows people. `packages`: each of them, too. */
export function inspectionLines(
  { image, system, notes }: Inspection,
  { packages }: { readonly packages: boolean },
  terminal: Terminal,
): string {
  const { bold } = style(terminal.colour)
  const parts: string[] = [
    `${bold(printable(image.name))}  ${diskLine(image)}`,
    partitionTable(image, terminal),
  ]
  if (system) parts.push(systemLines(system, terminal), sizeTables(system, terminal))
  if (system && packages)
    parts.push(
      table(
        ['PACKAGE', 'VERSION', 'ARCH'],
        system.packages.map(({ name, version, arch }) => [name, version, arch]),
        terminal,
      ),
    )
  if (notes.length > 0) parts.push(notes.map((note) => printable(note)).join('\n'))
  return parts.join('\n\n')
}

function diskLine({ format, size, stored, table: kind, bios, uefi }: Inspection['image']): string {
  const loaders = { grub: 'GRUB', syslinux: 'SYSLINUX', other: 'some loader' }
  const starts = [
    ...(bios === undefined ? [] : [`BIOS (${loaders[bios]})`]),
    ...(uefi.length === 0 ? [] : ['UEFI']),
  ]
  const tables = { gpt: 'GPT', mbr: 'MBR', none: 'no partition table' }
  return [
    `${format}, a disk of ${bytes(size)} in ${bytes(stored)}`,
    tables[kind],
    starts.length === 0 ? 'no boot loader' : `starts on ${starts.join(' and ')}`,
  ].join(', ')
}

function partitionTable({ partitions }: Inspection['image'], terminal: Terminal): string {
  const rows = partitions.map(({ number, kind, bytes: size, fileSystem }) => [
    number === 0 ? 'none' : String(number),
    number === 0 ? '' : kind,
    bytes(size),
    fileSystem.used === undefined ? '' : bytes(fileSystem.used),
    fileSystem.kind,
    fileSystem.label ?? '',
    fileSystem.uuid ?? '',
  ])
  return table(['PARTITION', 'KIND', '>SIZE', '>USED', 'CONTENT', 'LABEL', 'UUID'], rows, terminal)
}

function systemLines(system: System, terminal: Terminal): string {
  const { os, kernels, bootLoaders, packages, packageManagers, units, users, groups, privileged, totals } =
    system
  const versions = [...new Set(kernels.map(({ version }) => version))]
  const logins = users.filter(({ shell }) => !NO_LOGIN.test(shell))
  const loaders = bootLoaders.map(({ name, firmware, version = '' }) =>
    `${name} for ${firmware} ${version}`.trim(),
  )
  const listening = units.flatMap(({ name, listens = [] }) =>
    listens.filter((each) => NETWORK.test(each)).map((each) => `${name} (${each})`),
  )
  const wantedBy = (pattern: RegExp) =>
    names(
      units
        .filter((unit) => !unit.masked && unit.wantedBy.some((by) => pattern.test(by)))
        .map(({ name }) => name),
    )
  const rows: (readonly [string, string])[] = [
    ['system', os.PRETTY_NAME ?? os.ID ?? 'unknown: there is no /etc/os-release'],
    ['kernel', names(versions)],
    ['loaders', names(loaders)],
    ['packages', `${packages.length}${packageManagers.length > 0 ? ` (${packageManagers.join(', ')})` : ''}`],
    ['files', `${totals.files} in ${count(totals.folders, 'folder')}, ${bytes(totals.bytes)}`],
    ['starts', wantedBy(/^(multi-user|graphical|default|cloud-init|cloud-config)\.target$/)],
    ['timers', wantedBy(/^timers\.target$/)],
    ['sockets', names(listening)],
    [
      'users',
      `${users.length}, ${count(groups.length, 'group')}; with a shell: ${names(logins.map(({ name, uid }) => `${name} (${uid})`))}`,
    ],
    [
      'setuid',
      names(privileged.map(({ path, capabilities }) => (capabilities ? `${path} (${capabilities})` : path))),
    ],
  ]
  return rows.map(([name, text]) => row(name, text, terminal)).join('\n')
}

/** Addresses of sockets that can be reached from elsewhere: a port, or an address with one. */
const NETWORK = /^(stream|datagram) (\d+$|.*:\d+$|\[)/

const names = (list: readonly string[]) => list.join(', ') || 'none'

/** A name and what there is to say, later lines below the first. */
function row(name: string, text: string, { columns, colour }: Terminal): string {
  const lines = wrap(printable(text), Math.max(30, columns - INDENT))
  return lines
    .map((line, n) => (n === 0 ? style(colour).bold(name.padEnd(INDENT)) : ' '.repeat(INDENT)) + line)
    .join('\n')
}

const INDENT = 10

function sizeTables({ folders, biggest }: System, terminal: Terminal): string {
  const top = folders.filter(({ path }) => path.lastIndexOf('/') === 0)
  return [
    table(
      ['FOLDER', '>SIZE', '>FILES'],
      top.slice(0, MOST_SIZES).map(({ path, bytes: size, files }) => [path, bytes(size), String(files)]),
      terminal,
    ),
    table(
      ['>SIZE', 'BIGGEST FILES'],
      biggest.slice(0, MOST_SIZES).map(({ path, bytes: size }) => [bytes(size), path]),
      terminal,
    ),
  ].join('\n\n')
}
