import type { Instance, Need, Residue } from '../../heat/index.ts'
import { parseRecipe, type Recipe } from '../../recipe/recipe.ts'
import type { BaseSystem } from '../bases/index.ts'
import { bakeGroup, bakeUser } from './accounts.ts'
import { type Draft, type Fate, noPackageMap, type PackageMap, type Problem, settle, stays } from './draft.ts'
import { bakeFile } from './files.ts'
import { bakeHook } from './hooks.ts'
import { bakeCfnTools, bakePackages } from './packages.ts'
import { bakeRepository } from './repositories.ts'
import { bakeService } from './services.ts'

export { fault, noPackageMap, type PackageMap, type Problem } from './draft.ts'

/** One instance as a recipe. */
export interface Drafted {
  readonly recipe: Recipe
  /** Ids of the needs that are in it. */
  readonly baked: ReadonlySet<string>
  /** Package managers that the template asked through: `yum`. */
  readonly through: readonly string[]
  /** What could be baked by its nature but is not, and why. What never can be is the template's own residue. */
  readonly residue: readonly Residue[]
  readonly problems: readonly Problem[]
}

export interface DraftOptions {
  /** Name of the recipe. */
  readonly name: string
  /** What the base is; without it every section of the template is taken. */
  readonly system?: BaseSystem | undefined
  readonly packageMap?: PackageMap
  /** The disk image that it is built on, where it is one. */
  readonly from?: string | undefined
  /** Name of the base image, where the instance's own is a `Kiln::Image`. */
  readonly base?: string
  /** What a `Kiln::Image` asks for besides, as a recipe's file would say it. */
  readonly request?: Readonly<Record<string, unknown>>
}

/** What `instance` needs, as a recipe on its base. Every need that could be baked is baked, in the residue, or a problem. */
export function draftRecipe(instance: Instance, options: DraftOptions): Drafted {
  const { system } = options
  const draft: Draft = {
    instance,
    system,
    packageMap: options.packageMap ?? noPackageMap,
    packages: [],
    pipPackages: [],
    onImage: options.from !== undefined,
    groups: [],
    users: [],
    files: [],
    repositories: [],
    enable: new Set(),
    disable: new Set(),
    through: new Set(),
    baked: new Set(),
    residue: [],
    problems: [],
  }
  bakePackages(draft)
  bakeCfnTools(draft)
  const bakeable = (kind: Need['kind']) =>
    instance.needs.filter((need) => need.kind === kind && (need.bake || kind === 'hook'))
  // Accounts before files: a file may belong to a user that the recipe makes.
  for (const kind of ORDER) for (const need of bakeable(kind)) settle(draft, need, bake(draft, need))
  const request = options.request ?? {}
  const list = (name: string) => (Array.isArray(request[name]) ? (request[name] as unknown[]) : [])
  const recipe = parseRecipe(
    {
      ...request,
      name: options.name,
      from:
        system && options.from === undefined
          ? { os: system.os, arch: system.arch }
          : { image: options.from ?? options.base ?? instance.image },
      // As apt does inside a running guest, which is where these packages would have been installed.
      recommends: true,
      packages: [...list('packages'), ...draft.packages],
      pip_packages: [...list('pip_packages'), ...draft.pipPackages],
      groups: [...list('groups'), ...draft.groups],
      users: [...list('users'), ...draft.users],
      custom_files: [...list('custom_files'), ...draft.files],
      repositories: [...list('repositories'), ...draft.repositories],
      services: { enable: [...draft.enable], disable: [...draft.disable] },
    },
    `of ${instance.path}`,
  )
  return {
    recipe,
    baked: draft.baked,
    through: [...draft.through].sort(),
    residue: draft.residue,
    problems: draft.problems,
  }
}

const ORDER = [
  'repository',
  'user',
  'group',
  'file',
  'service',
  'source',
  'hook',
  'command',
  'other',
] as const

function bake(draft: Draft, need: Need): Fate {
  // Values of hidden parameters never come this far; if one did, this is where it ends.
  if (need.hidden) return stays('it depends on a hidden parameter')
  switch (need.kind) {
    case 'repository':
      return bakeRepository(draft, need)
    case 'user':
      return bakeUser(draft, need)
    case 'group':
      return bakeGroup(draft, need)
    case 'file':
      return bakeFile(draft, need)
    case 'service':
      return bakeService(draft, need)
    case 'hook':
      return bakeHook(draft, need)
    case 'source':
      return stays('Kiln does not bake archives yet')
    default:
      return stays('it runs at boot')
  }
}
