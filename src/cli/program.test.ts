import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Interrupted, inputError, KilnError } from '../core/error.ts'
import { step } from '../core/events.ts'
import { registerSecret } from '../core/redact.ts'
import { program } from './program.ts'
import { verbNames } from './registry.ts'
import { type Context, defineVerb, type ExitStatus } from './verb.ts'

let home: string
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'kiln-cli-'))
})
afterEach(() => rm(home, { recursive: true, force: true }))

/** Runs the program with a verb `try` that does `work`. */
async function kiln(
  argv: string[],
  work?: (context: Context) => Promise<ExitStatus>,
  stop = new AbortController(),
) {
  const out: string[] = []
  const err: string[] = []
  const pipe = (to: string[]) => ({
    isTTY: false,
    size: () => ({ columns: 100, rows: 24 }),
    write: (text: string) => {
      to.push(text)
    },
  })
  const verb = defineVerb({
    name: 'try',
    summary: 'Try',
    options: [],
    positionals: [{ name: 'rest', optional: true, repeatable: true, help: 'anything' }],
    run: work ?? (async () => 0),
  })
  const status = await program(
    argv,
    {
      env: { KILN_HOME: home },
      cwd: home,
      stdout: pipe(out),
      stderr: pipe(err),
      user: () => ({ input: process.stdin, output: process.stdout, errors: process.stderr }),
      signal: stop.signal,
    },
    work && (async () => verb),
  )
  return { status, stdout: out.join(''), stderr: err.join('') }
}

const throwing = (thrown: unknown) => async () => {
  throw thrown
}

describe('errors', () => {
  const fault = inputError('KILN_TRY', 'The file x is not there.', {
    hint: 'Write it.\nThen again.',
    data: { file: 'x' },
  })

  test('a sentence, what to do, the code; exit 2 for input, 1 for work', async () => {
    expect(await kiln(['try'], throwing(fault))).toEqual({
      status: 2,
      stdout: '',
      stderr: 'kiln: The file x is not there.\n      Write it.\n      Then again.\n      [KILN_TRY]\n',
    })
    expect((await kiln(['try'], throwing(new KilnError('KILN_TRY', 'No.')))).status).toBe(1)
  })

  test('with --json one document, even when a document was given before', async () => {
    const { status, stdout, stderr } = await kiln(['try', '--json'], async (context) => {
      context.document({ almost: true })
      context.say('for people')
      throw fault
    })
    expect(status).toBe(2)
    expect(stderr).toBe('')
    expect(JSON.parse(stdout)).toEqual({
      error: {
        code: 'KILN_TRY',
        message: 'The file x is not there.',
        hint: 'Write it.\nThen again.',
        data: { file: 'x' },
      },
    })
  })

  test('a command line that cannot be read is JSON, too', async () => {
    const { status, stdout } = await kiln(['help', '--json', '--nope'])
    expect(status).toBe(2)
    expect(JSON.parse(stdout).error.code).toBe('KILN_UNKNOWN_OPTION')
  })

  test('what nobody expected is one sentence; the details go to a file, the values of the command line nowhere', async () => {
    const { status, stderr } = await kiln(
      ['try', 'password=hunter2'],
      throwing(new TypeError('x is not\na function')),
    )
    expect(status).toBe(1)
    expect(stderr).toMatch(
      /^kiln: This is a bug in Kiln: x is not a function\n {6}The details are in .*\n {6}\[KILN_BUG\]\n$/,
    )
    const [file] = await readdir(join(home, 'store', 'log'))
    const text = await readFile(join(home, 'store', 'log', file!), 'utf8')
    expect(text).toContain('program.test.ts')
    expect(text).toContain('verb: try')
    expect(text).not.toContain('hunter2')
  })

  test('what the system refused is said as such', async () => {
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), {
      code: 'ENOSPC',
      syscall: 'write',
      path: join(home, 'store/x/y'),
    })
    const { status, stderr } = await kiln(['try'], throwing(full))
    expect(status).toBe(1)
    expect(stderr).toMatch(
      new RegExp(`^kiln: There is no space left in ${home}: [\\d.]+ [kMGT]?B are free\\.`),
    )
    expect(stderr).toContain('[KILN_NO_SPACE]')
  })

  test('an undo that failed does not hide why it was needed', async () => {
    const both = new SuppressedError(new Error('cannot unmount'), fault)
    expect((await kiln(['try'], throwing(both))).stderr).toContain('[KILN_TRY]')
  })

  test('an unknown verb', async () => {
    const { status, stderr } = await kiln(['verison'])
    expect(status).toBe(2)
    expect(stderr).toContain("Kiln has no verb 'verison'.\n      Did you mean version?")
    expect((await kiln(['../main'])).stderr).toContain('KILN_UNKNOWN_VERB')
  })
})

