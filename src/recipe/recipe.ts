import { readFile } from 'node:fs/promises'
import type * as z from 'zod/mini'
import { canonicalJson, type Json, sha256 } from '../core/digest.ts'
import { inputError, isErrno } from '../core/error.ts'
import { type Recipe, recipeSchema } from './schema.ts'

export type { Recipe, RecipeInput } from './schema.ts'

/**
 * The recipe in `data`, checked and with all defaults. `origin` says where it came from, for errors.
 * @throws KilnError `KILN_RECIPE_INVALID` naming every fault at once.
 */
export function parseRecipe(data: unknown, origin: string): Recipe {
  const result = recipeSchema.safeParse(data)
  if (result.success) return canonical(result.data)
  throw inputError('KILN_RECIPE_INVALID', `The recipe ${origin} is not valid: ${faults(result.error)}.`, {
    hint: 'docs/recipe.md describes what a recipe may say.',
  })
}

/** The recipe in a YAML or JSON file. @throws KilnError `KILN_FILE_MISSING`, `KILN_RECIPE_INVALID`. */
export async function readRecipe(path: string): Promise<Recipe> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (!isErrno(error, 'ENOENT') && !isErrno(error, 'EISDIR')) throw error
    throw inputError('KILN_FILE_MISSING', `There is no file ${path}.`, {
      hint: 'Check the path of the recipe.',
    })
  }
  // Read when it is wanted: recipes that come out of templates need no reader of YAML.
  const { parse, YAMLParseError } = await import('yaml')
  let data: unknown
  try {
    data = parse(text, { maxAliasCount: 100 })
  } catch (error) {
    const where = error instanceof YAMLParseError && error.linePos ? ` in line ${error.linePos[0].line}` : ''
    const why = error instanceof Error ? error.message.split('\n')[0]!.replace(/ at line.*$/, '') : ''
    throw inputError('KILN_RECIPE_INVALID', `The recipe ${path} is not YAML${where}: ${why}.`)
  }
  return parseRecipe(data, path)
}

/** SHA-256 of what a recipe asks for. Its name is not part of that, nor what may be published. */
export function recipeDigest(recipe: Recipe): string {
  const { name: _name, allow_secrets: _allowed, pip_packages, ...asked } = recipe
  // What is not asked for is not there: recipes of before there was it stay what they are.
  const all = pip_packages.length > 0 ? { ...asked, pip_packages } : asked
  return sha256(canonicalJson(all as unknown as Json))
}

/** Lists whose order means nothing are sorted, so that equal wishes have equal digests. Files and users keep theirs. */
function canonical(recipe: Recipe): Recipe {
  const byName = <T extends { readonly name: string }>(list: readonly T[]) =>
    [...list].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
  const packages = byName(recipe.packages).filter(
    (p, n, all) => n === 0 || p.name !== all[n - 1]!.name || p.version !== all[n - 1]!.version,
  )
  return {
    ...recipe,
    packages,
    pip_packages: [...new Set(recipe.pip_packages)].sort(),
    services: {
      enable: [...new Set(recipe.services.enable)].sort(),
      disable: [...new Set(recipe.services.disable)].sort(),
    },
    disk: { ...recipe.disk, firmware: [...new Set(recipe.disk.firmware)].sort() },
  }
}

function faults(error: z.core.$ZodError): string {
  return error.issues.map((issue) => fault(issue)).join('; ')
}

function fault(issue: z.core.$ZodIssue, before: readonly PropertyKey[] = []): string {
  const path = [...before, ...issue.path]
  if (issue.code === 'invalid_union') {
    // Of several forms that were all wrong, the one that the user most likely meant: whose type was right.
    const meant = issue.errors.find((form) =>
      form.every((inner) => inner.code !== 'invalid_type' || inner.path.length > 0),
    )
    if (meant) return meant.map((inner) => fault(inner, path)).join('; ')
  }
  const where = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('')
  return `${where ? `${where.replace(/^\./, '')}: ` : ''}${issue.message}`
}
