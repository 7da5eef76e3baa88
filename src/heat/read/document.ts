import { inputError } from '../../core/error.ts'
import type { Key, Value } from '../types.ts'
import { parseJson } from './json.ts'
import { expandedSize, type MapNode, type Node, type Origins, toValue } from './nodes.ts'
import { lineAndColumn, SyntaxProblem } from './problem.ts'
import { parseYaml } from './yaml.ts'

/** The engine's limit for a template, in characters; it also holds for what Kiln writes. */
export const TEMPLATE_LIMIT = 512 * 1024

/** More than this once aliases are written out, and walking it could take forever. */
const EXPANDED_LIMIT = 400_000

/** A text that was read, its data, and the way from the data back to the text. */
export interface Document {
  readonly name: string
  readonly text: string
  readonly syntax: 'json' | 'yaml'
  readonly root: MapNode
  readonly value: ReadonlyMap<Key, Value>
  readonly origins: Origins
}

/**
 * Reads `text` (JSON if it is, else YAML 1.1) whose root must be a map. `name` is for messages.
 * Throws input errors that say line and column.
 */
export function readDocument(text: string, name: string, options: ReadOptions = {}): Document {
  if (tooLarge(text))
    throw inputError(
      'KILN_TEMPLATE_TOO_LARGE',
      `${name} is larger than the ${TEMPLATE_LIMIT / 1024} KiB that Heat takes`,
    )
  const parsed = options.yamlOnly ? fromYaml(text, name, options) : parseEither(text, name, options)
  const { syntax } = parsed
  const node = syntax === 'yaml' ? orEmptyMap(parsed.node) : parsed.node
  if (node?.kind !== 'map')
    throw inputError(
      'KILN_TEMPLATE_SYNTAX',
      `${name} does not hold a map, so it is not a template or environment`,
    )
  // Without an alias nothing can be larger than its text.
  const aliases = syntax === 'yaml' && text.includes('*')
  if (aliases && expandedSize(node, EXPANDED_LIMIT) > EXPANDED_LIMIT)
    throw inputError(
      'KILN_TEMPLATE_TOO_LARGE',
      `${name} grows beyond all measure once its aliases are followed`,
    )
  const origins: Origins = new WeakMap()
  return {
    name,
    text,
    syntax,
    root: node,
    value: toValue(node, origins, aliases ? new Map() : undefined) as ReadonlyMap<Key, Value>,
    origins,
  }
}

interface ReadOptions {
  /** Read `!Ref x` as `{Ref: x}` and so on. */
  readonly awsTags?: boolean
  /** JSON only as far as it is YAML, too. */
  readonly yamlOnly?: boolean
}

interface Parsed {
  readonly node: Node | undefined
  readonly syntax: 'json' | 'yaml'
}

/** Whether Heat refuses a text for its length. The engine counts characters. */
export function tooLarge(text: string): boolean {
  if (text.length <= TEMPLATE_LIMIT) return false
  if (text.length > 2 * TEMPLATE_LIMIT) return true
  let characters = 0
  for (const _ of text) characters++
  return characters > TEMPLATE_LIMIT
}

/** A YAML document without content is an empty map. */
function orEmptyMap(node: Node | undefined): Node | undefined {
  const nothing = node === undefined || (node.kind === 'scalar' && node.value === null)
  return nothing ? { kind: 'map', start: 0, end: 0, flow: false, written: [], entries: new Map() } : node
}

function parseEither(text: string, name: string, options: ReadOptions): Parsed {
  // Nothing else begins a JSON text: saves a try on nearly every YAML document.
  if (!/^[ \t\r\n]*["{[\d\-tfnNI]/.test(text)) return fromYaml(text, name, options)
  let asJson: SyntaxProblem
  try {
    return { node: parseJson(text), syntax: 'json' }
  } catch (problem) {
    if (!(problem instanceof SyntaxProblem)) throw problem
    asJson = problem
  }
  return fromYaml(text, name, options, asJson)
}

function fromYaml(text: string, name: string, options: ReadOptions, asJson?: SyntaxProblem): Parsed {
  try {
    return { node: parseYaml(text, options), syntax: 'yaml' }
  } catch (problem) {
    if (!(problem instanceof SyntaxProblem)) throw problem
    // Whoever wrote JSON wants to hear of the JSON fault: a missing comma, not YAML's reading of it.
    const shown = asJson !== undefined && /^\s*\{\s*"/.test(text) ? asJson : problem
    const { line, column } = lineAndColumn(text, shown.offset)
    throw inputError('KILN_TEMPLATE_SYNTAX', `${name}, line ${line}, column ${column}: ${shown.message}`)
  }
}
