import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { run } from '../../src/tools/run.ts'
import { begin, environment, program, ROOT } from './program.ts'
import { suite, suiteTools } from './suite.ts'

const KILN = join(ROOT, 'kiln')
const RECIPE = `name: built
from: {os: debian-13}
packages: [jq]
custom_files: [{path: /etc/motd, content: "made by a test\\n"}]
`

let folder: string
let home: string
let locked: string
/** Built digest that every other way of building must give, too. */
let digest: string

/** An empty store beside the suite's tools tree: that one is made once. */
async function freshHome(name: string, base = folder): Promise<string> {
  const path = join(base, name)
  await mkdir(join(path, 'store'), { recursive: true })
  await symlink(join(suite.config.store, 'tools'), join(path, 'store', 'tools'))
  return path
}
async function recipeFolder(name: string, text = RECIPE, lock = locked): Promise<string> {
  const path = join(folder, name)
  await mkdir(path)
  await writeFile(join(path, 'recipe.yaml'), text)
  if (lock) await writeFile(join(path, 'kiln.lock'), lock)
  return path
}
const kiln = (args: string[], env: Record<string, string | undefined>) =>
  program([KILN, ...args], { env: environment(env) })
/** Nothing of a build is left when it is over: no folder of its own, no process that works in the store. */
async function expectNothingLeft(store: string) {
  expect(await readdir(join(store, 'tmp')).catch(() => [])).toEqual([])
  const { stdout } = await run(['ps', '-eo', 'args'])
  expect(stdout.split('\n').filter((line) => line.includes(store))).toEqual([])
  expect((await readFile('/proc/mounts', 'utf8')).includes(store)).toBe(false)
}

