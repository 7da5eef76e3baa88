import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readConfig } from '../../src/core/config.ts'
import { openBase, openDisk } from '../../src/disk/index.ts'
import { environment, program, ROOT } from './program.ts'

const KILN = join(ROOT, 'kiln')
const RECIPE = `name: corp
from: {image: ./corp.qcow2}
packages: [tree]
custom_files: [{path: /etc/motd, content: "corporate\\n"}]
`
const TEMPLATE = `heat_template_version: 2018-08-31
resources:
  server:
    type: OS::Nova::Server
    properties:
      image: corp-web-base   # ours
      flavor: m1.small
      user_data_format: RAW
      user_data: |
        #cloud-config
        packages: [tree]
        runcmd: [[touch, /srv/booted]]
`

/** A corporate image: made by Kiln, as the suite has no other that boots; what is asserted is not of its making. */
let folder: string
let built: { digest: string; path: string; virtualSize: number }
const kiln = (args: readonly string[], env: Record<string, string | undefined> = {}) =>
  program([KILN, ...args], { cwd: folder, env: environment(env) })
async function buildOf(args: readonly string[], env: Record<string, string | undefined> = {}) {
  const { status, stdout, stderr } = await kiln(['build', ...args, '--json'], env)
  expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' })
  return JSON.parse(stdout) as typeof built & {
    reused: boolean
    stages: { stage: string; outcome: string }[]
  }
}

