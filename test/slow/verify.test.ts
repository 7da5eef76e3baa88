import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readConfig } from '../../src/core/config.ts'
import { aptRepository, hasRepositoryTools } from '../whole/apt-repository.ts'
import { environment, program, ROOT } from '../whole/program.ts'

const KILN = join(ROOT, 'kiln')
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiln-verify-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const verify = (recipe: string) =>
  program([KILN, 'build', recipe, '--verify', '--json'], { env: environment() })

test('two builds of one lock, in memory and on disk, give the same bytes', async () => {
  const recipe = join(folder, 'recipe.yaml')
  await writeFile(recipe, 'name: same\nfrom: {os: debian-13}\npackages: [jq]\n')
  const { status, stdout, stderr } = await verify(recipe)
  expect(status, stderr).toBe(0)
  const { digest, verified } = JSON.parse(stdout)
  expect(verified).toEqual({ digest, workspace: expect.stringMatching(/^(memory|disk)$/) })
  expect(await readdir(join(readConfig(process.env).store, 'tmp'))).toEqual([])
})

test.skipIf(!(await hasRepositoryTools()))(
  'where they differ, the files and their stages are named',
  async () => {
    await using repository = await aptRepository(folder)
    const scripts = {
      postinst: `#!/bin/sh
set -e
cat /proc/sys/kernel/random/uuid >/etc/chance
cat /proc/sys/kernel/random/uuid >/var/cache/ldconfig/aux-cache
mkdir "/opt/$(cat /proc/sys/kernel/random/uuid)"
echo always >/etc/always
`,
    }
    await repository.add('chance', scripts)
    await repository.publish()
    const recipe = join(folder, 'chance.yaml')
    await rm(join(folder, 'kiln.lock'), { force: true })
    await writeFile(
      recipe,
      JSON.stringify({
        name: 'chance',
        from: { os: 'debian-13' },
        packages: ['chance'],
        repositories: [{ name: 'ours', uri: repository.uri, suite: 'test', key: repository.key }],
      }),
    )
    // In the store already: what it was made of is looked at afterwards.
    expect((await program([KILN, 'build', recipe], { env: environment() })).status).toBe(0)
    const { status, stdout, stderr } = await verify(recipe)
    expect(status, stderr).toBe(1)
    const { error } = JSON.parse(stdout)
    expect(error).toMatchObject({
      code: 'KILN_NOT_REPRODUCIBLE',
      message: expect.stringMatching(/^Two builds of chance differ: 3 files of the stage packages chance\.$/),
      hint: expect.stringContaining('packages chance: /etc/chance (content)'),
    })
    const files = error.data.files as { path: string; stage: string; first?: string; second?: string }[]
    expect(files.map(({ path }) => path.replace(/\/[0-9a-f-]{36}$/, '/UUID')).sort()).toEqual([
      '/etc/chance',
      '/opt/UUID',
      '/opt/UUID',
    ])
    expect(files.filter(({ first, second }) => first === undefined || second === undefined)).toHaveLength(2)
    expect(error.data.first).not.toBe(error.data.second)
  },
)
