import { describe, expect, test } from 'vitest'
import { parseRecipe, recipeDigest } from './recipe.ts'

const parse = (...pip_packages: unknown[]) =>
  parseRecipe({ from: { os: 'debian-13' }, pip_packages }, 'x').pip_packages

describe('a package of Python', () => {
  test.each([
    ['pystache==0.6.5', 'pystache==0.6.5'],
    [' Requests >= 2 , < 3 ', 'requests>=2,<3'],
    ['zope.interface', 'zope-interface'],
    ['foo[extra, More]~=1.2', 'foo[extra,more]~=1.2'],
    ['a===1.0+local', 'a===1.0+local'],
    ['a==1.*', 'a==1.*'],
    ['a>1!0; python_version < "3.12"', 'a>1!0;python_version < "3.12"'],
  ])('%s is %s', (text, plain) => expect(parse(text)).toEqual([plain]))
  test('is there once, in order', () => expect(parse('b', 'a', 'B')).toEqual(['a', 'b']))
  test.each([
    '--index-url=x',
    '-r',
    '',
    'a b',
    'a==1 2',
    '.',
    './a',
    'a=1',
    'a[',
    'a;b\nc',
    'a;`x`',
    'x'.repeat(2000),
    { name: 'a' },
  ])('%j is none', (text) => expect(() => parse(text)).toThrow(/pip_packages\[0\]: /))
  test.each(['a @ https://files.example/a.whl', 'git+https://x.example/a', 'https://x.example/a.whl'])(
    '%s is an address',
    (text) => expect(() => parse(text)).toThrow(/names an address/),
  )
  test('is part of what a recipe asks for; none is as it was before there were any', () => {
    const recipe = parseRecipe({ from: { os: 'debian-13' } }, 'x')
    const { pip_packages: _, ...before } = recipe
    expect(recipeDigest(recipe)).toBe(recipeDigest({ ...before, pip_packages: [] }))
    expect(recipeDigest({ ...recipe, pip_packages: ['a'] })).not.toBe(recipeDigest(recipe))
  })
})
