import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openBase, readSmall, type TreeEntry } from '../../src/disk/index.ts'
import { environment, program, ROOT } from './program.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiln-seal-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test('nothing that makes a machine itself is in an image, and what it needs instead is made at its first boot', async () => {
  const recipe = join(folder, 'recipe.yaml')
  await writeFile(recipe, 'name: sealed\nfrom: {os: debian-13}\npackages: [ssl-cert]\n')
  const image = join(folder, 'sealed.qcow2')
  const { status, stderr } = await program([join(ROOT, 'kiln'), 'build', recipe, '-o', image], {
    env: environment(),
  })
  expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' })
  await using base = await openBase(image)
  const { reader } = base.mounts[0]!
  const entries: TreeEntry[] = []
  for await (const entry of reader.walk()) entries.push(entry)
  const paths = entries.map(({ path }) => path)
  expect(paths).toContain('usr/sbin/make-ssl-cert')
  expect(
    paths.filter((path) =>
      /snakeoil|ssh_host_|^var\/lib\/(cloud|dbus\/machine-id|systemd\/random-seed)/.test(path),
    ),
  ).toEqual([
    'etc/systemd/system/ssl-cert-snakeoil.service',
    'etc/systemd/system/sysinit.target.wants/ssl-cert-snakeoil.service',
  ])
  // A link by the certificate's hash would be left behind.
  expect(entries.filter(({ target }) => target?.includes('snakeoil.pem'))).toEqual([])
  expect(
    (await readSmall(
      reader,
      'etc/systemd/system/sysinit.target.wants/ssl-cert-snakeoil.service',
    ))!.toString(),
  ).toMatch(/^ConditionPathExists=!\/etc\/ssl\/private\/ssl-cert-snakeoil\.key$/m)
  expect(await reader.find('etc/machine-id')).toMatchObject({ size: 0 })
})
