import { chown, mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { Sandbox } from '../../src/tools/sandbox/sandbox.ts'
import { suiteSandbox } from './suite.ts'

const open = () => suiteSandbox({ work: { bytes: 64 << 20 } })

/** Process of the host that is the first one in `sandbox`: it and a program in there share a namespace of mounts. */
async function firstOf(sandbox: Sandbox): Promise<number> {
  const { stdout } = await sandbox.run(['sh', '-c', 'readlink /proc/1/ns/mnt'])
  for (const pid of await readdir('/proc'))
    if (/^\d+$/.test(pid) && (await readlink(`/proc/${pid}/ns/mnt`).catch(() => '')) === stdout.trim())
      if ((await readFile(`/proc/${pid}/cmdline`, 'utf8')).includes('First process of a sandbox'))
        return Number(pid)
  throw new Error('no first process')
}

describe('a sandbox', () => {
  test('that is ended from outside says so, to what runs in it and to what comes after', async () => {
    await using sandbox = await open()
    const first = await firstOf(sandbox)
    const running = sandbox.run(['sleep', '60'])
    const ended = expect(running).rejects.toMatchObject({
      code: 'KILN_SANDBOX_FAILED',
      message: 'The sandbox was ended from outside while something was done in it.',
    })
    await sleep(300)
    process.kill(first, 'SIGKILL')
    await ended
    await expect(sandbox.run(['true'])).rejects.toMatchObject({ code: 'KILN_SANDBOX_FAILED' })
    expect(() => sandbox.start(['true'])).toThrow(/ended from outside/)
  })

  test('is not opened on a path that would be taken for two', async () => {
    await expect(suiteSandbox({ binds: [{ source: '/tmp/a\tb', target: '/in/a' }] })).rejects.toMatchObject({
      code: 'KILN_SANDBOX_FAILED',
      fault: 'input',
    })
  })

  test('can make no user namespace of its own', async () => {
    await using sandbox = await open()
    await expect(sandbox.run(['unshare', '--user', 'true'])).rejects.toMatchObject({
      message: expect.stringContaining('No space left on device'),
    })
  })
})

test.each([
  ['a file', 'head -c 90m /dev/zero >/build/x'],
  ['a file without a name', 'exec 3>/build/x; rm /build/x; head -c 90m /dev/zero >&3'],
])('what fills more of a disk than it may is stopped, whatever it does to stay: %s', async (_, fill) => {
  await using undo = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'kiln-room-'))
  undo.defer(() => rm(folder, { recursive: true, force: true }))
  const work = { source: folder, target: '/build', writable: true }
  const sandbox = undo.use(await suiteSandbox({ work: 'bind', binds: [work], room: 24 << 20 }))
  await chown(folder, sandbox.owner.uid, sandbox.owner.gid)
  // Less than it may: nothing happens.
  await sandbox.run(['sh', '-euc', 'head -c 8m /dev/zero >/build/less; sleep 1'])
  const filling = sandbox.run(['sh', '-uc', `trap "" TERM INT HUP; ${fill}; sleep 60`])
  await expect(filling).rejects.toMatchObject({
    code: 'KILN_NO_SPACE',
    message: expect.stringMatching(
      /^The build has filled \d+ MB of disk, and it was stopped, for it may take 26 MB\.$/,
    ),
  })
  await expect(sandbox.run(['true'])).rejects.toMatchObject({ code: 'KILN_NO_SPACE' })
})

describe('a guest whose tree leads outside', () => {
  test.each([
    ['a folder that is mounted on', 'rmdir tmp; ln -s /build/outside tmp', /\/tmp of the guest is a link/],
    ['a folder on the way to a bind', 'ln -s /build/outside usr', /leads out of the guest/],
    ['one that goes up', 'ln -s ../../build/outside usr', /leads out of the guest/],
  ])('is refused: %s', async (_what, script, says) => {
    await using sandbox = await open()
    await sandbox.run([
      'sh',
      '-euc',
      `mkdir -p /build/outside /build/tree/tmp; cd /build/tree; ${script}; echo text >/build/file`,
    ])
    await expect(
      sandbox.guest('/build/tree', ['/bin/true'], {
        binds: [{ source: '/build/file', target: '/usr/sbin/tool' }],
      }),
    ).rejects.toMatchObject({ message: expect.stringMatching(says) })
    expect((await sandbox.run(['find', '/build/outside', '-mindepth', '1'])).stdout).toBe('')
  })

  test('may have links that stay inside', async () => {
    await using sandbox = await open()
    await sandbox.run([
      'sh',
      '-euc',
      'mkdir -p /build/tree/opt/deep; ln -s opt/./deep /build/tree/usr; echo text >/build/file',
    ])
    const guest = sandbox.guest('/build/tree', ['/usr/tool'], {
      binds: [{ source: '/build/file', target: '/usr/tool' }],
    })
    // It is there, and no program.
    await expect(guest).rejects.toMatchObject({
      message: expect.stringContaining('/usr/tool: Permission denied'),
    })
    expect((await sandbox.run(['ls', '/build/tree/opt/deep'])).stdout).toBe('tool\n')
  })
})
