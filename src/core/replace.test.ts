import { mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
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
