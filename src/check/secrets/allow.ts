import type { Recipe } from '../../recipe/recipe.ts'
import type { Finding } from './types.ts'

export type AllowedSecret = NonNullable<Recipe['allow_secrets']>[number]

/** What packages make when they are installed and what is meant to be no secret, though it looks like one. */
const KNOWN: readonly (AllowedSecret & { readonly why: string })[] = [
  {
    kind: 'private-key',
    path: '/etc/ssl/private/ssl-cert-snakeoil.key',
    why: 'the package ssl-cert made it to have any; nothing may trust it',
  },
]

export interface Judged {
  /** In the way of publication. */
  readonly refused: readonly Finding[]
  /** Meant to be there: by the recipe, or because everybody knows them. */
  readonly allowed: readonly Finding[]
  /** Of the recipe, what allows nothing that is there. */
  readonly unused: readonly AllowedSecret[]
}

/** Which findings are in the way, and which the recipe allows. */
export function judge(findings: readonly Finding[], allowed: readonly AllowedSecret[]): Judged {
  const rules = [...allowed, ...KNOWN].map((rule) => ({ rule, pattern: patternOf(rule.path) }))
  const used = new Set<unknown>()
  const [refused, permitted]: [Finding[], Finding[]] = [[], []]
  for (const finding of findings) {
    const by = rules.filter(({ rule, pattern }) => rule.kind === finding.kind && pattern.test(finding.path))
    for (const { rule } of by) used.add(rule)
    ;(by.length > 0 ? permitted : refused).push(finding)
  }
  return { refused, allowed: permitted, unused: allowed.filter((rule) => !used.has(rule)) }
}

/** `*` is any part of one name. */
function patternOf(path: string): RegExp {
  // Several in a row are one: nothing is tried twice for them.
  const parts = path.replace(/\*+/g, '*').split('*')
  return new RegExp(
    `^${parts.map((part) => part.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')).join('[^/]*')}$`,
    's',
  )
}