beforeAll(async () => {
  await suiteTools()
  folder = await mkdtemp(join(tmpdir(), 'kiln-build-'))
  await chmod(folder, 0o755)
  home = await freshHome('home')
  const first = await recipeFolder('first', RECIPE, '')
  const { status, stdout, stderr } = await kiln(['build', join(first, 'recipe.yaml'), '--json'], {
    KILN_HOME: home,
  })
  expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' })
  digest = (JSON.parse(stdout) as { digest: string }).digest
  locked = await readFile(join(first, 'kiln.lock'), 'utf8')
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('a build', () => {
  test('is not done again', async () => {
    const { stdout } = await kiln(['build', join(folder, 'first', 'recipe.yaml'), '--json'], {
      KILN_HOME: home,
    })
    expect(JSON.parse(stdout)).toMatchObject({ digest, reused: true })
  })
  test('with a package more reuses the base', async () => {
    const more = await recipeFolder('more', RECIPE.replace('[jq]', '[jq, tree]'), '')
    const { stdout } = await kiln(['build', join(more, 'recipe.yaml'), '--json'], { KILN_HOME: home })
    const { stages } = JSON.parse(stdout) as { stages: { stage: string; outcome: string }[] }
    expect(stages.filter(({ outcome }) => outcome === 'reused').map(({ stage }) => stage)).toContain('base')
    await expectNothingLeft(join(home, 'store'))
  })
  test('works from its lock without a network', async () => {
    const offline = await recipeFolder('offline')
    await rm(join(home, 'store', 'versions'), { recursive: true })
    const { status, stdout } = await kiln(['build', join(offline, 'recipe.yaml'), '--json'], {
      KILN_HOME: home,
      KILN_MIRROR_DEBIAN: 'http://127.0.0.1:9/debian',
    })
    expect({ status, digest: (JSON.parse(stdout) as { digest: string }).digest }).toEqual({
      status: 0,
      digest,
    })
  })
})

describe('the same lock gives the same image', () => {
  test('on disk, in another folder, another time zone and umask, after Ctrl-C and kill -9', async () => {
    const other = await freshHome('another home, with spaces')
    const recipe = join(await recipeFolder('again'), 'recipe.yaml')
    const env = environment({ KILN_HOME: other, KILN_WORKSPACE: 'disk' })
    const start = () =>
      begin(
        ['sh', '-c', 'umask 077; export TZ=Asia/Tokyo; exec "$@"', 'sh', KILN, 'build', recipe, '--json'],
        { env },
      )

    const interrupted = start()
    await interrupted.said(/"started".*base/)
    interrupted.child.kill('SIGINT')
    expect((await interrupted.ended).status).toBe(130)
    await expectNothingLeft(join(other, 'store'))

    // Whenever it is killed: while packages are unpacked, while a layer is written, while the disk is.
    for (const [pattern, wait] of [
      [/"started".*base/, 3000],
      [/"finished".*base/, 10],
      [/"started".*disk/, 500],
    ] as const) {
      const killed = start()
      await killed.said(pattern)
      await sleep(wait)
      killed.child.kill('SIGKILL')
      await killed.ended
    }
    const last = await start().ended
    expect(JSON.parse(last.stdout)).toMatchObject({ digest })
    await expectNothingLeft(join(other, 'store'))
  })

  test.skipIf(process.getuid!() !== 0)('as an ordinary user', async () => {
    const user = `kiln-test-${process.pid}`
    await run(['useradd', '--create-home', '--base-dir', folder, '--shell', '/bin/sh', user])
    try {
      const place = join(folder, user)
      await cp(join(suite.config.store, 'tools'), join(place, 'home', 'store', 'tools'), {
        recursive: true,
        verbatimSymlinks: true,
      })
      await writeFile(join(place, 'recipe.yaml'), RECIPE)
      await writeFile(join(place, 'kiln.lock'), locked)
      await run(['chown', '-R', `${user}:`, place])
      const { status, stdout, stderr } = await program(
        [
          'setpriv',
          `--reuid=${user}`,
          `--regid=${user}`,
          '--init-groups',
          KILN,
          'build',
          join(place, 'recipe.yaml'),
          '--json',
        ],
        { cwd: '/', env: { ...environment({ KILN_HOME: join(place, 'home') }), HOME: place } },
      )
      expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' })
      expect(JSON.parse(stdout)).toMatchObject({ digest })
    } finally {
      await run(['userdel', '--remove', user], { accept: [0, 12] })
    }
  })
})

describe('what cannot be built', () => {
  const fails = async (text: string, env: Record<string, string> = {}, lock = '') => {
    const path = await recipeFolder(`bad-${Math.random()}`, text, lock)
    const ended = await kiln(['build', join(path, 'recipe.yaml')], { KILN_HOME: home, ...env })
    expect(ended.stderr).not.toMatch(/^\s+at .*\.ts/m)
    return ended
  }
  test('unknown packages are named all at once, with near names and where they were looked for', async () => {
    const { status, stderr } = await fails(RECIPE.replace('[jq]', '[ngnix, jq, no-such-thing-at-all]'))
    expect(status).toBe(2)
    expect(stderr).toMatch(/ngnix, no-such-thing-at-all/)
    expect(stderr).toMatch(/did you mean nginx/)
    expect(stderr).toMatch(/trixie main/)
  })
  test('a version that is not there is said with those that are', async () => {
    const { status, stderr } = await fails(RECIPE.replace('[jq]', '["jq=9:*"]'))
    expect(status).toBe(2)
    expect(stderr).toMatch(/jq in version 9:\*.*\n.*jq is there as 1\./)
  })
  test('services that no package brings are named all at once, an id that is taken with who wants it', async () => {
    const services = await fails(`${RECIPE}services: {enable: [systemd-networkd, none-such, nor-this]}\n`)
    expect(services.status).toBe(1)
    expect(services.stderr).toContain('The services none-such, nor-this cannot be enabled in the image.')
    const groups = await fails(`${RECIPE}groups: [{name: mine, gid: 0}]\n`)
    expect(groups.status).toBe(1)
    expect(groups.stderr).toMatch(/making the group mine failed.*GID '0' already exists/)
  })
  test('no network and no lock: which address, and what still works', async () => {
    const { status, stderr } = await fails(RECIPE, { KILN_MIRROR_DEBIAN: 'http://127.0.0.1:9/debian' })
    expect(status).toBe(1)
    expect(stderr).toMatch(/http:\/\/127\.0\.0\.1:9\/debian\S* cannot be reached/)
    expect(stderr).toMatch(/still builds without network/)
  })
  test.skipIf(process.getuid!() !== 0)(
    'a full disk: which folder, what is free and what is needed',
    async () => {
      const place = await recipeFolder('full')
      await writeFile(join(place, 'recipe.yaml'), RECIPE.replace('jq', 'jq, tree'))
      const script =
        'mount -t tmpfs -o size=120m none "$1"; shift; mkdir -p "$KILN_HOME/store"; ln -s "$0" "$KILN_HOME/store/tools"; exec "$@"'
      const small = join(folder, 'small')
      await mkdir(small)
      const { status, stderr } = await program(
        [
          'unshare',
          '--mount',
          'sh',
          '-ec',
          script,
          join(suite.config.store, 'tools'),
          small,
          KILN,
          'build',
          join(place, 'recipe.yaml'),
        ],
        { env: environment({ KILN_HOME: small }) },
      )
      expect(status).toBe(1)
      expect(stderr).toMatch(
        new RegExp(`The disk of ${small}/store has \\d+ MB free, and \\d+ MB are needed`),
      )
      expect(stderr).toContain('KILN_NO_SPACE')
    },
  )
})
