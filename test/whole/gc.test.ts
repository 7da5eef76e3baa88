import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { toolsOf } from '../../src/build/index.ts'
import { readConfig } from '../../src/core/config.ts'
import { silent } from '../../src/core/events.ts'
import { begin, environment, program, ROOT } from './program.ts'

const KILN = join(ROOT, 'kiln')
const recipe = (name: string, packages: string) =>
  `name: ${name}\nfrom: {os: debian-13}\npackages: [${packages}]\n`

let folder: string
let home: string
beforeAll(async () => {
  const config = readConfig(process.env)
  await toolsOf({ config, events: silent })
  folder = await mkdtemp(join(tmpdir(), 'kiln-gc-'))
  home = join(folder, 'home')
  await mkdir(join(home, 'store'), { recursive: true })
  await symlink(join(config.store, 'tools'), join(home, 'store', 'tools'))
  for (const [name, packages] of [
    ['one', 'jq'],
    ['two', 'tree'],
  ] as const) {
    await mkdir(join(folder, name))
    await writeFile(join(folder, name, 'recipe.yaml'), recipe(name, packages))
  }
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const env = () => environment({ KILN_HOME: home })
const kiln = (...args: string[]) => program([KILN, ...args], { env: env() })
const build = (name: string) => kiln('build', join(folder, name, 'recipe.yaml'), '--json')

interface Report {
  readonly freed: number
  readonly size: number
  readonly removed: readonly { readonly kind: string; readonly id: string; readonly name: string }[]
}
async function gc(...args: string[]): Promise<Report> {
  const { status, stdout, stderr } = await kiln('gc', '--json', ...args)
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  return JSON.parse(stdout) as Report
}
/** Takes all that it may, again and again, as long as `work` goes on. @returns how many things went in all. */
async function collecting<T>(work: Promise<T>): Promise<{ value: T; removed: number; rounds: number }> {
  let going = true
  const done = work.finally(() => {
    going = false
  })
  let removed = 0
  let rounds = 0
  for (; going; rounds++) {
    removed += (await gc('--keep-days', '0', '--max-size', '0')).removed.length
    await sleep(100)
  }
  return { value: await done, removed, rounds }
}
/** Records whose result is gone. */
async function hollow(): Promise<string[]> {
  const store = join(home, 'store')
  const objects = new Set(
    (await readdir(join(store, 'objects'), { recursive: true })).map((path) => path.slice(3)),
  )
  const found: string[] = []
  for (const kind of ['layers', 'versions'])
    for (const name of await readdir(join(store, kind))) {
      const record = JSON.parse(await readFile(join(store, kind, name), 'utf8'))
      const results: { digest: string }[] = record.artifacts ?? [record]
      if (!results.every(({ digest }) => objects.has(digest))) found.push(`${kind}/${name}`)
    }
  return found
}

test('two builds that share a base come to their end while everything is removed that may be', async () => {
  const { value, rounds } = await collecting(Promise.all([build('one'), build('two')]))
  for (const { status, stderr } of value) expect(status, stderr).toBe(0)
  expect(rounds).toBeGreaterThan(5)
  expect(await hollow()).toEqual([])
})

test('a dry run removes nothing; what was used lately stays; then all goes that no lock and no image needs', async () => {
  for (const name of ['one', 'two']) expect((await build(name)).status).toBe(0)
  expect((await gc()).removed).toEqual([])
  const dry = await gc('--dry-run', '--keep-days', '0')
  await rm(join(folder, 'two', 'kiln.lock'))
  const real = await gc('--keep-days', '0')
  // One more lock file has gone since: nothing less can go.
  expect(real.freed).toBeGreaterThanOrEqual(dry.freed)
  expect(real.removed.filter(({ kind }) => kind === 'version').map(({ name }) => name)).toContain('two')
  expect(await hollow()).toEqual([])
  expect((await gc('--keep-days', '0')).removed).toEqual([])
})

test('killed at any moment it leaves a sound store', async () => {
  for (const name of ['one', 'two']) {
    expect((await build(name)).status).toBe(0)
    await rm(join(folder, name, 'kiln.lock'))
  }
  // From before it begins to when it is done: what one leaves the next one finds.
  for (let wait = 100; wait < 700; wait += 30) {
    const running = begin([KILN, 'gc', '--keep-days', '0', '--max-size', '0'], { env: env() })
    await Promise.race([sleep(wait), running.ended])
    running.child.kill('SIGKILL')
    await running.ended
    expect(await hollow()).toEqual([])
  }
  const last = await build('one')
  expect(last.status, last.stderr).toBe(0)
  expect(await readdir(join(home, 'store', 'tmp'))).toEqual([])
  expect(await readdir(join(home, 'store', 'uses'))).toEqual([])
  expect(await readdir(join(home, 'store', 'cache', 'building'))).toEqual([])
})

test('sizes and days that are none are refused', async () => {
  for (const args of [
    ['--keep-days', 'x'],
    ['--max-size', 'much'],
  ]) {
    const { status, stderr } = await kiln('gc', ...args)
    expect({ status, code: /\[(KILN_\w+)\]/.exec(stderr)?.[1] }).toEqual({
      status: 2,
      code: 'KILN_OPTION_VALUE',
    })
  }
})
