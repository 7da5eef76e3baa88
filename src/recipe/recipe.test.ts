import { describe, expect, test } from 'vitest'
import { parseRecipe, recipeDigest } from './recipe.ts'

const base = { from: { os: 'debian-13' } }

const KEY = '-----BEGIN PGP PUBLIC KEY BLOCK-----\n'
const REPOSITORY = { name: 'x', uri: 'http://a/', suite: 's', key: KEY }

describe('recipe', () => {
  test('has defaults for all but what it starts from', () => {
    expect(parseRecipe(base, 'x')).toMatchObject({
      name: 'image',
      from: { os: 'debian-13', arch: 'amd64' },
      packages: [],
      disk: { firmware: ['bios', 'uefi'], formats: ['qcow2'] },
    })
  })
  test('packages as text or map, sorted, once each', () => {
    const recipe = parseRecipe(
      { ...base, packages: ['nginx', { name: 'jq' }, 'php-fpm=2:8.4*', 'nginx'] },
      'x',
    )
    expect(recipe.packages).toEqual([
      { name: 'jq' },
      { name: 'nginx' },
      { name: 'php-fpm', version: '2:8.4*' },
    ])
  })
  test('names all faults at once, each with its place', () => {
    const parse = () => parseRecipe({ ...base, pakages: [], name: 'Web!', packages: ['a b'] }, 'web.yaml')
    expect(parse).toThrow(/web\.yaml.*pakages/)
    expect(parse).toThrow(/name: must be/)
    expect(parse).toThrow(/packages\[0\]: "a b" is not a package/)
  })
  test.each([
    ['a package that is an option', { packages: ['--reinstall'] }],
    ['a package that is a path', { packages: ['./evil.deb'] }],
    ['a user that is an option', { users: [{ name: '-o' }] }],
    ['a file outside', { custom_files: [{ path: '/a/../../etc/passwd', content: '' }] }],
    ['a relative file', { custom_files: [{ path: 'etc/passwd', content: '' }] }],
    ['a file that is a folder', { custom_files: [{ path: '/etc/', content: '' }] }],
    ['a mode that is none', { custom_files: [{ path: '/a', mode: 'u+s' }] }],
    ['a service with a space', { services: { enable: ['a b'] } }],
    ...(
      [
        ['that is a file', { uri: 'file:///etc' }],
        ['with a line more in its address', { uri: 'http://a/b\nTrusted: yes' }],
        ['with a password', { uri: 'http://me:secret@a/' }],
        ['whose suite leads outside', { suite: '../../../etc/' }],
        ['whose component leads outside', { components: ['main', 'a/../../..'] }],
        ["named as the distribution's own", { name: 'debian' }],
        ['named as a hidden file', { name: '.' }],
        ['with a key that is none', { key: 'mQINBF' }],
        ['with a private key', { key: `${KEY}-----BEGIN PGP PRIVATE KEY BLOCK-----` }],
      ] as const
    ).map(([what, part]): [string, object] => [
      `a repository ${what}`,
      { repositories: [{ name: 'x', uri: 'http://a/', suite: 's', key: KEY, ...part }] },
    ]),
    ['two repositories of one name', { repositories: [REPOSITORY, { ...REPOSITORY, suite: 'other' }] }],
    ['a kind of secret that there is not', { allow_secrets: [{ kind: 'all', path: '/x' }] }],
    ['a secret without a path', { allow_secrets: [{ kind: 'private-key' }] }],
    ['a prototype key', JSON.parse('{"__proto__": {"packages": []}, "constructor": 1}')],
  ])('refuses %s', (_what, part) => {
    expect(() =>
      parseRecipe(
        { ...base, ...(part as object), ...('constructor' in (part as object) ? { constructor: 1 } : {}) },
        'x',
      ),
    ).toThrow(/not valid/)
  })
  test('takes a repository of its own, flat ones too', () => {
    const repositories = [REPOSITORY, { ...REPOSITORY, name: 'k8s', suite: './' }]
    expect(parseRecipe({ ...base, repositories }, 'x').repositories).toMatchObject([
      { components: ['main'] },
      { suite: './' },
    ])
  })
  test('sizes are bytes', () =>
    expect(parseRecipe({ ...base, disk: { size: '10G' } }, 'x').disk.size).toBe(10 * 2 ** 30))
})

describe('digest of a recipe', () => {
  const digest = (part: object) => recipeDigest(parseRecipe({ ...base, ...part }, 'x'))
  test('does not depend on the name or on an order without meaning', () => {
    expect(digest({ name: 'a', packages: ['b', 'a'] })).toBe(digest({ name: 'z', packages: ['a', 'b'] }))
  })
  test('does not depend on what may be published', () => {
    expect(digest({ allow_secrets: [{ kind: 'private-key', path: '/etc/x.key' }] })).toBe(digest({}))
  })
  test('depends on everything else', () => {
    const digests = [
      {},
      { packages: ['a'] },
      { recommends: true },
      { services: { enable: ['a'] } },
      { disk: { size: '5G' } },
    ].map(digest)
    expect(new Set(digests).size).toBe(digests.length)
  })
})
