import { inputError } from '../../core/error.ts'
import type { Plan } from '../analyse.ts'
import type { Target } from '../environment/registry.ts'
import type { Use } from '../instances/findings.ts'
import { isList, isMap, str } from '../python.ts'
import { decodeText } from '../read/bytes.ts'
import { readDocument } from '../read/document.ts'
import type { Files, Key, Value } from '../types.ts'
import { relativeName } from './names.ts'
import { newSheet, type Sheet } from './sheets.ts'
import { wayId } from './ways.ts'

type Mapped = Target & { readonly kind: 'template' }

/** Copies of environments, for nested templates that only the registry can name. */
export class Registries {
  /** What changes in environments, by their path. */
  readonly sheets = new Map<string, Sheet>()
  readonly #plan: Plan
  readonly #files: Files
  /** Uses whose copy the registry names, and those whose copy the parent names. */
  readonly #pointed = new Set<Use>()
  readonly #named = new Set<Use>()

  constructor(plan: Plan, files: Files) {
    this.#plan = plan
    this.#files = files
  }

  /** True when the parent cannot name the copy itself: inside of it the entry would then count again, as it does not now. */
  mustName(chain: readonly Use[]): boolean {
    const use = chain.at(-1)!
    const target = this.#targetOf(chain)
    if (target === undefined) return false
    const { registry } = this.#plan.environment
    const inside = new Set([...this.#without(chain.slice(0, -1)), target.entry])
    const outside = new Set([...inside].filter((entry) => entry !== target.entry))
    return [...use.scope.template.resources].some(([key, definition]) =>
      typesIn(definition).some((type) => {
        const [a, b] = [inside, outside].map((without) => registry.resolve(type, str(key), without))
        return JSON.stringify(a) !== JSON.stringify(b)
      }),
    )
  }

  /** Notes that the parent of this use names its copy. */
  named(use: Use): void {
    this.#named.add(use)
  }

  /** Makes the registry name the copy `name`. */
  point(chain: readonly Use[], name: string): void {
    const use = chain.at(-1)!
    const target = this.#targetOf(chain)
    const sheet = target === undefined ? undefined : this.#sheet(target.from)
    if (target === undefined || sheet === undefined)
      throw refused(use.path, 'names its nested template in a way that cannot be rewritten')
    const [resource, type] = target.entry.split('\0') as [string, string]
    const way: Key[] = ['resource_registry', ...(resource === '' ? [] : ['resources', resource]), type]
    if (sheet.ways.follow(way) === undefined)
      throw refused(
        use.path,
        `has its nested template from an entry of ${target.from} that cannot be rewritten`,
      )
    this.#pointed.add(use)
    const text = relativeName(target.from, name)
    const other = sheet.wants.find((want) => wayId(want.way) === wayId(way) && want.text !== text)
    if (other)
      throw refused(
        `${other.path} and ${use.path}`,
        `have their nested template from one entry of ${target.from}, and need different ones`,
      )
    sheet.wants.push({ way, text, why: `the nested template of ${use.path}`, path: use.path })
  }

  /** Whoever uses an entry that has changed must have wanted that. */
  check(): void {
    const changed = new Map<string, string>()
    const uses = this.#chains()
    for (const chain of uses) {
      const entry = this.#targetOf(chain)?.entry
      const use = chain.at(-1)!
      if (entry !== undefined && this.#pointed.has(use)) changed.set(entry, use.path)
    }
    for (const chain of uses) {
      const use = chain.at(-1)!
      const other = changed.get(this.#targetOf(chain)?.entry ?? '')
      if (other !== undefined && !this.#pointed.has(use) && !this.#named.has(use))
        throw refused(
          use.path,
          `shares its entry of the registry with ${other}, which needs another template`,
        )
    }
  }

  #chains(): Use[][] {
    const chains = new Map<Use, Use[]>()
    for (const { found } of this.#plan.places)
      for (const [i, use] of found.uses.entries()) chains.set(use, found.uses.slice(0, i + 1))
    return [...chains.values()]
  }

  #sheet(path: string): Sheet | undefined {
    let sheet = this.sheets.get(path)
    if (sheet === undefined) {
      const answer = this.#files.read(path)
      if (!answer.ok) return undefined
      sheet = newSheet(readDocument(decodeText(answer.bytes, path), path, { yamlOnly: true }))
      this.sheets.set(path, sheet)
    }
    return sheet
  }

  /** What the registry says of the last use of a chain; undefined if that one is named in another way. */
  #targetOf(chain: readonly Use[]): Mapped | undefined {
    const use = chain.at(-1)!
    const type = use.by === 'registry' ? typesIn(definitionAt(use))[0] : undefined
    if (type === undefined) return undefined
    const without = this.#without(chain.slice(0, -1))
    const target = this.#plan.environment.registry.resolve(type, str(use.place[1]!), without)
    return target.kind === 'template' ? target : undefined
  }

  /** Entries that do not count below these uses. */
  #without(chain: readonly Use[]): Set<string> {
    const without = new Set<string>()
    for (let i = 1; i <= chain.length; i++) {
      const target = this.#targetOf(chain.slice(0, i))
      if (target) without.add(target.entry)
    }
    return without
  }
}

function definitionAt(use: Use): Value | undefined {
  let here: Value | undefined = use.parent.template.document.value
  for (const key of use.place)
    here = isMap(here) ? here.get(key) : isList(here) ? here[Number(key)] : undefined
  return here
}

/** Types that a definition has itself, first, and in its groups. */
function typesIn(definition: Value | undefined): string[] {
  if (!isMap(definition)) return []
  const type = definition.get('type') ?? definition.get('Type')
  const own = typeof type === 'string' ? [type] : []
  const properties = definition.get('properties') ?? definition.get('Properties')
  if (!isMap(properties)) return own
  const listed = properties.get('resources')
  const chained = isList(listed) ? listed.filter((item) => typeof item === 'string') : []
  return [
    ...own,
    ...typesIn(properties.get('resource_def')),
    ...typesIn(properties.get('resource')),
    ...chained,
  ]
}

function refused(path: string, why: string) {
  return inputError('KILN_TEMPLATE_NOT_WRITABLE', `${path} ${why}`)
}
