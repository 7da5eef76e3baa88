import { KilnError } from '../core/error.ts'
import { resolvePath } from './files.ts'
import { isList, isMap } from './python.ts'
import { readDocument } from './read/document.ts'
import type { Files, Value } from './types.ts'

/** Keys one of which every template has. */
const VERSIONS = ['heat_template_version', 'HeatTemplateFormatVersion', 'AWSTemplateFormatVersion']

/** Names that Heat takes for templates. */
const TEMPLATE = /\.(?:yaml|template)$/

/**
 * The files that a template names, and those that they name, whether or not anything is made of them: Heat's client wants all
 * of them before it sends the template. What is named by a function, a URL or an absolute path is not among them, nor what is not there.
 * @param environments whose registries are looked at, too.
 * @returns path below the root as it is named → with links resolved, where that is below the root.
 */
export function namedFiles(
  template: string,
  files: Files,
  options: { readonly environments?: readonly string[]; readonly lenientAws?: boolean } = {},
): ReadonlyMap<string, string> {
  const named = new Map<string, string>()
  const open: string[] = []
  const note = (from: string, name: string) => {
    const path = /^[a-z][a-z0-9+.-]*:/i.test(name) ? undefined : resolvePath(from, name)
    if (path === undefined || path === template || named.has(path)) return
    const answer = files.read(path)
    if (!answer.ok && answer.why === 'absent') return
    named.set(path, answer.ok ? answer.path : path)
    open.push(path)
  }
  const read = (path: string) => documentOf(path, files, options.lenientAws === true)
  for (const path of options.environments ?? []) {
    const registry = read(path)?.get('resource_registry')
    texts(registry ?? null, (_key, text) => TEMPLATE.test(text) && note(path, text))
  }
  open.push(template)
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const from = path
    const value = read(from)
    // A script that is brought in may be YAML, too.
    if (value === undefined || !VERSIONS.some((key) => value.has(key))) continue
    texts(value, (key, text) => {
      if (key === 'get_file' || (key === 'type' && TEMPLATE.test(text))) note(from, text)
      // The client leaves AWS's spelling alone, the engine reads it.
      if (key === 'Type' && TEMPLATE.test(text)) note(from, text)
    })
  }
  return named
}

function documentOf(path: string, files: Files, awsTags: boolean) {
  const answer = files.read(path)
  if (!answer.ok) return undefined
  try {
    return readDocument(new TextDecoder('utf-8', { ignoreBOM: true }).decode(answer.bytes), path, { awsTags })
      .value
  } catch (error) {
    if (error instanceof KilnError && error.fault === 'input') return undefined
    throw error
  }
}

/** Calls `use` for each text that a map in `value` holds. */
function texts(value: Value, use: (key: unknown, text: string) => void): void {
  const seen = new Set<Value>()
  const open: Value[] = [value]
  for (let here = open.pop(); here !== undefined; here = open.pop()) {
    if (seen.has(here) || !(isList(here) || isMap(here))) continue
    // Aliases make one value stand in many places.
    seen.add(here)
    for (const [key, item] of isMap(here) ? here : here.entries()) {
      if (typeof item === 'string') use(key, item)
      else open.push(item)
    }
  }
}
