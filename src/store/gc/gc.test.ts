import { mkdir, mkdtemp, readdir, realpath, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { sha256 } from '../../core/digest.ts'
import { partBeside } from '../../core/part.ts'
import { run } from '../../tools/run.ts'
import { addRoot } from '../roots.ts'
import { openStore, type Store } from '../store.ts'
import { gate, needed } from '../use.ts'
import { collect, type GcOptions } from './gc.ts'

let folder: string
let store: Store
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'kiln-gc-')))
  store = await openStore(join(folder, 'store'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const old = new Date('2020-01-01')
async function put(path: string, content: string, time = old): Promise<string> {
  const full = join(store.path, path)
  await mkdir(join(full, '..'), { recursive: true })
  await writeFile(full, content)
  await utimes(full, time, time)
  return path
}
/** An object as another process left it, long ago. */
async function putObject(content: string, time = old): Promise<string> {
  const digest = sha256(content)
  await put(`objects/${digest.slice(0, 2)}/${digest}`, content, time)
  return digest
}
const gc = (more: Partial<GcOptions> = {}) =>
  collect({ store: store.path, keepDays: 30, dryRun: false, published: async () => new Set(), ...more })
async function files(): Promise<string[]> {
  const found = await readdir(store.path, { recursive: true, withFileTypes: true })
  return found
    .filter((each) => !each.isDirectory())
    .map((each) => join(each.parentPath, each.name).slice(store.path.length + 1))
    .sort()
}

describe('gc', () => {
  test('removes what nobody used for long, of every kind, and says how much that frees', async () => {
    const digest = await putObject('x'.repeat(10_000))
    const key = sha256('key')
    await put(`layers/${key}.json`, JSON.stringify({ digest, made: { stage: 'packages', about: 'nginx' } }))
    for (const path of [
      `bases/${key}.json`,
      `checks/${key}.json`,
      `cache/prebuild/${key}.json`,
      `cache/indexes/${key}`,
      `tools/indexes/${key}`,
      `cache/lists/${key}/lists/x`,
      'log/bug-2020.txt',
      'tools/trees/0123456789abcdef/.complete',
      `layers/${sha256('broken')}.json`,
    ])
      await put(path, 'x')
    await utimes(join(store.path, `cache/lists/${key}`), old, old)
    await utimes(join(store.path, `cache/lists/${key}/lists`), old, old)
    await put('unknown/thing', 'x')
    const report = await gc()
    expect(await files()).toEqual(['unknown/thing'])
    expect(report.removed.map(({ kind }) => kind).sort()).toEqual(
      [
        'base',
        'check',
        'index',
        'index',
        'layer',
        'layer',
        'lists',
        'lock',
        'object',
        'report',
        'tools',
      ].sort(),
    )
    expect(report.removed.find(({ name }) => name === 'packages nginx')).toBeDefined()
    expect(report.freed).toBeGreaterThan(10_000)
    expect(report.size).toBe(0)
  })
  test('a dry run says the same and removes nothing', async () => {
    const digest = await putObject('content')
    await put(`versions/${sha256('v')}.json`, JSON.stringify({ name: 'web', artifacts: [{ digest }] }))
    await put('tmp/999999999-1-abc/x', 'left')
    const before = await files()
    const dry = await gc({ dryRun: true })
    expect(await files()).toEqual(before)
    const real = await gc()
    expect(real).toEqual(dry)
    expect(real.removed.map(({ kind }) => kind).sort()).toEqual(['object', 'temporary', 'version'])
    expect(await files()).toEqual([])
  })
  test('a lock file keeps its packages and its image as long as it is there', async () => {
    const [deb, image, base] = [await putObject('deb'), await putObject('image'), await putObject('layer')]
    const layer = sha256('layer key')
    await put(`layers/${layer}.json`, JSON.stringify({ digest: base }))
    const record = {
      name: 'web',
      artifacts: [{ digest: image }],
      layers: [layer],
      inputs: [deb],
      recipe: sha256('r'),
    }
    await put(`versions/${sha256('v')}.json`, JSON.stringify(record))
    await putObject('of nobody')
    const lock = join(folder, 'kiln.lock')
    await writeFile(lock, JSON.stringify({ recipe: sha256('r'), base: [{ sha256: deb }] }))
    await addRoot(store.path, lock)
    expect((await gc()).removed).toHaveLength(1)
    // Another recipe, the same packages: the image is not the lock's.
    await writeFile(lock, JSON.stringify({ recipe: sha256('s'), base: [{ sha256: deb }] }))
    expect((await gc()).removed.map(({ kind }) => kind)).toEqual(['version', 'layer', 'object', 'object'])
    expect(await store.has(deb)).toBe(true)
    await rm(lock)
    expect((await gc()).removed.map(({ id }) => id)).toEqual([`objects/${deb}`])
  })
  test('a lock that cannot be read keeps all that it may name, and is said', async () => {
    const deb = await putObject('deb')
    const lock = join(folder, 'kiln.lock')
    await writeFile(lock, '<<<<<<< ours')
    await addRoot(store.path, lock)
    await put('log/bug-2020.txt', 'x')
    const report = await gc()
    expect(report.removed.map(({ kind }) => kind)).toEqual(['report'])
    expect(report.unreadable).toEqual([lock])
    expect(await store.has(deb)).toBe(true)
  })
  test('a file with another name elsewhere frees nothing', async () => {
    await putObject('x'.repeat(5000))
    const [path] = await files()
    await run(['ln', join(store.path, path!), join(folder, 'published')])
    expect(await gc()).toMatchObject({ removed: [{ kind: 'object' }], freed: 0 })
  })
  test('tools of another store that are only linked here are not its own', async () => {
    const other = join(folder, 'other', 'trees', '0123456789abcdef')
    await mkdir(other, { recursive: true })
    await utimes(other, old, old)
    await symlink(join(folder, 'other'), join(store.path, 'tools'))
    expect((await gc()).removed).toEqual([])
  })
  test('what a killed process half wrote goes, what a living one writes stays', async () => {
    const mine = partBeside(join(store.path, 'cache/indexes/x')).slice(store.path.length + 1)
    await put(mine, 'being written', new Date())
    await put(mine.replace(/(-\d+-)\d+(-[0-9a-f]+\.part)$/, '$11$2'), 'left')
    await put('uses/999999999-1-abc', `objects/${await putObject('deb')}`)
    const report = await gc()
    expect(report.removed.map(({ kind }) => kind).sort()).toEqual(['object', 'temporary', 'temporary'])
    expect(await files()).toEqual([mine])
  })
})

describe('beside others', () => {
  test('what a living process needs stays, what it made too; gc waits for neither', async () => {
    const deb = await putObject('deb')
    await store.use([`objects/${deb}`])
    await using work = await store.workFolder()
    await writeFile(join(work.path, 'x'), 'made')
    await store.adopt(join(work.path, 'x'), sha256('made'))
    await utimes(store.objectPath(sha256('made')), old, old)
    expect((await gc({ keepDays: 0, maxSize: 0 })).removed).toEqual([])
    expect(await needed(store.path)).toEqual(new Set([`objects/${deb}`, `objects/${sha256('made')}`]))
  })
  test('while gc looks and removes, nobody can come to need something', async () => {
    const held = await gate(store.path)
    let said = false
    const use = store.use(['layers/x']).then(() => {
      said = true
    })
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(said).toBe(false)
    expect(await needed(store.path)).not.toContain('layers/x')
    await held[Symbol.asyncDispose]()
    await use
    expect(await needed(store.path)).toContain('layers/x')
  })
  test('several at once remove everything once', async () => {
    for (let n = 0; n < 50; n++) await putObject(`${n}`)
    const reports = await Promise.all([gc(), gc(), gc()])
    expect(reports.reduce((sum, { removed }) => sum + removed.length, 0)).toBe(50)
  })
})