test('without colour no sequence of a name reaches the terminal', async () => {
  const { stdout } = await kiln(['try'], async ({ say }) => {
    say('\x1b[31mred\x1b[0m \x1b]0;title\x07')
    return 0
  })
  expect(stdout).toBe('red \ufffd]0;title\ufffd\n')
})

describe('interruption', () => {
  test('130 when the work stopped because it was asked to, whatever it threw', async () => {
    for (const thrown of [
      new Interrupted(),
      new DOMException('aborted', 'AbortError'),
      new SuppressedError(new Interrupted(), new Interrupted()),
    ]) {
      const stop = new AbortController()
      const { status, stderr } = await kiln(
        ['try'],
        (context) =>
          step(context.events, 'a', 'Work', async () => {
            stop.abort()
            throw thrown
          }),
        stop,
      )
      expect(stderr).toMatch(/^FAILED {2}Work, 0\.0s: stopped$/m)
      expect(status).toBe(130)
      expect(stderr).toContain('Stopping and cleaning up')
      expect(stderr).toContain('kiln: Stopped')
    }
  })

  test('a real error while stopping is still said, and nothing is an interruption that nobody asked for', async () => {
    const stop = new AbortController()
    const failing = async () => {
      stop.abort()
      throw new KilnError('KILN_TRY', 'Cannot clean up.')
    }
    expect(await kiln(['try'], failing, stop)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('[KILN_TRY]'),
    })
    const undo = new SuppressedError(new KilnError('KILN_TRY', 'Cannot unmount.'), new Interrupted())
    expect((await kiln(['try'], throwing(undo), stop)).stderr).toContain('kiln: Cannot unmount.')
    expect((await kiln(['try'], throwing(new Interrupted()))).status).toBe(1)
  })
})

describe('output', () => {
  test('what is said goes to standard output, progress to standard error, registered secrets nowhere', async () => {
    registerSecret('s3cr3t-value')
    const work = async (context: Context): Promise<ExitStatus> => {
      await step(context.events, 'a', 'Work on s3cr3t-value', async () => {})
      context.say('said s3cr3t-value')
      context.document({ given: 's3cr3t-value' })
      return 0
    }
    const people = await kiln(['try'], work)
    expect(people.stdout).toBe('said ***\n')
    expect(people.stderr).toMatch(/^start {3}Work on \*\*\*\ndone {4}Work on \*\*\*, 0\.0s\n$/)
    const programs = await kiln(['--json', 'try'], work)
    expect(JSON.parse(programs.stdout)).toEqual({ given: '***' })
    expect(
      programs.stderr
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).type),
    ).toEqual(['started', 'finished'])
    expect((await kiln(['try', '-q'], work)).stderr).toBe('')
  })

  test('with --json there is always a document', async () => {
    expect(JSON.parse((await kiln(['try', '--json'], async () => 1)).stdout)).toEqual({ status: 1 })
  })
})

describe('help', () => {
  test('the overview lists every verb with its summary; no line is too long', async () => {
    const { status, stdout } = await kiln(['--help'])
    expect(status).toBe(0)
    for (const name of verbNames()) expect(stdout).toMatch(new RegExp(`^  ${name} +[A-Z]`, 'm'))
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(105)
  })

  test.each(verbNames())('kiln help %s and kiln %s --help say the same', async (name) => {
    const help = await kiln(['help', name])
    expect(help.stdout).toContain(`Usage: kiln ${name}`)
    expect(await kiln([name, '--help'])).toEqual(help)
    const [declared] = JSON.parse((await kiln(['help', name, '--json'])).stdout)
    expect(declared.name).toBe(name)
    // Declarations that contradict each other or the options of every verb.
    const names = [...declared.options, ...declared.positionals].map((each: { name: string }) => each.name)
    expect(new Set([...names, 'json', 'quiet', 'verbose', 'help']).size).toBe(names.length + 4)
    const letters = declared.options.flatMap((each: { short?: string }) => each.short ?? [])
    expect(new Set([...letters, 'q', 'v', 'h']).size).toBe(letters.length + 3)
    expect(declared.summary).not.toMatch(/\.$/)
  })

  test('no verb at all is a fault of the input; --version is a verb', async () => {
    expect(await kiln([])).toMatchObject({ status: 2, stdout: '' })
    expect((await kiln(['--version'])).stdout).toMatch(/^kiln \d+\.\d+\.\d+ \(Node \d+/)
  })
})
