import { type Instance, type Need, nameOf, type Residue } from '../../heat/index.ts'
import type { RecipeInput } from '../../recipe/recipe.ts'
import { recipeSchema } from '../../recipe/schema.ts'
import type { BaseSystem } from '../bases/index.ts'

/** What packages and services of another distribution are called on the base: the content of `--package-map FILE`. */
export interface PackageMap {
  /** Name in the template → names on the base; an empty list leaves it out. */
  readonly packages: ReadonlyMap<string, readonly string[]>
  readonly services: ReadonlyMap<string, readonly string[]>
}

export const noPackageMap: PackageMap = { packages: new Map(), services: new Map() }

/** Something that stops the build of one instance. All of them are told at once. */
export interface Problem {
  readonly code: `KILN_${string}`
  /** Instance it is about. */
  readonly path: string
  /** One sentence without a full stop. */
  readonly message: string
  readonly hint?: string
}

type List<K extends keyof RecipeInput> =
  NonNullable<RecipeInput[K]> extends readonly (infer T)[] ? T[] : never

/** A recipe while needs are put into it, one after the other. */
export interface Draft {
  readonly instance: Instance
  /** Absent while nobody knows what the base is: everything is then taken as fitting. */
  readonly system: BaseSystem | undefined
  readonly packageMap: PackageMap
  readonly packages: List<'packages'>
  readonly pipPackages: List<'pip_packages'>
  /** It is built on a disk image. */
  readonly onImage: boolean
  readonly groups: List<'groups'>
  readonly users: List<'users'>
  readonly files: List<'custom_files'>
  readonly repositories: List<'repositories'>
  readonly enable: Set<string>
  readonly disable: Set<string>
  /** Managers that packages were asked for through. */
  readonly through: Set<string>
  /** Ids of needs that are in the recipe. */
  readonly baked: Set<string>
  /** What could be baked but is not, and why. */
  readonly residue: Residue[]
  readonly problems: Problem[]
}

/** What became of one need. `problem`: it was told to the draft and stops the build. */
export type Fate = 'baked' | 'problem' | { readonly stays: string }

/** Writes down what became of a need. */
export function settle(draft: Draft, need: Need, fate: Fate): void {
  if (fate === 'baked') draft.baked.add(need.id)
  else if (fate !== 'problem')
    draft.residue.push({ path: draft.instance.path, what: nameOf(need), why: fate.stays })
}

export function stays(why: string): Fate {
  return { stays: why }
}

/** What is wrong with a part of a recipe, undefined when nothing is. */
export function fault(
  part: 'packages' | 'pip_packages' | 'groups' | 'users' | 'custom_files' | 'repositories',
  value: unknown,
): string | undefined {
  const result = recipeSchema.shape[part].safeParse([value])
  return result.success ? undefined : result.error.issues.map(sentence).join('; ')
}

/** Whether a recipe may name this service. */
export function isServiceName(name: string): boolean {
  return recipeSchema.shape.services.safeParse({ enable: [name] }).success
}

function sentence(issue: { readonly path: readonly PropertyKey[]; readonly message: string }): string {
  const where = issue.path.slice(1).map(String).join('.')
  const message = said(issue.message)
  return where ? `its ${where} ${message}` : /^(?:is|has) /.test(message) ? `it ${message}` : message
}

const TYPES: Readonly<Record<string, string>> = { string: 'text', object: 'map', array: 'list' }

/** The schema's own words where a message is none of ours. */
function said(message: string): string {
  const [, expected, received] = /^Invalid input: expected (\w+), received (\w+)/.exec(message) ?? []
  if (received === 'undefined') return 'is missing'
  if (expected !== undefined) return `is not a ${TYPES[expected] ?? expected}`
  if (message.startsWith('Unrecognized key'))
    return `has ${message.replace(/^[^:]*: /, '')}, which is not known here`
  return message === 'Invalid input' ? 'is not one that Kiln takes' : message
}
