import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { environment, program, ROOT } from './program.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiln-once-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test('of two builds of the same recipe at once one works and the other waits for it', async () => {
  const recipe = join(folder, 'recipe.yaml')
  const build = () =>
    program([join(ROOT, 'kiln'), 'build', recipe, '--json'], {
      env: environment({ KILN_WORKSPACE: 'memory' }),
    })
  // A file that no store has yet, so that there is something to do.
  await writeFile(
    recipe,
    `name: once\nfrom: {os: debian-13}\ncustom_files: [{path: /etc/motd, content: ${basename(folder)}}]\n`,
  )
  const lock = await program([join(ROOT, 'kiln'), 'lock', recipe], { env: environment() })
  expect(lock.status, lock.stderr).toBe(0)
  const [one, other] = await Promise.all([build(), build()])
  expect([one.status, other.status], one.stderr + other.stderr).toEqual([0, 0])
  const documents = [one, other].map(
    ({ stdout }) => JSON.parse(stdout) as { digest: string; reused: boolean },
  )
  expect(documents.map(({ reused }) => reused).sort()).toEqual([false, true])
  expect(documents[0]!.digest).toBe(documents[1]!.digest)
  expect(one.stderr + other.stderr).toContain('is being built by another process')
})
