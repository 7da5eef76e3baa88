import { mkdtemp, open, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { replaceable } from './replace.ts'

let folder: string
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'kiln-replace-')))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

test('a file and what is not there are replaced in their place, a link where it leads', async () => {
  const [file, link, gone] = [join(folder, 'file'), join(folder, 'link'), join(folder, 'gone')]
  await writeFile(file, 'x')
  await symlink('file', link)
  expect(await replaceable(file)).toBe(file)
  expect(await replaceable(link)).toBe(file)
  expect(await replaceable(gone)).toBe(gone)
  await symlink('gone', join(folder, 'dangling'))
  await symlink('dangling', join(folder, 'further'))
  expect(await replaceable(join(folder, 'further'))).toBe(gone)
})

test('what a process has open is refused, file or not', async () => {
  const path = join(folder, 'open')
  await using file = await open(path, 'w')
  await symlink(`/proc/self/fd/${file.fd}`, join(folder, 'link'))
  for (const name of [`/proc/self/fd/${file.fd}`, `/dev/fd/${file.fd}`, join(folder, 'link')])
    await expect(replaceable(name)).rejects.toMatchObject({ code: 'KILN_OUTPUT_NOT_FILE' })
})

test.each(['/dev/null', '/dev', 'link'])('%s is refused', async (name) => {
  const path = join(folder, name)
  if (name === 'link') await symlink('/dev/null', path)
  const asked = name.startsWith('/') ? name : path
  await expect(replaceable(asked, 'out.yaml')).rejects.toMatchObject({
    code: 'KILN_OUTPUT_NOT_FILE',
    fault: 'input',
    message: expect.stringContaining('out.yaml is a'),
  })
})
