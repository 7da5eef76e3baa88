import { bytesOfName } from '../../core/names.ts'
import type { Sandbox } from '../../tools/sandbox/sandbox.ts'
import type { TreeEntry, TreeReader } from '../tree.ts'

/** What a tree that a build works on cannot hold: it lies in the image, and goes from there into the new disk. */
export interface Aside {
  readonly devices: readonly TreeEntry[]
  readonly attributes: readonly { readonly entry: TreeEntry; readonly name: string; readonly value: Buffer }[]
}

/** Those of a file system: device nodes, and extended attributes but capabilities, which the tree has. */
export async function asideOf(reader: TreeReader): Promise<Aside> {
  const devices: TreeEntry[] = []
  const attributes: Aside['attributes'][number][] = []
  for await (const entry of reader.walk()) {
    if (entry.kind === 'character' || entry.kind === 'block') devices.push(entry)
    // A name is the guest's, and becomes a word of a command.
    for (const [name, value] of entry.attributes)
      if (name !== 'security.capability' && /^[\w.:@-]+$/.test(name)) attributes.push({ entry, name, value })
  }
  return { devices, attributes }
}

/**
 * Adds what was kept aside to the commands for debugfs in `folder`/fixes, where the tree still has what it belongs to:
 * the folder of a device, the thing of an attribute, of the same kind as before.
 */
export async function addAside(
  aside: Aside,
  { sandbox, tree, folder }: { readonly sandbox: Sandbox; readonly tree: string; readonly folder: string },
): Promise<void> {
  const { devices, attributes } = aside
  if (devices.length + attributes.length === 0) return
  const there = await kindsOf(
    [...devices.map(({ path }) => parent(path)), ...attributes.map(({ entry }) => entry.path)],
    sandbox,
    tree,
  )
  const lines: string[] = []
  for (const { path, kind, mode, uid, gid, mtime, device } of devices) {
    if (there.get(parent(path)) !== 'd') continue
    const name = path.slice(parent(path).length).replace(/^\//, '')
    const seconds = mtime / 1_000_000_000n
    lines.push(`cd ${quoted(`/${parent(path)}`)}`)
    lines.push(`mknod ${quoted(name)} ${kind === 'block' ? 'b' : 'c'} ${device![0]} ${device![1]}`)
    const type = kind === 'block' ? 0o60000 : 0o20000
    const fields = {
      mode: `0${(type | mode).toString(8)}`,
      uid,
      gid,
      mtime: `@${seconds}`,
      atime: `@${seconds}`,
      ctime: `@${seconds}`,
    }
    for (const [field, value] of Object.entries(fields)) lines.push(`sif ${quoted(name)} ${field} ${value}`)
    lines.push('cd /')
  }
  for (const [n, { entry, name, value }] of attributes.entries()) {
    if (there.get(entry.path) !== LETTERS[entry.kind]) continue
    const file = `${folder}/attribute-${n}`
    await sandbox.run(['sh', '-euc', 'cat >"$1"', 'sh', file], { input: value })
    lines.push(`ea_set -f ${file} ${quoted(`/${entry.path}`)} ${name}`)
  }
  await sandbox.run(['sh', '-euc', 'cat >>"$1"', 'sh', `${folder}/fixes`], {
    input: Buffer.concat(lines.map((line) => Buffer.concat([bytesOfName(line), Buffer.from('\n')]))),
  })
}

const LETTERS = {
  file: 'f',
  folder: 'd',
  link: 'l',
  fifo: 'p',
  socket: 's',
  character: 'c',
  block: 'b',
} as const

/** Letters of the kinds of what lies at `paths` of the tree. */
async function kindsOf(
  paths: readonly string[],
  sandbox: Sandbox,
  tree: string,
): Promise<Map<string, string>> {
  const unique = [...new Set(paths)]
  const input = Buffer.concat(unique.map((path) => Buffer.concat([bytesOfName(path), Buffer.alloc(1)])))
  const { stdout } = await sandbox.run(
    [
      'perl',
      '-0ne',
      'chomp; my @found = lstat $ENV{KILN_TREE} . "/$_"; print -l _ ? "l" : -d _ ? "d" : -f _ ? "f" : -p _ ? "p" : @found ? "o" : "-"',
    ],
    { input, env: { KILN_TREE: tree } },
  )
  return new Map(unique.map((path, n) => [path, stdout[n]!]))
}

const parent = (path: string) => path.slice(0, Math.max(0, path.lastIndexOf('/')))

/** How debugfs reads a name: in quotes, a quote doubled. */
function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
