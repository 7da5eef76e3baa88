import { sha256 } from '../core/digest.ts'
import type { Recipe } from '../recipe/recipe.ts'

/** What an image must hold once it is booted. */
export interface Promises {
  /** `name`, or `name=version`; a version may end in `*`. */
  readonly packages?: readonly string[]
  readonly services?: readonly ServicePromise[]
  readonly files?: readonly FilePromise[]
  readonly users?: readonly string[]
  readonly groups?: readonly string[]
  /** Kinds of address that the guest must get in a network which offers both. Default: IPv4. */
  readonly addresses?: readonly ('ipv4' | 'ipv6')[]
}

export interface ServicePromise {
  readonly name: string
  /** Undefined: does not matter. */
  readonly enabled?: boolean
  readonly running?: boolean
}

export interface FilePromise {
  readonly path: string
  /** Of the content; `content` is the same said in full. */
  readonly sha256?: string
  readonly content?: string
  /** Octal. */
  readonly mode?: string
  readonly owner?: string
  readonly group?: string
  /** It is a symbolic link to this. */
  readonly link?: string
}

/** What a recipe promises of its image; all images that Kiln composes get addresses of both kinds. */
export function promisesOf(recipe: Recipe): Promises {
  return {
    packages: recipe.packages.map(({ name, version }) =>
      version === undefined ? name : `${name}=${version}`,
    ),
    services: [
      ...recipe.services.enable.map((name) => ({ name, enabled: true, running: true })),
      ...recipe.services.disable.map((name) => ({ name, enabled: false })),
    ],
    files: recipe.custom_files.map((file) =>
      file.link === undefined
        ? {
            path: file.path,
            sha256: sha256(
              file.content_base64 === undefined
                ? (file.content ?? '')
                : Buffer.from(file.content_base64, 'base64'),
            ),
            ...(file.mode === undefined ? {} : { mode: file.mode }),
            owner: file.owner,
            ...(file.group === undefined ? {} : { group: file.group }),
          }
        : { path: file.path, link: file.link },
    ),
    users: recipe.users.map(({ name }) => name),
    groups: recipe.groups.map(({ name }) => name),
    addresses: ['ipv4', 'ipv6'],
  }
}

/** All of several promises. */
export function allPromises(...given: readonly Promises[]): Promises {
  return {
    packages: given.flatMap((one) => one.packages ?? []),
    services: given.flatMap((one) => one.services ?? []),
    files: given.flatMap((one) => one.files ?? []),
    users: given.flatMap((one) => one.users ?? []),
    groups: given.flatMap((one) => one.groups ?? []),
    addresses: [...new Set(['ipv4' as const, ...given.flatMap((one) => one.addresses ?? [])])],
  }
}
