import { describe, expect, test } from 'vitest'
import { readPage } from './page.ts'

const url = 'https://index.example/simple/a-b/'
const sha256 = 'a'.repeat(64)
const json = (data: unknown, type = 'application/vnd.pypi.simple.v1+json') =>
  readPage({ url, type, text: JSON.stringify(data) })
const html = (text: string) => readPage({ url, type: 'text/html; charset=utf-8', text })

describe('a page in JSON', () => {
  const page = (file: object) => ({ meta: { 'api-version': '1.1' }, name: 'a-b', files: [file] })
  test('says all there is to know of a file', () => {
    expect(
      json(
        page({
          filename: 'a_b-1.0-py3-none-any.whl',
          url: '../../files/a_b-1.0-py3-none-any.whl#x',
          hashes: { sha256, SHAKE: 'x' },
          size: 12,
          yanked: 'broken',
          'requires-python': '>=3.8',
          'core-metadata': { sha256 },
        }),
      ),
    ).toEqual([
      {
        file: 'a_b-1.0-py3-none-any.whl',
        url: 'https://index.example/files/a_b-1.0-py3-none-any.whl',
        hashes: { sha256 },
        size: 12,
        yanked: 'broken',
        requiresPython: '>=3.8',
        metadata: { sha256 },
      },
    ])
  })
  test.each([
    ['a folder outside', { filename: '../x.whl', url: 'x.whl' }],
    ['no file of Python', { filename: 'a_b-1.0.exe', url: 'a_b-1.0.exe' }],
    ['a file of this machine', { filename: 'a.whl', url: 'file:///etc/a.whl' }],
    ['nothing', null],
    ['a list', []],
  ])('leaves out what is %s', (_what, file) => expect(json(page(file as object))).toEqual([]))
  test('may give a file under any address: its name is what it says', () =>
    expect(json(page({ filename: 'a-1.tar.gz', url: '/get/17' }))).toEqual([
      { file: 'a-1.tar.gz', url: 'https://index.example/get/17', hashes: {} },
    ]))
  test('has no logins and no queries: they may be secrets', () => {
    const [file] = json(
      page({ filename: 'a-1.tar.gz', url: 'https://me:secret@files.example/a-1.tar.gz?token=x' }),
    )
    expect(file!.url).toBe('https://files.example/a-1.tar.gz')
  })
  test.each([
    ['none', '<html>', /is not JSON/],
    ['of a later kind', '{"meta": {"api-version": "2.0"}, "files": []}', /version is "2.0"/],
    ['something else', '{"meta": {"api-version": "1.0"}}', /no list of files/],
  ])('is refused when it is %s', (_what, text, message) =>
    expect(() => readPage({ url, type: 'application/json', text })).toThrow(message),
  )
})

describe('a page in HTML', () => {
  test('says the same by its anchors', () => {
    expect(
      html(`<!DOCTYPE html><html><head><title>a > b</title></head><body>
        <!-- <a href="a_b-0.9.tar.gz">old</a> -->
        <A class=x href="/files/a_b-1.0-py3-none-any.whl#sha256=${sha256}" data-requires-python="&gt;=3.8,&#60;4"
          data-yanked data-core-metadata="sha256=${sha256}">a_b</A>
        <a href='a_b-1.0%2Bcu1.tar.gz#md5=${'b'.repeat(32)}' title="1 > 0">x</a>
        <a href="../">up</a><a>none</a><a href="mailto:x@y">mail</a></body>`),
    ).toEqual([
      {
        file: 'a_b-1.0-py3-none-any.whl',
        url: 'https://index.example/files/a_b-1.0-py3-none-any.whl',
        hashes: { sha256 },
        requiresPython: '>=3.8,<4',
        yanked: true,
        metadata: { sha256 },
      },
      {
        file: 'a_b-1.0+cu1.tar.gz',
        url: 'https://index.example/simple/a-b/a_b-1.0%2Bcu1.tar.gz',
        hashes: { md5: 'b'.repeat(32) },
      },
    ])
  })
  test('may say where its links begin', () =>
    expect(html('<base href="https://cdn.example/x/"><a href=a-1.zip>a</a>')[0]!.url).toBe(
      'https://cdn.example/x/a-1.zip',
    ))
  test('that is anything else has no files', () => expect(html('<a <a href="<a>')).toEqual([]))
  test('of many open tags is read in no time', () => {
    expect(html('<a href="'.repeat(20_000))).toEqual([])
    expect(html('<!--'.repeat(50_000))).toEqual([])
    expect(html(`<a ${'x='.repeat(50_000)}>`)).toEqual([])
  })
})
