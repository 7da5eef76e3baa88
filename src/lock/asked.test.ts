import { describe, expect, test } from 'vitest'
import { parseRecipe, type RecipeInput } from '../recipe/recipe.ts'
import { asked, recipeChanges } from './asked.ts'

const recipe = (part: Partial<RecipeInput> = {}) =>
  parseRecipe({ from: { os: 'debian-13' }, ...part }, 'test')
const changes = (before: Partial<RecipeInput>, after: Partial<RecipeInput>) =>
  recipeChanges(asked(recipe(before)), recipe(after))

describe('what a recipe asks for', () => {
  test('says nothing of what is empty, and holds no content', () => {
    const content = 'nobody reads this in a lock'
    const found = asked(
      recipe({ packages: ['jq', 'nginx=1.*'], custom_files: [{ path: '/etc/motd', content }] }),
    )
    expect(found).toMatchObject({ from: 'debian-13 amd64', packages: ['jq', 'nginx=1.*'] })
    expect(Object.keys(found).sort()).toEqual(['backend', 'custom_files', 'disk', 'from', 'packages'])
    expect(JSON.stringify(found)).not.toContain(content)
  })
})

describe('what is different', () => {
  test('nothing, where only the name is', () => expect(changes({ name: 'a' }, { name: 'b' })).toEqual([]))
  test('packages that came and went, and another version', () =>
    expect(changes({ packages: ['jq', 'nginx'] }, { packages: ['curl', 'nginx=1.*'] })).toEqual([
      { member: 'packages', added: ['curl', 'nginx=1.*'], removed: ['jq', 'nginx'], changed: [] },
    ]))
  test('a file by its path, a value by both', () =>
    expect(
      changes(
        {
          custom_files: [
            { path: '/a', content: '1' },
            { path: '/b', content: '1' },
          ],
        },
        {
          custom_files: [
            { path: '/a', content: '2' },
            { path: '/c', content: '1' },
          ],
          from: { os: 'debian-12' },
        },
      ),
    ).toEqual([
      { member: 'custom_files', added: ['/c'], removed: ['/b'], changed: ['/a'] },
      { member: 'from', added: [], removed: [], changed: ['debian-13 amd64 → debian-12 amd64'] },
    ]))
  test('a member that was not there before', () =>
    expect(changes({}, { recommends: true, services: { enable: ['ssh'] } })).toEqual([
      { member: 'recommends', added: [], removed: [], changed: ['none → true'] },
      { member: 'services.enable', added: ['ssh'], removed: [], changed: [] },
    ]))
  test('the order of files', () =>
    expect(
      changes(
        {
          custom_files: [
            { path: '/a', content: '' },
            { path: '/b', content: '' },
          ],
        },
        {
          custom_files: [
            { path: '/b', content: '' },
            { path: '/a', content: '' },
          ],
        },
      ),
    ).toMatchObject([{ member: 'custom_files', changed: ['order'] }]))
})
