import { parse } from 'yaml'
import type { Instance } from '../../../src/heat/index.ts'
import type { Pair } from './cases.ts'

/** What the engine says of a template: resources and more, by path. */
export type Answer = { readonly [path: string]: Tree }
type Tree = { readonly [key: string]: unknown }

/** A difference that nothing explains, for people. */
export interface Fault {
  readonly id: string
  readonly at: string
  readonly before: unknown
  readonly after: unknown
}

interface Difference {
  readonly path: readonly string[]
  readonly before: unknown
  readonly after: unknown
}

const GONE = Symbol('gone')
/** Sections of a cfn-init config that an image may hold already. */
const BAKED = ['packages', 'groups', 'users', 'sources']
/** A copy of a nested template or environment is named after its content. */
const COPY = /-[0-9a-f]{12}\.[a-z]+$/

/**
 * Compares what the engine makes of a template before and after: every chosen instance must have its new image, and
 * everything else must be as it was, but for what the images hold now.
 */
export function compare(pair: Pair, before: Answer, after: Answer): Fault[] {
  const differences: Difference[] = []
  diff(before, after, [], differences)
  const requests = new Set(Object.keys(before).filter((path) => before[path]!.type === 'Kiln::Image'))
  const unexplained = differences.filter((each) => !explained(each, pair, before, requests))
  return [
    ...pair.instances.flatMap((instance) => wrongImage(instance, pair, before, after)),
    ...unexplained.map(({ path, before: was, after: is }) => ({
      id: pair.after.id,
      at: path.join(' / '),
      before: was === GONE ? '(nothing)' : was,
      after: is === GONE ? '(nothing)' : is,
    })),
  ]
}

function wrongImage(
  { path, property, image, request }: Instance,
  pair: Pair,
  before: Answer,
  after: Answer,
): Fault[] {
  const name = pair.names.get(path)!
  const fault = (was: unknown, is: unknown) => [
    { id: pair.after.id, at: `${path}: image`, before: was, after: is },
  ]
  const [old, now] = [before[path], after[path]].map((tree) => tree?.properties as Tree | undefined)
  if (old === undefined || now === undefined) return fault(old, now)
  // Devices and chains hold it somewhere below.
  const deep = property.startsWith('block_device') || property.includes('.') || !Object.hasOwn(now, property)
  const found = deep ? JSON.stringify(now).includes(JSON.stringify(name)) : now[property] === name
  if (!found) return fault(image, now)
  // Both must have meant the same base from the beginning.
  const meant = old[property]
  return typeof meant === 'string' && request === undefined && meant !== image
    ? fault(meant, `Kiln read ${image}`)
    : []
}

function explained(
  difference: Difference,
  pair: Pair,
  before: Answer,
  requests: ReadonlySet<string>,
): boolean {
  const { path, before: was, after: is } = difference
  const [place, ...rest] = path
  const last = rest.at(-1)
  if (place === undefined) return requests.size > 0 && was === 'order'
  const isNew = typeof is === 'string' && [...pair.names.values()].includes(is)
  // The image, or a value that a parent hands down to instances below it.
  if (isNew && (rest[0] === 'properties' || rest[0] === 'values')) {
    if (pair.names.get(place) === is) return true
    const above = place.replace('(template)', '')
    if ([...pair.names].some(([each, name]) => name === is && each.startsWith(above))) return true
  }
  // Copies of nested templates, and registries that lead to them.
  if (typeof is === 'string' && COPY.test(is) && ['type', 'nested'].includes(rest[0] ?? '')) return true
  if (place === '(registry)') return true
  if (requests.size > 0 && requestGone(difference, requests, isNew)) return true
  return !pair.keep && baked(place, rest, last, was, is, pair, before)
}

/** `Kiln::Image` is Kiln's own: nothing of it is left. */
function requestGone(
  { path, before: was, after: is }: Difference,
  requests: ReadonlySet<string>,
  isNew: boolean,
): boolean {
  const [place, ...rest] = path
  if (requests.has(place!) && is === GONE) return true
  if (rest.includes('definitions') || rest[0] === 'depends') return true
  const referred = typeof was === 'string' ? /^⟦resource (.*)⟧$/.exec(was)?.[1] : undefined
  return isNew && [...requests].some((each) => each.split('/').at(-1) === referred)
}

/** What the image holds is not asked for again. */
function baked(
  place: string,
  rest: readonly string[],
  last: string | undefined,
  was: unknown,
  is: unknown,
  pair: Pair,
  before: Answer,
): boolean {
  const init = rest.indexOf('AWS::CloudFormation::Init')
  const section = rest[init + 2]
  if (init >= 0 && is === GONE && section !== undefined && BAKED.includes(section)) {
    const instance = pair.instances.find((each) => each.path === place)
    if (!instance) return before[place] !== undefined
    const ids = instance.needs.filter((need) => need.removable && need.bake).map((need) => need.id)
    const depth = section === 'packages' ? 3 : 2
    return leaves(was, rest.slice(init + 2), depth).every((leaf) => ids.some((id) => id.endsWith(leaf)))
  }
  if (is === GONE && (last === 'packages' || last === 'package_update')) return true
  return typeof was === 'string' && typeof is === 'string' && sameCloudConfig(was, is)
}

function leaves(value: unknown, path: readonly string[], depth: number): string[] {
  if (path.length >= depth || typeof value !== 'object' || value === null) return [path.join('/')]
  return Object.entries(value).flatMap(([key, each]) => leaves(each, [...path, key], depth))
}

/** Whether two texts for cloud-init differ in packages only. */
function sameCloudConfig(was: string, is: string): boolean {
  if (!was.startsWith('#cloud-config') || !is.startsWith('#cloud-config')) return false
  const rest = (text: string) => {
    const { packages: _, package_update: __, ...others } = (parse(text) ?? {}) as Tree
    return JSON.stringify(others)
  }
  return rest(was) === rest(is)
}

function diff(was: unknown, is: unknown, path: readonly string[], found: Difference[]): void {
  if (isTree(was) && isTree(is)) {
    const [old, now] = [Object.keys(was), Object.keys(is)]
    const order = (keys: readonly string[], other: Tree) =>
      keys.filter((key) => Object.hasOwn(other, key)).join('\0')
    if (order(old, is) !== order(now, was)) found.push({ path, before: 'order', after: 'another order' })
    for (const key of old) diff(was[key], Object.hasOwn(is, key) ? is[key] : GONE, [...path, key], found)
    for (const key of now)
      if (!Object.hasOwn(was, key)) found.push({ path: [...path, key], before: GONE, after: is[key] })
  } else if (Array.isArray(was) && Array.isArray(is) && was.length === is.length)
    for (const [i, each] of was.entries()) diff(each, is[i], [...path, String(i)], found)
  else if (was !== is) found.push({ path, before: was, after: is })
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
