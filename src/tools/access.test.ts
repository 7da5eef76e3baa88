import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { redact } from '../core/redact.ts'
import { openAccess } from './access.ts'

const folder = mkdtempSync(join(tmpdir(), 'kiln-access-'))
afterAll(() => rmSync(folder, { recursive: true }))

const way = async (text: string, url: string) => (await openAccess({ text })).way(new URL(url))
const basic = (login: string) => `Basic ${Buffer.from(login).toString('base64')}`

describe('logins', () => {
  const text = `
# ours
machine repo.example login reader password of-the-repository
machine repo.example/special login writer password of-a-part
machine other.example:8443
  login reader
  password another
machine http://plain.example login open password to-everybody`
  test.each([
    ['https://repo.example/debian', 'reader:of-the-repository'],
    ['https://repo.example/special/x', 'reader:of-the-repository'],
    ['https://other.example:8443/', 'reader:another'],
    ['http://plain.example/x', 'open:to-everybody'],
  ])('%s', async (url, login) => expect((await way(text, url)).authorization).toBe(basic(login)))
  test.each([
    ['http://repo.example/', 'in the open'],
    ['https://repo.example.evil.example/', 'another host'],
    ['https://xrepo.example/', 'another host'],
    ['https://other.example/', 'another port'],
    ['https://plain.example/', 'another scheme'],
  ])('none for %s: %s', async (url) => expect(await way(text, url)).toEqual({}))
  test('the more special one where it stands first, and a path is one by its parts', async () => {
    const special = text
      .split('\n')
      .filter((line) => line.includes('special'))
      .join('\n')
    expect((await way(`${special}\n${text}`, 'https://repo.example/special')).authorization).toBe(
      basic('writer:of-a-part'),
    )
    expect(await way(special, 'https://repo.example/specialities')).toEqual({})
  })
  test('from now on no message holds them, in whatever form', async () => {
    await way('machine a.example login me password told-to-nobody', 'https://a.example/')
    const { authorization } = await way(
      'machine a.example login me password told-to-nobody',
      'https://a.example/',
    )
    expect(redact(`got ${authorization} and told-to-nobody`)).toBe('got Basic *** and ***')
  })
})

describe('certificates and proxies', () => {
  const file = join(folder, 'auth.conf')
  test('are read from beside the file; one file may hold certificate and key', async () => {
    writeFileSync(join(folder, 'ca.pem'), 'CA')
    writeFileSync(join(folder, 'me.pem'), 'ME')
    writeFileSync(
      file,
      'machine a.example ca ca.pem certificate me.pem proxy http://p:q-q-q@proxy.example:3128\n',
    )
    const access = await openAccess({
      file: { path: file, required: true },
      proxies: { no_proxy: 'b.example' },
    })
    expect(await access.way(new URL('https://a.example/x'))).toEqual({
      ca: 'CA',
      cert: 'ME',
      key: 'ME',
      proxies: {
        http_proxy: 'http://p:q-q-q@proxy.example:3128',
        https_proxy: 'http://p:q-q-q@proxy.example:3128',
      },
    })
    expect(await access.way(new URL('https://b.example/'))).toEqual({ proxies: { no_proxy: 'b.example' } })
    expect(redact('through q-q-q')).toBe('through ***')
  })
  test('a certificate that is not there is named', async () => {
    writeFileSync(file, 'machine a.example ca absent.pem\n')
    const access = await openAccess({ file: { path: file, required: true } })
    await expect(access.way(new URL('https://a.example/'))).rejects.toMatchObject({
      code: 'KILN_AUTH_INVALID',
      message: expect.stringContaining('absent.pem'),
    })
  })
})

describe('files', () => {
  test('only one that somebody named must be there', async () => {
    const path = join(folder, 'absent')
    await expect(openAccess({ file: { path, required: true } })).rejects.toMatchObject({
      code: 'KILN_AUTH_INVALID',
    })
    expect(await (await openAccess({ file: { path, required: false } })).way(new URL('https://a/'))).toEqual(
      {},
    )
  })
  test.each([
    ['login me', 1, 'begins with "machine"'],
    ['machine a\n\nlogin me secret-word', 3, 'a word that no entry has'],
    ['machine a login', 1, 'nothing stands behind "login"'],
    ['machine me:secret-word@a', 1, 'no address'],
    ['machine a\nproxy secret-word', 2, 'no address of a proxy'],
  ])('%j is refused by its line, without what stands there', async (text, line, what) => {
    const error = await openAccess({ text }).catch((thrown: Error) => thrown)
    expect(error).toMatchObject({ code: 'KILN_AUTH_INVALID', fault: 'input' })
    expect((error as Error).message).toContain(`line ${line}`)
    expect((error as Error).message).toContain(what)
    expect((error as Error).message).not.toContain('secret-word')
  })
})
