import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { build, planFor } from '../../src/build/build.ts'
import { readConfig } from '../../src/core/config.ts'
import { silent } from '../../src/core/events.ts'
import type { Lock } from '../../src/lock/lock.ts'
import { pythonFiles } from '../../src/lock/python/types.ts'
import { parseRecipe } from '../../src/recipe/recipe.ts'
import { type StageContext, TREE } from '../../src/stages/stage.ts'
import { listRoots } from '../../src/store/roots.ts'
import { openStore } from '../../src/store/store.ts'
import { type Ended, environment, program } from './program.ts'
import { type PythonIndex, pythonIndex } from './python-index.ts'

const PROJECT = '[build-system]\nrequires = ["tiny-builder>=2"]\nbuild-backend = "tiny_builder"\n'
const WISHES = ['Hello_Kiln[loud]>=1', 'from-source']

/** What is looked at in the tree, by the guest's own Python. */
const LOOK = `import importlib.metadata as m, json, os, py_compile, sys
import built_at, hello_kiln, loud
root = '/usr/local/lib/python%d.%d/dist-packages' % sys.version_info[:2]
files = sorted(os.path.join(at, n) for at, _, names in os.walk('/usr/local/lib') for n in names)
known = {os.path.realpath(os.path.join(root, str(f))) for d in m.distributions(path=[root]) for f in d.files}
print(json.dumps({
    'versions': {d.metadata['Name']: d.version for d in m.distributions(path=[root])},
    'asked': sorted(d.metadata['Name'] for d in m.distributions(path=[root]) if d.read_text('REQUESTED') is not None),
    'unknown': sorted(set(files) - known),
    'missing': sorted(f for f in known if not os.path.exists(f)),
    'times': sorted({int(os.stat(f).st_mtime) for f in files}),
    'cached': sys.modules['hello_kiln'].__cached__ in files,
    'where': [built_at.WHERE, built_at.WHEN],
    'pip': any(os.path.isdir(p + '/pip') for p in sys.path),
    'addresses': [d.metadata['Name'] for d in m.distributions(path=[root]) if d.read_text('direct_url.json')],
}))`

