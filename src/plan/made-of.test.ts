import { expect, test } from 'vitest'
import { optionsMadeOf } from './made-of.ts'

test('members of options are known by their names, and what is long only by a digest', () => {
  const sha256 = 'ab'.repeat(32)
  const made = optionsMadeOf({
    os: 'debian-13',
    packages: [{ name: 'nginx', version: '1.26-1', arch: 'amd64', path: 'pool/nginx.deb', sha256 }],
    wanted: ['nginx'],
    files: [{ path: '/etc/key', content: 'never to be seen' }],
    services: { enable: ['ssh'], disable: [] },
    size: undefined,
    long: 'x'.repeat(100),
  })
  expect(made).toEqual({
    os: { '': 'debian-13' },
    packages: { nginx: '1.26-1 abababababab' },
    wanted: { nginx: '' },
    files: { '/etc/key': expect.stringMatching(/^[0-9a-f]{12}$/) },
    services: { 'enable ssh': '' },
    long: { '': expect.stringMatching(/^[0-9a-f]{12}$/) },
  })
  expect(JSON.stringify(made)).not.toContain('never')
})

test('other content gives another digest', () => {
  const file = (content: string) => optionsMadeOf({ files: [{ path: '/x', content }] }).files!['/x']
  expect(file('a')).not.toBe(file('b'))
})
