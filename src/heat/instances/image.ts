import { type Deps, HOLE, type Reference, type Result, settle } from '../evaluate/result.ts'
import { isList, isMap, str } from '../python.ts'
import type { Key } from '../types.ts'
import type { Found } from './findings.ts'
import { indexOf } from './members.ts'
import { bootDevice, down } from './properties.ts'

/** What an instance is to be made from. */
export type ImageFinding =
  | {
      readonly kind: 'image'
      readonly image: string
      readonly deps: Deps
      readonly property: string
      /** Keys from the properties to the image. */
      readonly place: readonly Key[]
    }
  /** It stands for a resource of the same stack. */
  | {
      readonly kind: 'resource'
      readonly refers: Reference
      readonly property: string
      readonly place: readonly Key[]
    }
  | { readonly kind: 'skip'; readonly why: string }
  | { readonly kind: 'missing'; readonly names: ReadonlySet<string> }
  | { readonly kind: 'fault'; readonly code: string; readonly message: string }

/** Finds the image of an instance and decides whether it is one that can be built. */
export function imageOf(found: Found): ImageFinding {
  const { kind, path } = found
  let property = kind.image
  let place: readonly Key[] = kind.image.split('.')
  let result = down(found.properties, kind.image)
  const none = (value: Result | undefined) =>
    value === undefined || (value.kind === 'scalar' && value.value === null)
  if (none(result) && kind.blockDevices) {
    const device = bootDevice(found.properties)
    if (device === 'volume') return { kind: 'skip', why: 'it boots from a volume or snapshot' }
    if (device !== undefined) {
      property = 'block_device_mapping_v2'
      place = device.place
      result = device.image
    }
  }
  if (result === undefined || none(result)) return { kind: 'skip', why: 'it has no image of its own' }
  return judge(result, path, property, place, found.indexes)
}

function judge(
  result: Result,
  path: string,
  property: string,
  place: readonly Key[],
  indexes: readonly string[],
): ImageFinding {
  const fault = (code: string, message: string): ImageFinding => ({
    kind: 'fault',
    code,
    message: `${path}: ${message}`,
  })
  const perMember = (index: string) =>
    fault(
      'KILN_TEMPLATE_IMAGE_PER_MEMBER',
      `its image differs from member to member ('${index}' is in it), which Kiln does not build`,
    )
  if (result.kind === 'hole' && result.refers && result.text === HOLE && result.deps.missing.size === 0)
    return { kind: 'resource', refers: result.refers, property, place }
  const settled = settle(result)
  if (settled.status === 'error')
    return fault('KILN_TEMPLATE_IMAGE', `its image cannot be worked out: ${settled.error}`)
  if (settled.status === 'missing') return { kind: 'missing', names: settled.deps.missing }
  if (settled.status === 'nothing') return { kind: 'skip', why: 'it has no image of its own' }
  if (settled.status === 'runtime') {
    const index = indexOf(settled.deps.runtime)
    if (index !== undefined) return perMember(index)
    const what = [...settled.deps.runtime].map((name) => name.replace(/^[a-z_]+:/, '')).join(', ')
    return fault('KILN_TEMPLATE_IMAGE_RUNTIME', `its image is only known when the stack runs (${what})`)
  }
  const { value } = settled
  if (isList(value) || isMap(value) || typeof value === 'boolean')
    return fault(
      'KILN_TEMPLATE_IMAGE',
      `its image is ${isList(value) ? 'a list' : isMap(value) ? aMap(value, settled.deps) : 'a boolean'}, not a name`,
    )
  const image = str(value)
  if (image.trim() === '')
    return fault('KILN_TEMPLATE_IMAGE', `its image is an empty text${from(settled.deps)}`)
  if (image.startsWith('{{resolve:'))
    return fault('KILN_TEMPLATE_IMAGE_RUNTIME', 'its image is looked up by AWS when the stack runs')
  // A nested template's own text: the group does not fill it in, but nobody means an image of that name.
  const index = indexes.find((name) => image.includes(name))
  if (index !== undefined) return perMember(index)
  return { kind: 'image', image, deps: settled.deps, property, place }
}

/** A map with one key was mostly meant as a function: one that is misspelt or of another version is plain data. */
function aMap(value: ReadonlyMap<Key, unknown>, { hidden }: Deps): string {
  const [key] = value.keys()
  if (value.size !== 1 || key === undefined || hidden.size > 0) return 'a map'
  return `a map ('${str(key)}' is no function in this version of the template)`
}

function from(deps: Deps): string {
  return deps.params.size === 0
    ? ''
    : ` (worked out from ${[...deps.params].sort().join(', ')}, which may have no value)`
}