/** Paths of an image with what each is: kind, owner, mode, size and time. */
async function listing(path: string): Promise<Map<string, string>> {
  await using base = await openBase(path)
  const all = new Map<string, string>()
  for (const { reader } of base.mounts)
    for await (const { path, kind, mode, uid, gid, size, mtime, target } of reader.walk())
      all.set(path, [kind, mode.toString(8), uid, gid, size, mtime, target].join(' '))
  return all
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiln-base-'))
  await buildOf([join(ROOT, 'examples/web/recipe.yaml'), '-o', join(folder, 'corp.qcow2')])
  await writeFile(join(folder, 'recipe.yaml'), RECIPE)
  await writeFile(join(folder, 'template.yaml'), TEMPLATE)
  await writeFile(join(folder, 'bases.yaml'), 'corp-web-base: {image: ./corp.qcow2}\n')
  built = await buildOf(['recipe.yaml', '-o', 'out.qcow2'])
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test('packages and files come onto the image, and nothing else changes', async () => {
  const [before, after] = [
    await listing(join(folder, 'corp.qcow2')),
    await listing(join(folder, 'out.qcow2')),
  ]
  const different = [...new Set([...before.keys(), ...after.keys()])].filter(
    (path) => before.get(path) !== after.get(path) && !/^(folder) /.test(after.get(path) ?? ''),
  )
  expect(different).toEqual(expect.arrayContaining(['usr/bin/tree', 'etc/motd', 'var/lib/dpkg/status']))
  const expected =
    /^(usr\/bin\/tree|usr\/share\/(doc|man\/man1)\/tree\b.*|etc\/motd|var\/lib\/dpkg\/.*|var\/lib\/apt\/.*|var\/cache\/.*|etc\/\.updated|var\/\.updated)$/
  expect(different.filter((path) => !expected.test(path))).toEqual([])
  await using was = await openDisk(join(folder, 'corp.qcow2'))
  await using is = await openDisk(join(folder, 'out.qcow2'))
  expect(is.size).toBe(was.size)
  expect(await is.table()).toEqual(await was.table())
  for (const partition of (await was.partitions()).filter(({ kind }) => kind === 'esp' || kind === 'bios'))
    expect(
      (await is.read(partition.offset, partition.bytes)).equals(
        await was.read(partition.offset, partition.bytes),
      ),
    ).toBe(true)
})

test('the lock names the image by its digest, and gives the same image elsewhere', async () => {
  const text = await readFile(join(folder, 'kiln.lock'), 'utf8')
  const lock = JSON.parse(text)
  expect(lock).toMatchObject({
    os: 'debian-13',
    base: [],
    image: { source: './corp.qcow2', firmware: ['bios', 'uefi'], mounts: [{ at: '/', label: 'root' }] },
  })
  expect(
    lock.groups.flatMap((group: { packages: { name: string }[] }) => group.packages.map(({ name }) => name)),
  ).toEqual(['tree'])
  const home = join(folder, 'home')
  await mkdir(join(home, 'store'), { recursive: true })
  await symlink(join(readConfig(process.env).store, 'tools'), join(home, 'store', 'tools'))
  const again = await buildOf(['recipe.yaml'], { KILN_HOME: home, KILN_WORKSPACE: 'disk' })
  expect(again.digest).toBe(built.digest)
  expect(await readFile(join(folder, 'kiln.lock'), 'utf8')).toBe(text)
})

test('another file in its place is not taken for it; asked to, it is locked', async () => {
  const other = join(folder, 'other')
  await mkdir(other)
  await writeFile(join(other, 'recipe.yaml'), RECIPE)
  await copyFile(join(folder, 'kiln.lock'), join(other, 'kiln.lock'))
  await copyFile(join(folder, 'out.qcow2'), join(other, 'corp.qcow2'))
  const home = join(other, 'home')
  await mkdir(join(home, 'store'), { recursive: true })
  await symlink(join(readConfig(process.env).store, 'tools'), join(home, 'store', 'tools'))
  const { status, stderr } = await kiln(['build', 'other/recipe.yaml'], { KILN_HOME: home })
  expect({ status, stderr }).toEqual({
    status: 2,
    stderr: expect.stringMatching(
      /The disk image \.\/corp\.qcow2 is another one than the lock names\.[\s\S]*--update/,
    ),
  })
  // One package alone, on the image that was locked, which is not at its place any more.
  const alone = await kiln(['lock', 'other/recipe.yaml', '--update', 'tree', '-n', '--json'])
  expect(JSON.parse(alone.stdout)).toMatchObject({ state: 'current', packages: 1 })
  // What is on the image already is not installed again.
  const { stdout } = await kiln(['lock', 'other/recipe.yaml', '--update', '--json'])
  expect(JSON.parse(stdout)).toMatchObject({ state: 'updated', packages: 0 })
})

test('a template whose base is mapped to it is prebuilt on it', async () => {
  const args = [
    'prebuild',
    'template.yaml',
    'out.yaml',
    '--bases',
    'bases.yaml',
    '--target',
    'dir:images',
    '--json',
  ]
  const first = await kiln(args)
  expect({ status: first.status, stderr: first.status === 0 ? '' : first.stderr }).toEqual({
    status: 0,
    stderr: '',
  })
  const { images } = JSON.parse(first.stdout)
  expect(images).toHaveLength(1)
  const output = await readFile(join(folder, 'out.yaml'), 'utf8')
  expect(output).toBe(
    TEMPLATE.replace('corp-web-base', images[0].name).replace('        packages: [tree]\n', ''),
  )
  const again = await kiln(args)
  expect(JSON.parse(again.stdout).images[0]).toMatchObject({ name: images[0].name, reused: true })
  expect(await readFile(join(folder, 'out.yaml'), 'utf8')).toBe(output)
})

test.each([
  ['is not there', './none.qcow2', undefined, /There is no disk image \.\/none\.qcow2\./],
  [
    'is of another kind',
    './disk.vmdk',
    'KDMV',
    /disk\.vmdk: the file is no raw or qcow2 disk but a disk of VMware/,
  ],
  [
    'has no system',
    './empty.img',
    '',
    /empty\.img cannot be built on: it has no file system that Kiln reads/,
  ],
])(
  'an image that %s is refused in a sentence, before anything is built',
  async (_, image, magic, sentence) => {
    if (magic !== undefined) await writeFile(join(folder, image), magic.padEnd(1 << 20, '\0'))
    await mkdir(join(folder, 'wrong'), { recursive: true })
    await writeFile(join(folder, 'wrong', 'recipe.yaml'), RECIPE.replace('./corp.qcow2', `.${image}`))
    const { status, stdout, stderr } = await kiln(['build', 'wrong/recipe.yaml'])
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr.replaceAll('../', './')).toMatch(sentence)
    expect(stderr).not.toMatch(/\n\s+at /)
    await writeFile(join(folder, 'wrong.yaml'), `corp-web-base: {image: ${image}}\n`)
    const prebuilt = await kiln(['prebuild', 'template.yaml', 'wrong-out.yaml', '--bases', 'wrong.yaml'])
    expect(prebuilt.status).toBe(2)
    expect(prebuilt.stderr).toMatch(/corp-web-base of server is mapped to the disk image/)
  },
)
