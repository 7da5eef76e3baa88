import { afterEach, describe, expect, test } from 'vitest'
import { clock } from './clock.ts'
import { readConfig } from './config.ts'
import { canonicalJson } from './digest.ts'
import { inputError, KilnError } from './error.ts'
import { type KilnEvent, step } from './events.ts'
import { redact, registerSecret, secretsIn } from './redact.ts'
import { distance, nearest, oneLine, withoutStop } from './text.ts'

describe('redact', () => {
  test('hides registered secrets wherever they stand, the longest first', () => {
    registerSecret('hunter22')
    registerSecret('hunter22-and-more')
    expect(redact('x hunter22-and-more y hunter22')).toBe('x *** y ***')
  })
  test('hides the user part of addresses', () => {
    expect(redact('GET https://me:pw@mirror.example/x')).toBe('GET https://***@mirror.example/x')
  })
  test('says where they stand', () => {
    registerSecret('hunter33')
    registerSecret('ter33-and')
    const text = 'ftp://me:pw@x hunter33-and'
    expect(secretsIn(text).map(({ start, end }) => text.slice(start, end))).toEqual([
      'me:pw',
      'hunter33',
      'ter33-and',
    ])
  })
  test('leaves one-letter values alone', () => {
    registerSecret('a')
    expect(redact('a banana')).toBe('a banana')
  })
  test('errors are redacted when they are made', () => {
    registerSecret('topsecret')
    const error = new KilnError('KILN_X', 'the password topsecret is wrong', { hint: 'not topsecret' })
    expect(error.message + error.hint).not.toContain('topsecret')
  })
})

describe('errors', () => {
  test('an input error is the input’s fault', () => expect(inputError('KILN_X', 'm').fault).toBe('input'))
})

describe('canonicalJson', () => {
  test('is the same text whatever the order of keys', () => {
    expect(canonicalJson({ b: [1, { d: null, c: 'x' }], a: true })).toBe(
      '{"a":true,"b":[1,{"c":"x","d":null}]}',
    )
  })
  test('leaves out what is undefined', () => expect(canonicalJson({ a: undefined, b: 1 })).toBe('{"b":1}'))
})

describe('nearest', () => {
  test('counts a swap of neighbours as one', () => expect(distance('ngnix', 'nginx', 3)).toBe(1))
  test('finds what was meant, best first', () =>
    expect(nearest('ngnix', ['nginx', 'unit', 'nginx-core', 'ngircd'])[0]).toBe('nginx'))
  test('stays silent when nothing is near', () => expect(nearest('zzzzzz', ['nginx'])).toEqual([]))
})

describe('step', () => {
  const seen: KilnEvent[] = []
  afterEach(() => void seen.splice(0))
  const sink = { emit: (event: KilnEvent) => void seen.push(event) }
  test('tells of start and end', async () => {
    await step(sink, 'a', 'A', async (_s, report) => report('reused', 'why'))
    expect(seen.map((event) => event.type)).toEqual(['started', 'finished'])
    expect(seen[1]).toMatchObject({ outcome: 'reused', detail: 'why' })
  })
  test('a failure is told and passed on', async () => {
    await expect(step(sink, 'a', 'A', () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(seen.at(-1)).toMatchObject({ type: 'finished', outcome: 'failed' })
  })
})

describe('configuration', () => {
  test('KILN_HOME holds everything', () =>
    expect(readConfig({ KILN_HOME: '/k' })).toMatchObject({ store: '/k/store', images: '/k/images' }))
  test('else the XDG folders do', () =>
    expect(readConfig({ XDG_CACHE_HOME: '/c', HOME: '/h' })).toMatchObject({
      store: '/c/kiln/store',
      images: '/h/.local/share/kiln/images',
    }))
  test('mirrors by distribution', () =>
    expect(readConfig({ KILN_MIRROR_DEBIAN: 'http://a http://b' }).mirrors).toEqual({
      debian: ['http://a', 'http://b'],
    }))
})

test('one line of several', () => {
  expect(oneLine(' a \r\n  b\u2028c ')).toBe('a b c')
})

test('a text without its full stop', () => {
  expect(withoutStop('a. b. .\n')).toBe('a. b')
  expect(withoutStop(' . ')).toBe('')
})

test('what a template can make long costs no more than its length', () => {
  const start = clock.monotonic()
  for (const part of ['a.', ' ', '.', 'a://', '\n ']) {
    const text = `${part.repeat(200_000)}x`
    for (const of of [redact, secretsIn, oneLine, withoutStop]) of(text)
  }
  // Each of them took most of a minute when every place was tried from every other.
  expect(clock.monotonic() - start).toBeLessThan(5_000)
})
