import type { ImageRequest, Value } from '../heat/index.ts'
import { fault } from './needs/index.ts'
import { plain } from './values.ts'

/** Properties of a `Kiln::Image` that a recipe has under the same name, each a list. */
const SAME = ['packages', 'pip_packages', 'custom_files', 'groups', 'users', 'repositories'] as const
/** Those that say what the image is made from, or how it is called. */
const OWN: readonly string[] = ['os', 'name']
/** What an image may be asked for one day. */
const LATER: ReadonlySet<string> = new Set([
  ...['gems', 'npm', 'services', 'commands', 'disk'],
  ...['config_system', 'recipe', 'config', 'elements', 'backend'],
])

/** What a `Kiln::Image` resource asks for: its OS, and the rest as a recipe would say it. `faults` are sentences. */
export function requestedRecipe(request: ImageRequest): {
  /** Empty where it is not said. */
  readonly os: string
  readonly recipe: Readonly<Record<string, unknown>>
  readonly faults: readonly string[]
} {
  const image = `the image ${request.path}`
  const faults: string[] = []
  const recipe: Record<string, unknown> = {}
  const os = request.properties.get('os') ?? null
  if (os === null) faults.push(`${image} does not say its os`)
  else if (typeof os !== 'string' || os.trim() === '') faults.push(`the os of ${image} is not a name`)
  for (const [name, value] of request.properties) {
    if (value === null || OWN.includes(name)) continue
    const part = SAME.find((one) => one === name)
    if (part !== undefined) {
      const items = itemsOf(value)
      if (items === undefined) faults.push(`${name} of ${image} is not a list`)
      else {
        faults.push(...items.flatMap((item, i) => wrong(part, item, `${name}[${i}] of ${image}`)))
        recipe[name] = items
      }
    } else if (!LATER.has(name))
      faults.push(`${image} has the property ${name}, which is none of ${[...OWN, ...SAME].join(', ')}`)
    else if (!isEmpty(value)) faults.push(`${image} asks for ${name}, which Kiln cannot do yet`)
  }
  return { os: typeof os === 'string' ? os.trim() : '', recipe, faults }
}

function itemsOf(value: Value): readonly unknown[] | undefined {
  const data = plain(value)
  return Array.isArray(data) ? data : undefined
}

function isEmpty(value: Value): boolean {
  const data = plain(value)
  return Array.isArray(data) && data.length === 0
}

/** What is wrong with one item, as a sentence. */
function wrong(part: (typeof SAME)[number], item: unknown, where: string): string[] {
  const found = fault(part, item)
  if (found !== undefined && part === 'packages') {
    const shown = typeof item === 'string' ? `"${item}"` : 'it'
    return [`${where}: ${shown} is not a package, as name, name=version or {name, version}`]
  }
  if (found !== undefined && part === 'pip_packages') return [`${where}: ${found}`]
  if (found !== undefined) {
    const hint = /^its mode /.test(found) ? ': write it in octal and in quotes, as "0644"' : ''
    return [`${where}: ${found.replace(/:.*$/, '')}${hint}`]
  }
  const file = part === 'custom_files' ? (item as Readonly<Record<string, unknown>>) : undefined
  const empty = file && ['content', 'content_base64', 'link'].every((key) => file[key] === undefined)
  return empty ? [`${where}: it has neither content nor link`] : []
}
