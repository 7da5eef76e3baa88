import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseRecipe } from '../recipe/recipe.ts'
import { recipeName } from './names.ts'

test.each([
  ['wordpress.yaml', 'db_server', 'wordpress-db-server'],
  ['cfn/F17/WordPress_With_RDS.template', 'WebServer', 'word-press-with-rds-web-server'],
  ['in.yaml', 'group.resource_def', 'in-group'],
  ['in.yaml', 'child/server', 'in-child-server'],
  ['日本.yaml', '機', 'image'],
  ['in.yaml', '../../etc/passwd; rm -rf /', 'in-etc-passwd-rm-rf'],
])('%s, %s → %s', (template, path, name) => expect(recipeName(template, path)).toBe(name))

test('whatever a template calls its resources, a recipe takes the name', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (template, path) => {
      const name = recipeName(template, path)
      expect(parseRecipe({ name, from: { os: 'debian-13' } }, 'of a test').name).toBe(name)
    }),
  )
})
