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
  const rules = [...allowed, ...KNOWN]
  const used = new Set<unknown>()
  const [refused, permitted]: [Finding[], Finding[]] = [[], []]
  for (const finding of findings) {
    const by = rules.filter((rule) => rule.kind === finding.kind && fits(finding.path, rule.path))
    for (const rule of by) used.add(rule)
    ;(by.length > 0 ? permitted : refused).push(finding)
  }
  return { refused, allowed: permitted, unused: allowed.filter((rule) => !used.has(rule)) }
}

/** Whether a path fits a pattern, in which `*` is any part of one name. */
function fits(path: string, pattern: string): boolean {
  const [names, patterns] = [path.split('/'), pattern.split('/')]
  return names.length === patterns.length && names.every((name, n) => nameFits(name, patterns[n]!))
}

/** The parts between stars, each where it comes first: what is left of the name decides only for the last one. */
function nameFits(name: string, pattern: string): boolean {
  const parts = pattern.split('*')
  const [first, last] = [parts[0]!, parts.at(-1)!]
  if (parts.length === 1) return name === pattern
  if (!name.startsWith(first) || !name.endsWith(last) || name.length < first.length + last.length)
    return false
  let at = first.length
  for (const part of parts.slice(1, -1)) {
    const found = name.indexOf(part, at)
    if (found < 0) return false
    at = found + part.length
  }
  return at <= name.length - last.length
}
