import { lstat, readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { isAlive } from '../../core/owner.ts'
import { orphanParts } from '../../core/part.ts'
import { knownTools } from '../../tools/tree/tree.ts'
import { PART_FOLDERS } from '../store.ts'
import type { Item, Kind } from './item.ts'

const DIGEST = /^[0-9a-f]{64}$/

/** All that could be removed from the store in the folder `store`. `sizes` keeps what was counted of folders. */
export async function inventory(store: string, sizes: Map<string, number>): Promise<Item[]> {
  // Records first: what they name was there before them.
  const records = await Promise.all([versions(store), layers(store), inventories(store)])
  const held = await objects(store)
  const there = new Set(held.map(({ id }) => id))
  const checked = records
    .flat()
    .map((item) => (item.holds.every((id) => there.has(id)) ? item : { ...item, broken: true }))
  const others = await Promise.all([
    files(store, 'bases', 'base', /\.json$/),
    files(store, 'checks', 'check', /\.json$/),
    files(store, 'cache/indexes', 'index', DIGEST),
    files(store, 'cache/prebuild', 'lock', /\.json$/),
    files(store, 'log', 'report', /^bug-.*\.txt$/),
    folders(store, 'cache/lists', 'lists', DIGEST, sizes),
    tools(store, sizes),
    temporary(store),
  ])
  return [...checked, ...held, ...others.flat()]
}

/** What killed processes left: the next process that opens the store removes it, too. */
export async function temporary(store: string): Promise<Item[]> {
  const left: string[] = []
  for (const folder of ['tmp', 'uses'])
    for (const name of await names(join(store, folder)))
      if (!isAlive(name)) left.push(join(store, folder, name))
  for (const folder of PART_FOLDERS) left.push(...(await orphanParts(join(store, folder))))
  return Promise.all(
    left.map(async (path) => ({
      ...(await item(store, 'temporary', path)),
      bytes: await sizeOfFolder(path),
      name: basename(path),
    })),
  )
}

async function versions(store: string): Promise<Item[]> {
  return records(store, 'versions', 'version', (data) => ({
    name: text(data.name) ?? 'image',
    holds: list(data.artifacts).map((artifact) => `objects/${digest(artifact)}`),
    wants: [
      ...texts(data.layers).map((key) => `layers/${key}`),
      ...texts(data.inputs).map((sha256) => `objects/${sha256}`),
    ],
    ...(text(data.recipe) === undefined ? {} : { recipe: text(data.recipe)! }),
  }))
}

async function layers(store: string): Promise<Item[]> {
  return records(store, 'layers', 'layer', (data) => {
    const made = (data.made ?? {}) as { stage?: unknown; about?: unknown }
    return {
      name: [text(made.stage) ?? 'stage', text(made.about)].filter(Boolean).join(' '),
      holds: [`objects/${digest(data)}`],
      wants: [],
    }
  })
}

async function inventories(store: string): Promise<Item[]> {
  return records(store, 'inventories', 'inventory', (data) => ({
    name: text(data.name) ?? 'image',
    holds: [data.inventory, data.files, data.lock].map((part) => `objects/${digest(part)}`),
    wants: [],
  }))
}

async function records(
  store: string,
  folder: 'versions' | 'layers' | 'inventories',
  kind: Kind,
  read: (data: Record<string, unknown>) => Pick<Item, 'name' | 'holds' | 'wants' | 'recipe'>,
): Promise<Item[]> {
  const found = await files(store, folder, kind, /^[0-9a-f]{64}\.json$/)
  return Promise.all(
    found.map(async (one) => {
      const id = `${folder}/${one.name.slice(0, 64)}`
      try {
        return { ...one, id, ...read(JSON.parse(await readFile(one.path, 'utf8'))) }
      } catch {
        return { ...one, id, broken: true }
      }
    }),
  )
}

async function objects(store: string): Promise<Item[]> {
  const found = await Promise.all(
    (await names(join(store, 'objects'))).map((two) => files(store, `objects/${two}`, 'object', DIGEST)),
  )
  return found.flat().map((one) => ({ ...one, id: `objects/${one.name}` }))
}

/** Tools trees, and the indexes that they were locked with. A folder that is a link belongs to another store. */
async function tools(store: string, sizes: Map<string, number>): Promise<Item[]> {
  const folder = join(store, 'tools')
  if (!(await lstat(folder).catch(() => undefined))?.isDirectory()) return []
  const current = (await knownTools({ folder }))?.path
  const trees = await folders(store, 'tools/trees', 'tools', /^[0-9a-f]{16}$/, sizes)
  const dated = trees.map(async (tree) => ({
    ...tree,
    id: `trees/${tree.name}`,
    // Its use is marked there.
    used: (await lstat(join(tree.path, '.complete')).catch(() => undefined))?.mtimeMs ?? tree.used,
    ...(tree.path === current ? { current: true } : {}),
  }))
  return [...(await Promise.all(dated)), ...(await files(store, 'tools/indexes', 'index', DIGEST))]
}

async function files(store: string, folder: string, kind: Kind, pattern: RegExp): Promise<Item[]> {
  const found = await Promise.all(
    (await names(join(store, folder)))
      .filter((name) => pattern.test(name))
      .map((name) => item(store, kind, join(store, folder, name)).catch(() => undefined)),
  )
  return found.filter((one) => one !== undefined)
}

async function folders(
  store: string,
  folder: string,
  kind: Kind,
  pattern: RegExp,
  sizes: Map<string, number>,
): Promise<Item[]> {
  return Promise.all(
    (await files(store, folder, kind, pattern)).map(async (one) => {
      const bytes = sizes.get(one.path) ?? (await sizeOfFolder(one.path))
      sizes.set(one.path, bytes)
      return { ...one, bytes }
    }),
  )
}

async function item(store: string, kind: Kind, path: string): Promise<Item> {
  const { mtimeMs, nlink, blocks } = await lstat(path)
  return {
    kind,
    id: path.slice(store.length + 1),
    path,
    bytes: nlink > 1 ? 0 : blocks * 512,
    used: mtimeMs,
    name: basename(path),
    holds: [],
    wants: [],
  }
}

/** Bytes on the disk of a file or of all in a folder; what may not be looked at counts nothing. */
async function sizeOfFolder(path: string): Promise<number> {
  const found = await lstat(path).catch(() => undefined)
  if (!found) return 0
  let bytes = found.nlink > 1 && !found.isDirectory() ? 0 : found.blocks * 512
  if (found.isDirectory()) for (const name of await names(path)) bytes += await sizeOfFolder(join(path, name))
  return bytes
}

/** What is in a folder; nothing where there is none. */
function names(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => [])
}

function digest(data: unknown): string {
  const value = text((data as { digest?: unknown } | null)?.digest)
  if (value === undefined || !DIGEST.test(value)) throw new Error('no digest')
  return value
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function texts(value: unknown): string[] {
  return list(value).filter((each) => typeof each === 'string')
}
