import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseDocument } from 'yaml'
import { inputError, isErrno } from '../../core/error.ts'
import { isTree, type Tree } from './tree.ts'

/** Where OpenStack's own programs look, in their order: the first that is there counts. */
export interface Places {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly home: string
}

/** A file that was read, as a tree; undefined where there is none. */
export interface ReadTree {
  readonly path: string
  readonly tree: Tree
}

const KINDS = {
  clouds: 'OS_CLIENT_CONFIG_FILE',
  secure: 'OS_CLIENT_SECURE_FILE',
  'clouds-public': 'OS_CLIENT_VENDOR_FILE',
} as const

/** Files that may hold a kind of settings, the first to be tried first. */
export function placesOf(kind: keyof typeof KINDS, { env, cwd, home }: Places): string[] {
  const named = env[KINDS[kind]]
  // Where a file is named, the others count only when that one is not there: as OpenStack's own do it.
  const first = named ? [resolve(cwd, named)] : []
  const own = join(env.XDG_CONFIG_HOME || join(home, '.config'), 'openstack')
  const folders = [cwd, own, '/etc/openstack']
  const endings = ['yaml', 'yml', 'json']
  return [
    ...first,
    ...folders.flatMap((folder) => endings.map((ending) => join(folder, `${kind}.${ending}`))),
  ]
}

/** @throws KilnError `KILN_CLOUD_INVALID` when the file that counts cannot be read or is no map. */
export async function readFirst(kind: keyof typeof KINDS, places: Places): Promise<ReadTree | undefined> {
  for (const path of placesOf(kind, places)) {
    const text = await readFile(path, 'utf8').catch((error: unknown) => {
      if (isErrno(error, 'ENOENT') || isErrno(error, 'ENOTDIR')) return undefined
      throw inputError('KILN_CLOUD_INVALID', `The file ${path}, which names clouds, cannot be read.`, {
        hint: 'Check its mode; it must be a file that you may read.',
        cause: error,
      })
    })
    if (text !== undefined) return { path, tree: treeOf(text, path) }
  }
  return undefined
}

function treeOf(text: string, path: string): Tree {
  const document = parseDocument(text)
  // Never the line itself: it may hold a password.
  const broken = document.errors[0]
  const line = broken?.linePos?.[0].line
  const why = broken ? `it is not YAML${line === undefined ? '' : ` at line ${line}`}` : undefined
  let tree: unknown
  try {
    tree = why === undefined ? document.toJS({ maxAliasCount: 100 }) : undefined
  } catch {
    // An alias that leads nowhere, or too many.
  }
  if (why === undefined && (tree === null || tree === '')) return {}
  if (isTree(tree)) return tree
  throw inputError('KILN_CLOUD_INVALID', `The file ${path} does not name clouds: ${why ?? 'it is no map'}.`, {
    hint: 'It begins with "clouds:"; below it stands each cloud with its auth.',
  })
}
