import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { lines, plainEnvironment, run, type Started, start } from '../tools/run.ts'

let home: string
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'kiln-process-'))
})
afterAll(() => rm(home, { recursive: true, force: true }))

/** The real process with a verb `try` whose `run` is `body` (JavaScript with `context` and `sleep`). */
function kiln(body: string): readonly string[] {
  const module = new URL('./process.ts', import.meta.url).href
  const script = `
    import { setTimeout as sleep } from 'node:timers/promises'
    import { runProcess } from '${module}'
    const verb = { name: 'try', summary: 'Try', options: [], positionals: [], run: async (context) => { ${body} } }
    await runProcess(async () => verb)`
  return [process.execPath, '--input-type=module', '-e', script, 'main.ts', 'try']
}
const env = () => ({ ...plainEnvironment(), KILN_HOME: home })

/** Starts it, waits for the line `ready` on standard output, and collects both outputs. */
async function ready(body: string): Promise<Started & { said: string[] }> {
  const started = start(kiln(body), { env: env() })
  const said: string[] = []
  await new Promise<void>((resolve) => {
    lines(started.child.stdout!, (line) => (line === 'ready' ? resolve() : said.push(line)))
    lines(started.child.stderr!, (line) => said.push(line))
    started.ended.then(() => resolve())
  })
  return { ...started, said }
}

test('the first Ctrl-C lets work clean up: exit 130', async () => {
  const { child, ended, said } = await ready(`
    context.say('ready')
    await sleep(60_000, undefined, { signal: context.signal }).finally(() => context.say('cleaned up'))`)
  child.kill('SIGINT')
  expect(await ended).toEqual({ status: 130 })
  expect(said.join('\n')).toContain('cleaned up')
  expect(said.join('\n')).toContain('kiln: Stopped')
})

test('the second one does not wait', async () => {
  const { child, ended, said } = await ready(`
    context.signal.addEventListener('abort', () => context.say('again'))
    context.say('ready')
    await sleep(60_000)`)
  child.kill('SIGTERM')
  await expect.poll(() => said).toContain('again')
  child.kill('SIGINT')
  expect(await ended).toEqual({ status: 130 })
})

test('what is thrown where nobody can catch it is said like any other bug', async () => {
  const { ended, said } = await ready(`
    setTimeout(() => { throw new Error('from a timer') }, 1)
    context.say('ready')
    await sleep(60_000, undefined, { signal: context.signal })`)
  expect(await ended).toEqual({ status: 1 })
  expect(said.join('\n')).toContain('kiln: This is a bug in Kiln: from a timer')
  expect(said.join('\n')).not.toMatch(/^ +at /m)
})

test('what could not be said because the disk is full is an error', async () => {
  const argv = kiln(`context.say('a'); context.say('b'); return 0`)
  const { status, stderr } = await run(['sh', '-c', 'exec "$@" >/dev/full', 'sh', ...argv], {
    env: env(),
    accept: [0, 1],
  })
  expect(status).toBe(1)
  expect(stderr).toMatch(/^kiln: What was to be said could not be written.*\n.*\n +\[KILN_OUTPUT_LOST\]$/)
})

test('a reader that goes away is no error', async () => {
  const [node, ...rest] = kiln(`for (let n = 0; n < 50_000; n++) context.say('line ' + n); return 0`)
  const { stdout, stderr } = await run(
    ['bash', '-c', 'set -o pipefail; "$@" | head -n 1; echo "status $?"', 'bash', node!, ...rest],
    { env: env() },
  )
  expect(stdout).toBe('line 0\nstatus 0\n')
  expect(stderr).toBe('')
})
