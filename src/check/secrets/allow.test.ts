import { expect, test } from 'vitest'
import { judge } from './allow.ts'
import { placeOf, secretsError } from './show.ts'
import type { Finding } from './types.ts'

const finding = (path: string, kind: Finding['kind'] = 'private-key', line = 1): Finding => ({
  kind,
  path,
  line,
  what: 'a key',
})
const refused = (found: Finding[], kind: string, path: string) =>
  judge(found, [{ kind, path }]).refused.length

test('what is allowed by kind and path is allowed, and nothing else', () => {
  const found = [finding('/etc/a.key'), finding('/etc/b.key'), finding('/etc/a.key', 'jwt')]
  const judged = judge(found, [
    { kind: 'private-key', path: '/etc/a.key' },
    { kind: 'jwt', path: '/nothing' },
  ])
  expect(judged.allowed).toEqual([found[0]])
  expect(judged.refused).toEqual([found[1], found[2]])
  expect(judged.unused).toEqual([{ kind: 'jwt', path: '/nothing' }])
})

test.each([
  ['/home/*/.ssh/authorized_keys', '/home/ann/.ssh/authorized_keys', true],
  ['/home/*/.ssh/authorized_keys', '/home/ann/x/.ssh/authorized_keys', false],
  ['/etc/*.key', '/etc/.key', true],
  ['/etc/a.key', '/etc/aXkey', false],
  ['/etc/a', '/etc/a/b', false],
  ['/*/*', '/a/b', true],
  ['/a(b)[c]', '/a(b)[c]', true],
])('%s and %s: %s', (pattern, path, fits) =>
  expect(refused([finding(path)], 'private-key', pattern)).toBe(fits ? 0 : 1),
)

test('many stars cost nothing', () => {
  expect(refused([finding(`/${'a'.repeat(4000)}`)], 'private-key', `/${'*a'.repeat(20)}*b`)).toBe(1)
  expect(refused([finding(`/${'a'.repeat(4000)}b`)], 'private-key', `/${'*'.repeat(5000)}b`)).toBe(0)
})

test('the key that everybody knows is no secret', () => {
  expect(judge([finding('/etc/ssl/private/ssl-cert-snakeoil.key')], []).refused).toEqual([])
})

test('the error names the first, lists some, and has all in its data', () => {
  const many = Array.from({ length: 30 }, (_, n) => finding(`/etc/${n}.key`))
  const error = secretsError([{ name: 'web', refused: many }])
  expect(error.message).toBe(
    'The image web has 30 secrets inside and may not be published: a key in /etc/0.key:1, and 29 more.',
  )
  expect(error.hint).toContain('and 10 more')
  expect(error.data.secrets).toHaveLength(30)
  expect(error.fault).toBe('work')
})

test('a path that could steer a terminal is quoted', () => {
  expect(placeOf(finding('/a\x1b[31m\nb'))).toBe('"/a\\u001b[31m\\nb":1')
})
