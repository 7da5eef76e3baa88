import { type StageContext, TREE, toolScript } from '../stages/stage.ts'

/** What is at each path of a tree, as text: equal texts, equal things. */
export type Manifest = ReadonlyMap<string, string>

const FIELDS = [
  'inode',
  'changed',
  'kind',
  'mode',
  'owner',
  'group',
  'names',
  'size',
  'time',
  'link',
] as const
const LIST = `cd "$1"; find . -printf '%i\\t%C@\\t%y\\t%m\\t%U\\t%G\\t%n\\t%s\\t%T@\\t%l\\t%P\\0'`

/**
 * Looks at trees again and again as they grow: a file is only read when it has changed. Times are clamped to the epoch, as
 * in the image.
 */
export function manifests(): (context: StageContext) => Promise<Manifest> {
  /** Digests by inode and change time. */
  let known = new Map<string, string>()
  return async (context) => {
    const { stdout } = await toolScript(context, LIST, [TREE], { what: 'listing the tree' })
    const rows = stdout.split('\0').filter(Boolean).map(rowOf)
    const files = rows.filter(({ kind }) => kind === 'f')
    const fresh = files.filter((row) => !known.has(idOf(row)))
    const digests = await digestsOf(
      fresh.map(({ path }) => path),
      context,
    )
    const now = new Map<string, string>()
    for (const row of files) now.set(idOf(row), known.get(idOf(row)) ?? digests.get(row.path) ?? '')
    known = now
    return new Map(rows.map((row) => [row.path, described(row, now.get(idOf(row)) ?? '', context.epoch)]))
  }
}

type Row = Readonly<Record<(typeof FIELDS)[number] | 'path', string>>

function rowOf(text: string): Row {
  const parts = text.split('\t')
  const row = Object.fromEntries(FIELDS.map((field, n) => [field, parts[n] ?? '']))
  // A name may hold a tab.
  return { ...row, path: parts.slice(FIELDS.length).join('\t') } as Row
}

function idOf({ inode, changed }: Row): string {
  return `${inode} ${changed}`
}

function described(row: Row, digest: string, epoch: number): string {
  const { kind, mode, owner, group, names, size, time, link } = row
  const clamped = Math.min(Math.floor(Number(time)), epoch)
  // A folder's size and number of names is the file system's affair.
  return [
    `kind ${kind}`,
    `mode ${mode}`,
    `owner ${owner}:${group}`,
    `time ${clamped}`,
    ...(kind === 'd' ? [] : [`names ${names}`, `size ${size}`]),
    ...(link ? [`link ${link}`] : []),
    ...(digest ? [`content ${digest}`] : []),
  ].join('; ')
}

async function digestsOf(paths: readonly string[], context: StageContext): Promise<Map<string, string>> {
  if (paths.length === 0) return new Map()
  const { stdout } = await toolScript(
    context,
    // Each writes a file of its own: two at one pipe would cut into each other's lines.
    `cd "$1"; xargs -0 -r -P2 -n500 sh -c 'sha256sum -z -- "$@" >>/build/sums.$$ || :' sh; cat /build/sums.*; rm /build/sums.*`,
    [TREE],
    { input: `${paths.join('\0')}\0`, what: 'reading the tree' },
  )
  return new Map(
    stdout
      .split('\0')
      .filter(Boolean)
      .map((line) => [line.slice(66), line.slice(0, 64)]),
  )
}

/** What is not the same in two trees: paths with what each has there, undefined where nothing is. */
export function unequal(
  a: Manifest,
  b: Manifest,
): { readonly path: string; readonly first?: string; readonly second?: string }[] {
  return [...new Set([...a.keys(), ...b.keys()])]
    .filter((path) => a.get(path) !== b.get(path))
    .sort()
    .map((path) => {
      const [first, second] = [a.get(path), b.get(path)]
      return { path, ...(first === undefined ? {} : { first }), ...(second === undefined ? {} : { second }) }
    })
}
