import { existsSync } from 'node:fs'
import {
  chmod,
  copyFile,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rm,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readConfig } from '../../src/core/config.ts'
import { run } from '../../src/tools/run.ts'
import { type AptRepository, aptRepository, hasRepositoryTools } from './apt-repository.ts'
import { onTerminal } from './on-terminal.ts'
import { environment, program, ROOT } from './program.ts'

const KILN = join(ROOT, 'kiln')
const able = await hasRepositoryTools()
let folder: string
let recipe: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiln-shell-'))
  recipe = join(folder, 'recipe.yaml')
  await writeFile(
    recipe,
    'name: entered\nfrom: {os: debian-13}\npackages: [jq]\ncustom_files: [{path: /etc/entered, content: "by a test\\n"}]\n',
  )
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const shell = (args: string[], path = recipe) =>
  program([KILN, 'shell', path, ...args], { env: environment() })

describe('a command', () => {
  test('runs in the tree at the end of the build; its output and exit status are its own', async () => {
    const script = 'jq --version; cat /etc/entered; echo wrong >&2; tty; exit 7'
    const { status, stdout, stderr } = await shell(['--', 'sh', '-c', script])
    expect({ status, stdout }).toEqual({ status: 7, stdout: 'jq-1.7\nby a test\nnot a tty\n' })
    expect(stderr).toContain('wrong\n')
    expect(stderr).toMatch(/what you change is thrown away/)
  })
  test('at a stage sees what is there by then', async () => {
    const { status, stderr } = await shell(['--stage', 'packages', '--', 'cat', '/etc/entered'])
    expect(status).toBe(1)
    expect(stderr).toContain('/etc/entered: No such file')
  })
  test('changes nothing of the next one, reaches no network and sees nothing of the build', async () => {
    const script =
      'rm /etc/entered; touch /changed; ls /build /in 2>&1; ls /sys/class/net; cat /proc/net/dev | grep -c :'
    const { stdout } = await shell(['--', 'sh', '-c', script])
    expect(stdout).toMatch(/cannot access '\/build'[\s\S]*cannot access '\/in'[\s\S]*\n1\n$/)
    const next = await shell(['--', 'ls', '/etc/entered', '/changed'])
    expect(next.stdout).toBe('/etc/entered\n')
  })
  test('that a signal ends has the status that shells give; one that is not there 127', async () => {
    expect((await shell(['--', 'sh', '-c', 'kill -9 $$'])).status).toBe(137)
    const { status, stderr } = await shell(['--', 'no-such-program'])
    expect(status).toBe(127)
    expect(stderr).toContain('no-such-program: No such file')
  })
  test('reads what it is given, and ends when nobody reads what it says', async () => {
    const line = `head -c 3000000 /dev/zero | "$0" shell "$1" -q -- sh -c 'wc -c; cat /dev/zero' | head -c 8`
    const { stdout } = await run(['sh', '-c', line, KILN, recipe], { env: environment(), timeout: 120_000 })
    expect(stdout).toBe('3000000\n')
  })
  test('stages that are none, two places at once and JSON are refused', async () => {
    for (const [args, code] of [
      [['--stage', 'pakages'], 'KILN_STAGE_UNKNOWN'],
      [['--stage', 'base', '--failed'], 'KILN_OPTION_VALUE'],
      [['--json'], 'KILN_OPTION_VALUE'],
    ] as const) {
      const { status, stderr, stdout } = await shell([...args])
      expect({ status, code: (stderr + stdout).includes(code) }).toEqual({ status: 2, code: true })
    }
  })
})

describe('on a terminal', () => {
  const open = (argv: readonly string[]) => onTerminal(argv, { ...environment(), TERM: 'xterm' })
  const PROMPT = /\(entered seal\)root@localhost:\S*# /

  test('a shell has jobs, Ctrl-C, Ctrl-Z and the size of the terminal, also after it changed', async () => {
    const terminal = await open([KILN, 'shell', recipe])
    await terminal.shows(PROMPT)
    terminal.type('tty; stty size\n')
    await terminal.shows(/\/dev\/pts\/0\r\n30 100\r\n/)
    terminal.resize({ rows: 41, columns: 77 })
    await sleep(300)
    terminal.type('stty size\n')
    await terminal.shows(/41 77\r\n/)
    terminal.type('sleep 1000\n')
    await sleep(500)
    terminal.type('\x03')
    await terminal.shows(PROMPT)
    terminal.type('echo was $?; sleep 1000\n')
    await terminal.shows(/was 130/)
    await sleep(500)
    terminal.type('\x1a')
    await terminal.shows(/Stopped +sleep 1000/)
    terminal.type('echo "jobs: $(jobs | wc -l)"; exit 5\n')
    await terminal.shows(/jobs: 1\r\n/)
    await terminal.shows(PROMPT)
    // With a stopped job the first exit is only a warning.
    terminal.type('exit 5\n')
    expect(await terminal.ended).toBe(5)
  })

  test('when it is over the terminal is as before, whether it ended or Kiln was stopped', async () => {
    const state = 'before=$(stty -g); "$@"; echo ended $?; [ "$before" = "$(stty -g)" ] && echo as before'
    const terminal = await open(['sh', '-c', state, 'sh', KILN, 'shell', recipe])
    await terminal.shows(PROMPT)
    terminal.type('exit\n')
    await terminal.shows(/ended 0\r\nas before/)
    await terminal.ended
    const stopped = await open([
      'sh',
      '-c',
      state,
      'sh',
      KILN,
      'shell',
      recipe,
      '--',
      'sh',
      '-c',
      'echo ready; sleep 1000',
    ])
    await stopped.shows(/\nready/)
    const { stdout } = await run(['pgrep', '-f', `main.ts shell ${recipe}`])
    for (const pid of stdout.trim().split('\n')) process.kill(Number(pid), 'SIGTERM')
    await stopped.shows(/ended 130\r\nas before/)
  })
})

