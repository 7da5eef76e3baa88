import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openBase, readSmall } from '../../src/disk/index.ts'
import { environment, program, ROOT } from '../whole/program.ts'

const KILN = join(ROOT, 'kiln')
/** A kernel of another flavour: the boot menu of the image has to be written anew, with no disk there. */
const RECIPE = `name: corp
from: {image: ./corp.qcow2}
packages: [tree, linux-image-amd64]
services: {disable: [nginx]}
`

let folder: string
const kiln = (...args: string[]) => program([KILN, ...args], { cwd: folder, env: environment() })

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiln-base-'))
  await writeFile(join(folder, 'recipe.yaml'), RECIPE)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test('an image with a kernel put onto it starts that on both firmwares, with all that was promised', async () => {
  for (const args of [
    [join(ROOT, 'examples/web/recipe.yaml'), '-o', 'corp.qcow2'],
    ['recipe.yaml', '-o', 'out.qcow2'],
  ]) {
    const { status, stderr } = await kiln('build', ...args)
    expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' })
  }
  const { status, stdout, stderr } = await kiln('check', 'out.qcow2', '--recipe', 'recipe.yaml', '--json')
  expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' })
  const { boots } = JSON.parse(stdout) as { boots: { firmware: string }[] }
  expect(boots.map(({ firmware }) => firmware)).toEqual(['bios', 'uefi'])
  // Which of them it starts is the guest's own choice.
  await using base = await openBase(join(folder, 'out.qcow2'))
  const menu = (await readSmall(base.mounts[0]!.reader, 'boot/grub/grub.cfg'))!.toString()
  const kernels = new Set(
    [...menu.matchAll(/^\s*linux\s+\/boot\/vmlinuz-(\S+)/gm)].map(([, release]) => release!),
  )
  expect([...kernels].map((release) => release.replace(/^[\d.]+\+?\w*-/, '')).sort()).toEqual([
    'amd64',
    'cloud-amd64',
  ])
  for (const release of kernels) expect(menu).toContain(`initrd\t/boot/initrd.img-${release}`)
})
