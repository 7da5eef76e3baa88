import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { redact } from '../../core/redact.ts'
import { pipIndexes, withLogins } from './indexes.ts'

let folder: string
const file = (name: string) => join(folder, name)
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiln-pip-'))
  await writeFile(
    file('global'),
    '# ours\n[global]\nindex-url = https://one.example/simple\nextra-index-url =\n    https://two.example/s/\n    file:///srv/wheels\n[download]\nindex-url = https://no.example/\n',
  )
  await writeFile(file('user'), '[install]\nindex_url: https://mine.example/simple\n')
  await writeFile(file('folder'), '[global]\nindex-url = file:///srv/simple\n')
})
afterAll(() => rm(folder, { recursive: true }))
const read = (configured: string, environment = {}, files: string[] = []) =>
  pipIndexes({ configured, environment, files: files.map(file) })

test('the environment comes first, then the machine, then pip itself', async () => {
  expect(await read('https://a.example/simple  https://b.example/s/', {}, ['global'])).toMatchObject({
    addresses: ['https://a.example/simple/', 'https://b.example/s/'],
    byDefault: false,
    origin: 'KILN_PIP_INDEX',
  })
  expect(await read('', {}, ['none'])).toMatchObject({ addresses: [], byDefault: true })
})
test("files of this machine's pip are read as it reads them: later ones count, folders do not", async () => {
  expect(await read('', {}, ['global'])).toMatchObject({
    addresses: ['https://one.example/simple/', 'https://two.example/s/'],
    byDefault: false,
  })
  expect((await read('', {}, ['global', 'user'])).addresses[0]).toBe('https://mine.example/simple/')
  expect(await read('', {}, ['folder'])).toMatchObject({ addresses: [], byDefault: false })
  expect(await read('', { PIP_EXTRA_INDEX_URL: 'https://e.example/' })).toMatchObject({
    addresses: ['https://e.example/'],
    byDefault: true,
  })
  expect(await read('', { PIP_CONFIG_FILE: '/dev/null' }, ['global'])).toMatchObject({ byDefault: true })
  expect(await read('', { PIP_CONFIG_FILE: file('user') }, ['global'])).toMatchObject({
    addresses: ['https://mine.example/simple/', 'https://two.example/s/'],
  })
})
test('a login in an address goes to that address alone, and no text shows it', async () => {
  const indexes = await read('https://me:pass%2Bword@a.example/simple')
  expect(indexes.addresses).toEqual(['https://a.example/simple/'])
  const access = withLogins({ way: async () => ({}) }, indexes)
  const way = (url: string) => access.way(new URL(url))
  expect(await way('https://a.example/files/x')).toEqual({
    authorization: `Basic ${Buffer.from('me:pass+word').toString('base64')}`,
  })
  expect(await way('https://b.example/')).toEqual({})
  expect(redact('pass+word or pass%2Bword')).toBe('*** or ***')
  const other = withLogins({ way: async () => ({ authorization: 'Basic x' }) }, indexes)
  expect(await other.way(new URL('https://a.example/'))).toEqual({ authorization: 'Basic x' })
})
test.each(['/srv/simple', 'ftp://a.example/', 'https://a.example/?x=secret'])(
  'refuses %s, without repeating it',
  async (address) => {
    const error = await read(`https://a.example/ ${address}`).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'KILN_PIP_INDEX_INVALID', message: /KILN_PIP_INDEX: index 2/ })
    expect(String(error)).not.toContain('secret')
  },
)
