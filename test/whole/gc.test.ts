import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ALL, type Built, GcHome, type Report } from './gc-home.ts'

let home: GcHome
let one: Built
beforeAll(async () => {
  home = await GcHome.make()
  one = await home.build('one')
})
afterAll(() => home?.[Symbol.asyncDispose]())

/** Everything that may go goes while a build of `name` stands still in its first stage, and no lock needs anything. */
async function collectWithin(name: string): Promise<{ gone: Report; built: Built }> {
  const build = home.beginBuild(name)
  try {
    await build.said(/"started".*base/)
    build.child.kill('SIGSTOP')
    for (const lock of await locked()) await home.forgetLock(lock)
    const gone = await home.gc(...ALL)
    build.child.kill('SIGCONT')
    return { gone, built: await home.built(build) }
  } finally {
    build.child.kill('SIGCONT')
    build.child.kill('SIGTERM')
  }
}
async function locked(): Promise<string[]> {
  const names = await Promise.all(
    ['one', 'two'].map(async (name) =>
      (await readdir(join(home.folder, name))).includes('kiln.lock') ? [name] : [],
    ),
  )
  return names.flat()
}
const stageOf = (built: Built, name: string) => built.stages.find(({ stage }) => stage === name)!
const packagesOf = ({ removed }: Report) => removed.filter(({ kind }) => kind === 'object')

test('a build keeps the base that it found, and what it has yet to install; what only others had goes', async () => {
  const { gone, built } = await collectWithin('two')
  const ids = gone.removed.map(({ id }) => id)
  expect(gone.removed.filter(({ kind }) => kind === 'version').map(({ name }) => name)).toEqual(['one'])
  expect(ids).toContain(`layers/${stageOf(one, 'packages').key}`)
  expect(ids).not.toContain(`layers/${stageOf(built, 'base').key}`)
  expect(packagesOf(gone).length).toBeGreaterThan(0)
  expect(built).toMatchObject({ reused: false })
  expect(stageOf(built, 'base')).toMatchObject({ key: stageOf(one, 'base').key, outcome: 'reused' })
  expect(await home.hollow()).toEqual([])
})

test('a dry run removes nothing; what was used lately stays; then all goes that no lock and no image needs', async () => {
  for (const name of ['one', 'two']) await home.build(name)
  expect((await home.gc()).removed).toEqual([])
  const dry = await home.gc('--dry-run', '--keep-days', '0')
  await home.forgetLock('two')
  const real = await home.gc('--keep-days', '0')
  // One more lock file has gone since: nothing less can go.
  expect(real.freed).toBeGreaterThanOrEqual(dry.freed)
  expect(real.removed.filter(({ kind }) => kind === 'version').map(({ name }) => name)).toEqual(['two'])
  expect(await home.hollow()).toEqual([])
  expect((await home.gc(...ALL)).removed).toEqual([])
  expect(await home.build('one')).toMatchObject({ reused: true })
})

test('killed at any moment it leaves a sound store', async () => {
  for (const name of ['one', 'two']) await home.build(name)
  for (const name of ['one', 'two']) await home.forgetLock(name)
  // From before it begins to when it is done: what one leaves the next one finds.
  for (let wait = 60; wait < 660; wait += 30) {
    const running = home.begin('gc', ...ALL)
    await Promise.race([sleep(wait), running.ended])
    running.child.kill('SIGKILL')
    await running.ended
    expect(await home.hollow()).toEqual([])
  }
  expect((await home.gc(...ALL)).size).toBeLessThan(1e6)
})

test('a build from nothing keeps all that it fetched', async () => {
  const { gone, built } = await collectWithin('one')
  expect(packagesOf(gone)).toEqual([])
  expect(stageOf(built, 'base').outcome).toBe('done')
  expect(await readdir(join(home.store, 'tmp'))).toEqual([])
  expect(await readdir(join(home.store, 'uses'))).toEqual([])
  expect(await readdir(join(home.store, 'cache', 'building'))).toEqual([])
})

test('sizes and days that are none are refused', async () => {
  for (const args of [
    ['--keep-days', 'x'],
    ['--max-size', 'much'],
  ]) {
    const { status, stderr } = await home.kiln('gc', ...args)
    expect({ status, code: /\[(KILN_\w+)\]/.exec(stderr)?.[1] }).toEqual({
      status: 2,
      code: 'KILN_OPTION_VALUE',
    })
  }
})
