import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { run } from '../tools/run.ts'
import { grubStandIn } from './stand-in.ts'

const ROOT = { at: '/', partition: 1, uuid: 'aaaa-1', label: 'root', partitionUuid: 'pppp-1' }
const BOOT = { at: '/boot', partition: 16, uuid: 'bbbb-2', label: 'BOOT', partitionUuid: 'pppp-2' }

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiln-stand-in-'))
  for (const [name, text] of [
    ['one', grubStandIn([ROOT], 'gpt')],
    ['two', grubStandIn([ROOT, BOOT], 'gpt')],
    ['whole', grubStandIn([{ ...ROOT, partition: 0 }], 'msdos')],
  ] as const) {
    await mkdir(join(folder, name))
    await writeFile(join(folder, name, 'grub-probe'), text)
    await chmod(join(folder, name, 'grub-probe'), 0o755)
    await symlink('grub-probe', join(folder, name, 'grub-mkrelpath'))
  }
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test.each([
  ['one', 'grub-probe --target=device /', '/dev/disk/by-uuid/aaaa-1'],
  ['one', 'grub-probe --target=device /boot', '/dev/disk/by-uuid/aaaa-1'],
  ['one', 'grub-probe --device /dev/disk/by-uuid/aaaa-1 --target=partuuid', 'pppp-1'],
  ['one', 'grub-mkrelpath /bin', expect.stringMatching(/^(\/usr)?\/bin$/)],
  ['two', 'grub-probe --target=device /boot', '/dev/disk/by-uuid/bbbb-2'],
  ['two', 'grub-probe -t fs_uuid -d /dev/disk/by-uuid/aaaa-1', 'aaaa-1'],
  ['two', 'grub-probe --device /dev/disk/by-uuid/bbbb-2 --target=hints_string', '--hint=hd0,gpt16'],
  ['two', 'grub-probe --device /dev/disk/by-uuid/bbbb-2 --target=drive', '(hd0,gpt16)'],
  ['two', 'grub-mkrelpath /boot', '/'],
  ['two', 'grub-mkrelpath /boot/grub-that-is-not-there', '/grub-that-is-not-there'],
  ['two', 'grub-mkrelpath /bootx', '/bootx'],
  ['two', 'grub-probe --target=partmap /', 'gpt'],
  ['whole', 'grub-probe --target=drive /', '(hd0)'],
  ['whole', 'grub-probe --target=partmap /', ''],
])('%s disk: %s', async (disk, command, answer) => {
  const [program, ...args] = command.split(' ')
  expect((await run([join(folder, disk, program!), ...args])).stdout.trimEnd()).toEqual(answer)
})