describe('packages of Python', () => {
  let folder: string
  let index: PythonIndex
  let other: PythonIndex
  let lock: Lock
  const path = () => join(folder, 'recipe.yaml')
  const readLock = async (): Promise<Lock> => JSON.parse(await readFile(join(folder, 'kiln.lock'), 'utf8'))
  const recipe = (wishes: readonly string[] = WISHES) => ({
    name: 'pythons',
    from: { os: 'debian-13' },
    pip_packages: wishes,
  })
  const kiln = async (verb: string, ...argv: string[]): Promise<Ended> =>
    program(['./kiln', verb, path(), ...argv], {
      env: environment({ KILN_PIP_INDEX: `${index.uri} ${other.uri}` }),
    })
  /** What locking other wishes says; the lock stays. */
  const refused = async (...wishes: string[]): Promise<Ended> => {
    const file = join(await mkdtemp(join(folder, 'other-')), 'recipe.yaml')
    await writeFile(file, stringify(recipe(wishes)))
    return program(['./kiln', 'lock', file], {
      env: environment({ KILN_PIP_INDEX: `${index.uri} ${other.uri}` }),
    })
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kiln-python-'))
    index = await pythonIndex(join(folder, 'index'))
    other = await pythonIndex(join(folder, 'other'), 'html')
    const builder = await readFile(new URL('tiny_builder.py', import.meta.url), 'utf8')
    await index.wheel('hello-kiln', '1.0', {
      files: {
        'hello_kiln.py': 'WORDS = {"a", "b", "c"}\n\n\ndef main():\n    print("hello", len(WORDS))\n',
        // For another Python: it cannot be compiled, and is left alone.
        'hello_old.py': 'print "hello"\n',
      },
      scripts: { 'hello-kiln': 'hello_kiln:main' },
      metadata: [
        'Requires-Dist: greetings>=2',
        'Requires-Dist: never; python_version < "3"',
        'Provides-Extra: loud',
        'Requires-Dist: loud; extra == "loud"',
      ],
    })
    for (const version of ['1.9', '2.1', '3.0rc1'])
      await index.wheel('greetings', version, { files: { 'greetings.py': `V = "${version}"\n` } })
    index.says(await index.wheel('greetings', '2.9'), { yanked: 'it broke' })
    await index.source('from-source', '0.5', { 'from_source.py': 'X = 1\n', 'pyproject.toml': PROJECT })
    await index.wheel('tiny-builder', '3', { files: { 'tiny_builder.py': builder } })
    await index.wheel('tiny-helper', '1', {
      files: { 'tiny_helper.py': 'HERE = True\n' },
    })
    // Of an index that says little: no size, no digest.
    const plain = await other.wheel('loud', '1', { files: { 'loud.py': 'X = 1\n' } })
    other.says(plain, { sha256: undefined })
    index.says(await index.wheel('changed', '1'), { sha256: '0'.repeat(64) })
    await writeFile(path(), stringify(recipe()))
  })
  afterAll(async () => {
    await index?.[Symbol.asyncDispose]()
    await other?.[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })

  test('are locked with all that they need, for this Python, from every index', async () => {
    const { status, stderr, stdout } = await kiln('lock')
    expect(stderr).not.toMatch(/error/i)
    expect(status).toBe(0)
    expect(stdout).toMatch(/, 4 packages of Python\./)
    lock = await readLock()
    const { python } = lock
    expect(python).toMatchObject({
      version: '3.13',
      installer: { name: 'python3-pip' },
      indexes: [index.uri, other.uri],
      wanted: ['from-source', 'hello-kiln'],
      needs: { 'hello-kiln': ['greetings', 'loud'] },
      builds: [{ name: 'from-source', files: [{ arch: 'py3-none-any' }, { arch: 'py3-none-any' }] }],
    })
    expect(python!.files.map(({ name, version, arch }) => `${name} ${version} ${arch}`)).toEqual([
      'from-source 0.5 source',
      'greetings 2.1 py3-none-any',
      'hello-kiln 1.0 py3-none-any',
      'loud 1 py3-none-any',
    ])
    expect(python!.builds[0]!.files.map(({ name }) => name).sort()).toEqual(['tiny-builder', 'tiny-helper'])
    const roots = await listRoots(readConfig(process.env).store)
    const digests = roots.find((root) => root.path === join(folder, 'kiln.lock'))!.digests
    for (const { sha256 } of pythonFiles(python)) expect(digests).toContain(sha256)
  })

  test('that cannot be had are named, with the reason', async () => {
    expect(await refused('greetigns', 'hello-kiln')).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(
        /No index has a package greetigns.*did you mean greetings\?.*KILN_PIP_UNKNOWN/s,
      ),
    })
    expect(await refused('changed')).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/changed-1.*instead of 0000.*KILN_FETCH_MISMATCH/s),
    })
    // One index of two: what the other has is no answer.
    other.broken.set('/simple/greetings/', 403)
    expect(await refused('greetings')).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/simple\/greetings\/ answered 403.*KILN_FETCH_FAILED/s),
    })
    other.broken.clear()
  })

  test('a single one is updated, and the others stay, though no index has them any more', async () => {
    await index.wheel('greetings', '2.2', { files: { 'greetings.py': 'V = "2.2"\n' } })
    await index.wheel('hello-kiln', '1.1', { metadata: ['Requires-Dist: greetings>=2'] })
    index.withdraw('hello_kiln-1.0-py3-none-any.whl')
    other.withdraw('loud-1-py3-none-any.whl')
    const one = await kiln('lock', '--update', 'Greetings', '--dry-run', '--json')
    expect(one.status, one.stderr).toBe(0)
    expect(JSON.parse(one.stdout).changes).toMatchObject([
      { name: 'greetings', kind: 'newer', from: '2.1', to: '2.2', manager: 'pip', part: 'image' },
    ])
    const all = await kiln('lock', '--update', '--dry-run')
    expect(all.status, all.stderr).toBe(0)
    expect(all.stderr).toMatch(/hello-kiln 1\.1 does not provide the extra 'loud'/)
    expect(all.stdout).toMatch(/\nhello-kiln \(pip\) +1\.0 +1\.1 +newer in http/)
    expect(all.stdout).toMatch(/\nloud \(pip\) +1 +nothing needs it any more/)
    expect(await readLock()).toEqual(lock)
  })

  test('are built without the index, from the store and from an archive, the same bytes each time', async () => {
    const archive = join(folder, 'archive')
    expect(await kiln('lock', '--vendor', archive)).toMatchObject({ status: 0 })
    const asked = index.asked.length + other.asked.length
    const context = { config: readConfig(process.env), events: silent }
    const parsed = parseRecipe(recipe(), 'test')
    const { key, stages } = planFor(parsed, lock)
    const store = await openStore(context.config.store)
    const forget = async () => {
      const stage = stages.find(({ name }) => name === 'python')!
      for (const name of [`layers/${stage.key}`, `versions/${key}`])
        await rm(join(store.path, `${name}.json`), { force: true })
    }
    let seen: unknown
    const afterStage = async (stage: string, { sandbox }: StageContext) => {
      if (!stage.startsWith('python')) return
      const inGuest = async (...argv: string[]) =>
        (await sandbox.guest(TREE, argv, { env: { PYTHONDONTWRITEBYTECODE: '1' } })).stdout
      expect(await inGuest('/usr/local/bin/hello-kiln')).toBe('hello 3\n')
      seen = JSON.parse(await inGuest('python3', '-c', LOOK))
    }
    await forget()
    const first = await build(parsed, lock, { ...context, afterStage })
    expect(seen).toEqual({
      versions: { 'from-source': '0.5', greetings: '2.1', 'hello-kiln': '1.0', loud: '1' },
      asked: ['from-source', 'hello-kiln'],
      unknown: [],
      missing: [],
      times: [lock.epoch],
      cached: true,
      where: ['/tmp/kiln/source/from-source/from_source-0.5', String(lock.epoch)],
      pip: false,
      addresses: [],
    })
    await forget()
    for (const { sha256 } of pythonFiles(lock.python)) await rm(store.objectPath(sha256))
    const config = { ...context.config, vendor: archive }
    const second = await build(parsed, lock, { ...context, config })
    expect(second.digest).toBe(first.digest)
    expect(second.stages.map(({ stage, outcome }) => `${stage} ${outcome}`)).toEqual([
      'base reused',
      'python done',
      'seal done',
      'disk done',
    ])
    expect(index.asked.length + other.asked.length).toBe(asked)
  })
})