test.skipIf(process.getuid!() !== 0)('an ordinary user enters it as root does', async () => {
  const user = `kiln-shell-${process.pid}`
  await run(['useradd', '--create-home', '--base-dir', folder, '--shell', '/bin/sh', user])
  try {
    await chmod(folder, 0o755)
    const place = join(folder, user)
    const store = join(place, 'home', 'store')
    const ours = readConfig(process.env).store
    // What the tests above have built, so that it need not be built again.
    await mkdir(join(store, 'objects'), { recursive: true })
    for (const name of ['tools', 'layers'])
      await cp(await realpath(join(ours, name)), join(store, name), {
        recursive: true,
        verbatimSymlinks: true,
      })
    const texts = [await readFile(join(folder, 'kiln.lock'), 'utf8')]
    for (const name of await readdir(join(store, 'layers')))
      texts.push(await readFile(join(store, 'layers', name), 'utf8'))
    for (const [digest] of texts.join('').matchAll(/\b[0-9a-f]{64}\b/g)) {
      const path = join('objects', digest.slice(0, 2), digest)
      if (!existsSync(join(ours, path)) || existsSync(join(store, path))) continue
      await mkdir(join(store, path, '..'), { recursive: true })
      await copyFile(join(ours, path), join(store, path))
    }
    for (const name of ['recipe.yaml', 'kiln.lock']) await copyFile(join(folder, name), join(place, name))
    await run(['chown', '-R', `${user}:`, place])
    const { status, stdout, stderr } = await program(
      [
        ...[
          'setpriv',
          `--reuid=${user}`,
          `--regid=${user}`,
          '--init-groups',
          KILN,
          'shell',
          join(place, 'recipe.yaml'),
        ],
        ...[
          '--',
          'sh',
          '-c',
          'id -u; stat -c %u /etc/shadow; cat /etc/entered; su -s /bin/sh -c "id -u" nobody; exit 4',
        ],
      ],
      { cwd: '/', env: { ...environment({ KILN_HOME: join(place, 'home') }), HOME: place } },
    )
    expect({ status, stdout }, stderr).toEqual({ status: 4, stdout: '0\n0\nby a test\n65534\n' })
  } finally {
    await run(['userdel', '--remove', user], { accept: [0, 12] })
  }
})

describe('a build that fails', () => {
  test('is entered as its stage left it; one that does not fail says so', async () => {
    const path = join(folder, 'failing.yaml')
    await writeFile(
      path,
      'name: failing\nfrom: {os: debian-13}\ncustom_files: [{path: /etc/entered, content: x}]\nservices: {enable: [none-such]}\n',
    )
    const { status, stdout, stderr } = await shell(['--failed', '--', 'cat', '/etc/entered'], path)
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'x' })
    expect(stderr).toContain('The service none-such cannot be enabled')
    expect(stderr).toContain('as the stage services left it')
    await rm(join(folder, 'kiln.lock'))
    expect((await shell(['--failed', '--', 'true'])).stderr).toContain('No stage fails now.')
  })

  test.skipIf(!able)('in a script of a package: what is half installed is there', async () => {
    await using repository: AptRepository = await aptRepository(folder)
    await repository.add('broken', { postinst: '#!/bin/sh\necho half >/half-done\nexit 3\n' })
    await repository.publish()
    const path = join(folder, 'broken.yaml')
    await writeFile(
      path,
      JSON.stringify({
        name: 'broken',
        from: { os: 'debian-13' },
        packages: ['broken'],
        repositories: [{ name: 'ours', uri: repository.uri, suite: 'test', key: repository.key }],
      }),
    )
    await rm(join(folder, 'kiln.lock'), { force: true })
    const { status, stdout } = await shell(
      ['--failed', '--', 'sh', '-c', 'cat /half-done; dpkg -l broken | tail -1 | cut -c1-2'],
      path,
    )
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'half\niF\n' })
    await rm(join(folder, 'kiln.lock'))
  })
})
