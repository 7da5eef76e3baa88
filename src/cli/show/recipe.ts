import type { Recipe } from '../../recipe/recipe.ts'
import { count } from '../render/format.ts'

/** A recipe in one line: `httpd, wordpress (yum); httpd enabled; 2 files`. */
export function recipeSummary(recipe: Recipe, through: readonly string[] = []): string {
  const names = recipe.packages.map(({ name, version }) =>
    version === undefined ? name : `${name}=${version}`,
  )
  const { enable, disable } = recipe.services
  const parts = [
    names.length > 0 ? `${names.join(', ')}${through.length > 0 ? ` (${through.join(', ')})` : ''}` : '',
    recipe.pip_packages.length > 0 ? `${recipe.pip_packages.join(', ')} (pip)` : '',
    enable.length > 0 ? `${enable.join(', ')} enabled` : '',
    disable.length > 0 ? `${disable.join(', ')} disabled` : '',
    recipe.custom_files.length > 0 ? count(recipe.custom_files.length, 'file') : '',
    recipe.users.length > 0 ? count(recipe.users.length, 'user') : '',
    recipe.groups.length > 0 ? count(recipe.groups.length, 'group') : '',
    recipe.repositories.length > 0 ? count(recipe.repositories.length, 'repository', 'repositories') : '',
  ]
  return parts.filter(Boolean).join('; ') || 'nothing on top of the base'
}
