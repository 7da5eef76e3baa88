import type { ImageRequest } from '../heat/index.ts'
import { plain } from './values.ts'

/** Properties of a `Kiln::Image` that a recipe has under the same name. */
const SAME = ['packages', 'custom_files', 'groups', 'users', 'repositories'] as const
/** Those that say what the image is made from, or how it is called. */
const OWN = ['os', 'name'] as const

/** What a `Kiln::Image` resource asks for: its OS, and the rest as a recipe would say it. `faults` are sentences. */
export function requestedRecipe(request: ImageRequest): {
  readonly os: string
  readonly recipe: Readonly<Record<string, unknown>>
  readonly faults: readonly string[]
} {
  const faults: string[] = []
  const recipe: Record<string, unknown> = {}
  const os = request.properties.get('os')
  if (typeof os !== 'string' || os.trim() === '') faults.push(`the image ${request.path} does not say its os`)
  for (const [name, value] of request.properties) {
    if (value === null || (OWN as readonly string[]).includes(name)) continue
    const data = plain(value)
    if (!(SAME as readonly string[]).includes(name)) {
      const empty = Array.isArray(data) && data.length === 0
      if (!empty) faults.push(`the image ${request.path} asks for ${name}, which Kiln cannot do yet`)
    } else if (Array.isArray(data)) recipe[name] = data
    else faults.push(`${name} of the image ${request.path} is not a list`)
  }
  return { os: typeof os === 'string' ? os : '', recipe, faults }
}
