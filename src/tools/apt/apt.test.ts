import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { debianMirrors, everyMirror } from './mirrors.ts'
import { parseRelease } from './release.ts'

const etc = mkdtempSync(join(tmpdir(), 'kiln-apt-'))
afterAll(() => rmSync(etc, { recursive: true }))

describe('mirrors', () => {
  test('what is configured wins; the security archive has its usual place', async () => {
    expect(await debianMirrors(['http://m.example/debian/'], etc)).toMatchObject({
      archive: 'http://m.example/debian',
      security: 'http://m.example/debian-security',
    })
  })
  test('several, one behind each comma, each with its security archive', async () => {
    const words = 'http://a.example/debian http://s.example/sec, http://b.example/debian/,http://c.example/d'
    const mirrors = await debianMirrors(words.split(/\s+/), etc)
    expect(mirrors).toMatchObject({ archive: 'http://a.example/debian', security: 'http://s.example/sec' })
    expect(mirrors.others).toEqual([
      { archive: 'http://b.example/debian', security: 'http://b.example/debian-security' },
      { archive: 'http://c.example/d', security: 'http://c.example/d-security' },
    ])
    const all = everyMirror(mirrors, [
      { archive: 'http://old.example/debian', security: 'http://s.example/sec' },
    ])
    expect(all('http://old.example/debian/pool/x.deb')).toEqual([
      'http://a.example/debian/pool/x.deb',
      'http://b.example/debian/pool/x.deb',
      'http://c.example/d/pool/x.deb',
      'http://old.example/debian/pool/x.deb',
    ])
    expect(all('http://s.example/sec/pool/x.deb').map((url) => new URL(url).host)).toEqual([
      's.example',
      'b.example',
      'c.example',
    ])
    expect(all('http://vendor.example/debian/x')).toEqual(['http://vendor.example/debian/x'])
  })
  test('no sources at all is an error that says what to set', async () => {
    await expect(debianMirrors(undefined, join(etc, 'none'))).rejects.toMatchObject({
      code: 'KILN_NO_MIRROR',
      fault: 'input',
      hint: expect.stringContaining('KILN_MIRROR_DEBIAN'),
    })
  })
  test('both formats are read; others’ repositories and switched-off ones are not Debian’s mirrors', async () => {
    mkdirSync(join(etc, 'sources.list.d'))
    writeFileSync(
      join(etc, 'sources.list.d/a.list'),
      'deb [signed-by=/x] https://vendor.example/apt stable-vendor main\n',
    )
    writeFileSync(
      join(etc, 'sources.list.d/off.sources'),
      'Enabled: no\nTypes: deb\nURIs: http://off.example/debian\nSuites: trixie\nComponents: main\n',
    )
    writeFileSync(
      join(etc, 'sources.list.d/debian.sources'),
      '# a comment\nTypes: deb deb-src\nURIs: http://m.example/debian/\nSuites: trixie\n trixie-updates\nComponents: main\n\nTypes: deb\nURIs: http://s.example/debian-security\nSuites: trixie-security\nComponents: main\n',
    )
    expect(await debianMirrors(undefined, etc)).toMatchObject({
      archive: 'http://m.example/debian',
      security: 'http://s.example/debian-security',
    })
    writeFileSync(join(etc, 'sources.list'), 'deb http://old.example/debian bookworm main\n')
    expect((await debianMirrors(undefined, etc)).archive).toBe('http://old.example/debian')
  })
})

describe('Release files', () => {
  test('only the SHA-256 section counts', () => {
    const hash = 'a'.repeat(64)
    const listed = parseRelease(
      `Suite: x\nMD5Sum:\n ${'b'.repeat(32)} 1 main/x\nSHA256:\n ${hash} 42 main/binary-amd64/Packages.xz\n ${hash} 7 other\nSHA512:\n ${'c'.repeat(128)} 1 evil\n`,
    )
    expect([...listed]).toEqual([
      ['main/binary-amd64/Packages.xz', { sha256: hash, size: 42 }],
      ['other', { sha256: hash, size: 7 }],
    ])
  })
})
