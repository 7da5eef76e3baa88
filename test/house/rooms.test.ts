import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { files, imports, isTest, ROOT, withoutComments } from './files.ts'

/** From the top of the house to its bottom: a room imports only from rooms after it. */
const ROOMS = [
  'cli',
  'service',
  'prebuild',
  'fuel',
  'testimage',
  'heat',
  'catalog',
  'publish',
  'check',
  'cloud',
  'build',
  // A plan is made of stages; stages do not know in which plan they are.
  'plan',
  'stages',
  'lock',
  'recipe',
  'distro',
  'disk',
  'store',
  'tools',
  'core',
]

const sources = files('src')
const room = (path: string) => path.split('/')[1]!

describe('rooms', () => {
  test('the list knows every folder of src', () => {
    const folders = readdirSync(join(ROOT, 'src'), { withFileTypes: true })
    expect(folders.filter((entry) => entry.isDirectory() && !ROOMS.includes(entry.name))).toEqual([])
  })

  test('a room imports only from itself and from rooms below it', () => {
    const wrong = sources.flatMap((file) =>
      imports(file)
        .filter((target) => target.startsWith('src/'))
        .filter((target) => ROOMS.indexOf(room(target)) < ROOMS.indexOf(room(file.path)))
        .map((target) => `${file.path} imports ${target}`),
    )
    expect(wrong).toEqual([])
  })

  test('nothing of tests, benches or scripts is imported', () => {
    const outside = sources.flatMap((file) =>
      imports(file)
        .filter((target) => /^(test|bench|scripts|examples)\//.test(target))
        .map((target) => `${file.path} imports ${target}`),
    )
    expect(outside).toEqual([])
  })
})

/** Who may do what: everyone else asks them. Tests that play a server may listen. */
const PRIVILEGES = [
  { what: 'starts programs', by: ['src/tools/run.ts'], means: /['"](node:)?(child_process|cluster)['"]/ },
  {
    what: 'fetches',
    by: [],
    means: /(?<![.\w])fetch\s*\(|\bglobalThis\.fetch\b|['"](undici|node:http2)['"]/,
  },
  {
    what: 'opens connections',
    by: ['src/service/', 'src/check/', 'src/tools/http.ts'],
    tests: true,
    means: /['"]node:(http|https|net|tls|dgram)['"]/,
  },
  {
    what: 'reads the time',
    by: ['src/core/clock.ts'],
    tests: true,
    means: /\bDate\.now\b|\bperformance\.now\b|\bnew Date\(\s*\)|\bhrtime\b|\bTemporal\.Now\b/,
  },
  {
    what: 'makes random names',
    by: ['src/core/random.ts'],
    tests: true,
    means: /\brandomBytes\b|\brandomUUID\b/,
  },
  {
    // Node's own never ends below /proc: `core/folder.ts` makes folders.
    what: 'makes folders with those above them',
    by: [],
    tests: true,
    means: /\bmkdir(Sync)?\([^)]*\)?,\s*\{[^}]*recursive: true/,
  },
  { what: 'has a default export', by: [], means: /^export default\b/m },
]

describe('privileges', () => {
  test.each(PRIVILEGES)('no other file $what', ({ by, tests, means }) => {
    const offenders = sources
      .filter((file) => !by.some((allowed) => file.path.startsWith(allowed)) && !(tests && isTest(file.path)))
      .filter((file) => means.test(withoutComments(file.text)))
    expect(offenders.map((file) => file.path)).toEqual([])
  })

  test('the privileged ones are where this list says', () => {
    for (const { by, means } of PRIVILEGES)
      for (const path of by.filter((each) => each.endsWith('.ts')))
        expect(sources.find((file) => file.path === path)?.text).toMatch(means)
  })
})
