import type { Comparison, FileChange, Lists, NamedChange } from '../../check/inspect/index.ts'
import { bytes, count } from '../render/format.ts'
import { printable, style } from '../render/text.ts'

/** Files of one kind that are named when not all are asked for. */
const MOST_FILES = 30
const MOST_FOLDERS = 8

/** What `kiln diff` shows people. `allFiles`: each, also those of packages that changed. */
export function comparisonLines(
  comparison: Comparison,
  { allFiles }: { readonly allFiles: boolean },
  terminal: { readonly colour: boolean },
): string {
  const { from, to, same } = comparison
  const { bold } = style(terminal.colour)
  const heading = `${printable(from.name)} → ${printable(to.name)}`
  if (same) return `${heading}: no difference.`
  const sections = [
    section('disk', factLines(comparison.facts)),
    listed('packages', comparison.packages),
    listed('kernels', comparison.kernels),
    listed('units', comparison.units),
    listed('users', comparison.users),
    listed('groups', comparison.groups),
    section('files', fileLines(comparison.files, allFiles)),
    section('size', sizeLines(comparison)),
  ]
  function section(name: string, lines: readonly string[]): string[] {
    return lines.length === 0
      ? []
      : [`\n${bold(name)}`, ...lines.map((line) => `  ${coloured(line, terminal.colour)}`)]
  }
  function listed(name: string, changes: Lists<NamedChange>): string[] {
    return section(name, [
      ...changes.added.map(({ name: one, to: now = '' }) => marked('+', one, now)),
      ...changes.removed.map(({ name: one, from: old = '' }) => marked('-', one, old)),
      ...changes.changed.map(({ name: one, from: old = '', to: now = '' }) =>
        marked('~', one, arrow(old, now)),
      ),
    ])
  }
  return [heading, ...sections.flat()].join('\n')
}

const arrow = (from: string, to: string) => `${from} → ${to}`
const marked = (sign: string, name: string, text: string) => `${sign} ${printable(`${name} ${text}`.trim())}`

function coloured(line: string, colour: boolean): string {
  const { green, red, yellow } = style(colour)
  const paint = { '+': green, '-': red, '~': yellow }[line[0]!]
  return paint ? paint(line) : line
}

/** New ids alone are one line: whatever is made again has others. */
function factLines(facts: Comparison['facts']): string[] {
  const isId = ({ name }: { readonly name: string }) => name === 'id' || name.endsWith(' id')
  const ids = facts.filter(isId).map(({ name }) => name.replace(/ ?id$/, ''))
  return [
    ...facts
      .filter((fact) => !isId(fact))
      .map(({ name, from: old, to: now }) => marked('~', `${name}:`, arrow(old || 'none', now || 'none'))),
    ...(ids.length === 0 ? [] : [marked('~', 'other ids:', ids.join(', '))]),
  ]
}

function fileLines(files: Lists<FileChange>, all: boolean): string[] {
  const kinds = [
    ['+', files.added, 'added'],
    ['-', files.removed, 'removed'],
    ['~', files.changed, 'changed'],
  ] as const
  return kinds.flatMap(([sign, changes, word]) => {
    if (all) return changes.map((change) => marked(sign, change.path, fileText(change)))
    const own = changes.filter(({ package: owner }) => owner === undefined)
    const lines =
      sign === '~' ? own.map((change) => [change.path, fileText(change)] as const) : byFolder(own, changes)
    const packaged = changes.length - own.length
    return [
      ...lines.slice(0, MOST_FILES).map(([path, text]) => marked(sign, path, text)),
      ...(lines.length > MOST_FILES ? [`  and ${lines.length - MOST_FILES} more ${word}`] : []),
      ...(packaged > 0 ? [`  ${count(packaged, 'file')} ${word} with these packages`] : []),
    ]
  })
}

/** What came or went with a whole folder is one line: the highest folder that came or went. */
function byFolder(own: readonly FileChange[], all: readonly FileChange[]): (readonly [string, string])[] {
  const folders = new Set(all.filter(({ kind }) => kind === 'folder').map(({ path }) => path))
  const sums = new Map<string, { files: number; bytes: number }>()
  const alone: (readonly [string, string])[] = []
  for (const change of own) {
    const top = highest(change.path, folders)
    if (top === undefined) alone.push([change.path, fileText(change)])
    else {
      const sum = sums.get(top) ?? { files: 0, bytes: 0 }
      if (change.kind !== 'folder') sum.files++
      sum.bytes += (change.to ?? change.from)?.size ?? 0
      sums.set(top, sum)
    }
  }
  const whole = [...sums].map(
    ([path, sum]) =>
      [
        `${path}/`,
        sum.files === 0 ? '(folder)' : `${count(sum.files, 'file')}, ${bytes(sum.bytes)}`,
      ] as const,
  )
  return [...alone, ...whole].sort(([a], [b]) => (a < b ? -1 : 1))
}

function highest(path: string, folders: ReadonlySet<string>): string | undefined {
  for (let slash = path.indexOf('/', 1); slash > 0; slash = path.indexOf('/', slash + 1))
    if (folders.has(path.slice(0, slash))) return path.slice(0, slash)
  return folders.has(path) ? path : undefined
}

function fileText({ what, from, to, kind }: FileChange): string {
  const one = to ?? from!
  if (!from || !to)
    return one.size === undefined
      ? `(${kind}${one.target === undefined ? '' : ` to ${one.target}`})`
      : bytes(one.size)
  const says: Partial<Record<string, string>> = {
    kind: `${from.kind ?? 'file'} → ${to.kind ?? 'file'}`,
    size: `${from.size} → ${to.size} bytes`,
    mode: `${from.mode} → ${to.mode}`,
    owner: `${from.uid}:${from.gid} → ${to.uid}:${to.gid}`,
    target: `${from.target} → ${to.target}`,
  }
  return what
    .filter((each) => each !== 'content' || !what.includes('size'))
    .map((each) => says[each] ?? each)
    .join(', ')
}

function sizeLines({ from, to, bytes: all, folders }: Comparison): string[] {
  const sums = [
    ['files', all.from, all.to],
    ['stored', from.stored, to.stored],
  ] as const
  return [
    ...sums
      .filter(([, old, now]) => old !== now)
      .map(([name, old, now]) => `${name} ${bytes(old)} → ${bytes(now)} (${delta(now - old)})`),
    ...folders
      .slice(0, MOST_FOLDERS)
      .map(({ path, from: old, to: now }) => `${printable(path)} ${delta(now - old)}`),
  ]
}

function delta(difference: number): string {
  return `${difference < 0 ? '−' : '+'}${bytes(Math.abs(difference))}`
}
