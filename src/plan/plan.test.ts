import { describe, expect, test } from 'vitest'
import { distribution } from '../distro/index.ts'
import { LOCK_VERSION, type Lock } from '../lock/lock.ts'
import { parseRecipe, recipeDigest } from '../recipe/recipe.ts'
import { plan } from './plan.ts'

const file = (name: string, version = '1') => ({
  name,
  version,
  arch: 'amd64',
  path: `pool/${name}`,
  uri: 'http://m.example',
  size: 1,
  sha256: name,
})

const group = (...names: string[]) => ({ wanted: names, packages: names.map((name) => file(name)) })

function planned(part: object = {}, change: Partial<Lock> = {}, tools = 't') {
  const recipe = parseRecipe({ from: { os: 'debian-13' }, packages: ['nginx'], ...part }, 'x')
  const lock: Lock = {
    version: LOCK_VERSION,
    recipe: recipeDigest(recipe),
    os: 'debian-13',
    arch: 'amd64',
    epoch: 1_700_000_000,
    repositories: [],
    mirrors: { archive: 'http://m.example', security: 'http://s.example' },
    base: [file('dpkg')],
    essential: ['dpkg'],
    groups: [group('nginx')],
    asked: {},
    tools: { version: 1, suite: 'trixie', wanted: [], packages: [] },
    ...change,
  }
  return plan(recipe, lock, distribution('debian-13')!, tools)
}
const keys = (p: ReturnType<typeof planned>) => p.stages.map((stage) => stage.key)

describe('plan', () => {
  test('is a function of recipe, lock and tools', () => {
    expect(planned().key).toBe(planned().key)
    expect(planned({ name: 'other' }).key).toBe(planned().key)
  })
  test('has only the stages that there is something to do for', () => {
    expect(planned().stages.map((stage) => stage.name)).toEqual(['base', 'packages', 'seal'])
    expect(
      planned({
        users: [{ name: 'u' }],
        custom_files: [{ path: '/a', content: '' }],
        services: { enable: ['nginx'] },
      }).stages.map((stage) => stage.name),
    ).toEqual(['base', 'packages', 'accounts', 'files', 'services', 'seal'])
  })
  test('another package leaves the base as it is', () => {
    const [before, after] = [planned(), planned({}, { groups: [group('nginx', 'jq')] })]
    expect(after.stages[0]!.key).toBe(before.stages[0]!.key)
    expect(after.stages[1]!.key).not.toBe(before.stages[1]!.key)
  })
  test('another file leaves base and packages as they are', () => {
    const [before, after] = [planned(), planned({ custom_files: [{ path: '/a', content: 'x' }] })]
    expect(keys(after).slice(0, 2)).toEqual(keys(before).slice(0, 2))
    expect(after.key).not.toBe(before.key)
  })
  test('other tools, another day or another base package change everything', () => {
    const before = keys(planned())
    for (const other of [
      planned({}, {}, 'u'),
      planned({}, { epoch: 1 }),
      planned({}, { base: [file('dpkg', '2')] }),
    ])
      expect(keys(other).filter((key) => before.includes(key))).toEqual([])
  })
  test('another size of disk changes only the disk', () => {
    const [before, after] = [planned(), planned({ disk: { size: '5G' } })]
    expect(keys(after)).toEqual(keys(before))
    expect(after.key).not.toBe(before.key)
  })
  test('two keys differ exactly where what they were made of does', () => {
    const all = [
      planned(),
      planned({ name: 'other' }),
      planned({ disk: { size: '5G' } }),
      planned({ custom_files: [{ path: '/a', content: 'x' }] }),
      planned({ custom_files: [{ path: '/a', content: 'y' }] }),
      planned({ users: [{ name: 'u' }] }),
      planned({ users: [{ name: 'u', uid: 7 }] }),
      planned({ recommends: true }),
      planned({}, { groups: [group('nginx', 'jq')] }),
      planned({}, { base: [file('dpkg', '2')] }),
      planned({}, { epoch: 1 }),
      planned({}, {}, 'u'),
    ]
    const results = all.flatMap((each) => [...each.stages, each])
    for (const a of results)
      for (const b of results) expect(JSON.stringify(a.made) === JSON.stringify(b.made)).toBe(a.key === b.key)
  })
})
