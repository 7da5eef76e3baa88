import { localFiles, namedFiles } from '../heat/index.ts'
import type { ReadTemplate } from './request.ts'

/** Names below the root of all that a template was read from or names, itself and its environments among them. */
export function inputNames(template: ReadTemplate): ReadonlySet<string> {
  const { environments } = template.analysis.source.options
  return new Set([...template.read.keys(), ...namedIn(template, environments ?? []).keys()])
}

/** Names below the root of what must lie beside a template. */
export function companionNames(template: ReadTemplate): string[] {
  const environments = template.analysis.source.options.environments ?? []
  const named = namedIn(template, [])
  // What was read is known by where links lead, what is named by its name.
  const others = new Set([template.name, ...environments, ...named.values()])
  return [...new Set([...named.keys(), ...[...template.read.keys()].filter((name) => !others.has(name))])]
}

function namedIn(template: ReadTemplate, environments: readonly string[]): ReadonlyMap<string, string> {
  const lenientAws = template.analysis.source.options.lenientAws === true
  return namedFiles(template.name, localFiles(template.root), { environments, lenientAws })
}
