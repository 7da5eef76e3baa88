import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readConfig } from '../../src/core/config.ts'
import { environment, program, ROOT } from './program.ts'

const KILN = join(ROOT, 'kiln')
let folder: string
let recipe: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiln-why-'))
  recipe = join(folder, 'recipe.yaml')
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** A file that no other recipe of the suite has, so that the nearest image is this test's own. */
const write = (content: string, packages = 'jq') =>
  writeFile(
    recipe,
    `name: asked\nfrom: {os: debian-13}\npackages: [${packages}]\ncustom_files: [{path: /etc/${basename(folder)}, content: ${content}}]\n`,
  )
const kiln = (...args: string[]) => program([KILN, ...args], { env: environment(), cwd: folder })
interface Stage {
  readonly stage: string
  readonly key: string
  readonly outcome: string
  readonly differences: readonly { readonly field: string; readonly name?: string }[]
}
async function why(): Promise<{ outcome: string; stages: Stage[] }> {
  const { status, stdout, stderr } = await kiln('why', recipe, '--json')
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  return JSON.parse(stdout)
}
const outcomes = (stages: readonly Stage[]) => stages.map(({ stage, outcome }) => `${stage} ${outcome}`)

test('without a lock that fits nothing is locked', async () => {
  await write('one')
  const { status, stderr } = await kiln('why', recipe)
  expect(status).toBe(2)
  expect(stderr).toContain('KILN_LOCK_STALE')
  expect(await readdir(folder)).toEqual(['recipe.yaml'])
})

test('what was built is a hit; what has changed since is named, and nothing is made', async () => {
  expect((await kiln('build', recipe)).status).toBe(0)
  const built = await why()
  expect(built.outcome).toBe('hit')
  expect(outcomes(built.stages)).toEqual(['base hit', 'packages hit', 'files hit', 'seal hit', 'disk hit'])

  await write('two')
  expect((await kiln('lock', recipe)).status).toBe(0)
  const store = readConfig(process.env).store
  const changed = await why()
  expect(changed.outcome).toBe('miss')
  expect(outcomes(changed.stages)).toEqual([
    'base hit',
    'packages hit',
    'files miss',
    'seal miss',
    'disk miss',
  ])
  expect(changed.stages.find(({ stage }) => stage === 'files')!.differences).toMatchObject([
    { field: 'files', name: `/etc/${basename(folder)}` },
  ])
  const { stdout } = await kiln('why', recipe, 'files')
  expect(stdout).toContain(`files: miss: file /etc/${basename(folder)} has changed`)
  const layers = await readdir(join(store, 'layers'))
  for (const { key, outcome } of changed.stages.filter(({ stage }) => stage !== 'disk'))
    expect([outcome, layers.includes(`${key}.json`)]).toEqual([outcome, outcome === 'hit'])
})

test('of a layer that is gone it is said that only it is missing', async () => {
  await write('one')
  expect((await kiln('build', recipe)).status).toBe(0)
  const { stages } = await why()
  const { key } = stages.find(({ stage }) => stage === 'packages')!
  await rm(join(readConfig(process.env).store, 'layers', `${key}.json`))
  const { stdout } = await kiln('why', recipe, 'packages')
  // Against which other layer depends on what the suite has built so far.
  expect(stdout).toMatch(/asked is in the store.*\n {2}packages jq: miss/)
  const without = await why()
  expect(without.outcome).toBe('hit')
  expect(outcomes(without.stages)).toEqual(['base hit', 'packages miss', 'files hit', 'seal hit', 'disk hit'])
})

test('a stage that the build does not have is an error that names those it has', async () => {
  const { status, stderr } = await kiln('why', recipe, 'pakages')
  expect(status).toBe(2)
  expect(stderr).toMatch(/It has base, packages, files, seal, disk\./)
})
