import { inputError } from '../../core/error.ts'
import type { Key, Value } from '../types.ts'
import { parseJson } from './json.ts'
import { expandedSize, type MapNode, type Node, type Origins, toValue } from './nodes.ts'
import { lineAndColumn, SyntaxProblem } from './problem.ts'
import { parseYaml } from './yaml.ts'

/** The engine's limit for a template, in bytes; it also holds for what Kiln writes. */
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
export function readDocument(text: string, name: string, options: { awsTags?: boolean } = {}): Document {
  if (text.length > TEMPLATE_LIMIT || Buffer.byteLength(text) > TEMPLATE_LIMIT)
    throw inputError(
      'KILN_TEMPLATE_TOO_LARGE',
      `${name} is larger than the ${TEMPLATE_LIMIT / 1024} KiB that Heat takes`,
    )
  const { node, syntax } = parseEither(text, name, options)
  if (node === undefined || node.kind !== 'map')
    throw inputError(
      'KILN_TEMPLATE_SYNTAX',
      `${name} does not hold a map, so it is not a template or environment`,
    )
  if (expandedSize(node, EXPANDED_LIMIT) > EXPANDED_LIMIT)
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
    value: toValue(node, origins) as ReadonlyMap<Key, Value>,
    origins,
  }
}

function parseEither(
  text: string,
  name: string,
  options: { awsTags?: boolean },
): { node: Node | undefined; syntax: 'json' | 'yaml' } {
  let asJson: SyntaxProblem
  try {
    return { node: parseJson(text), syntax: 'json' }
  } catch (problem) {
    if (!(problem instanceof SyntaxProblem)) throw problem
    asJson = problem
  }
  try {
    return { node: parseYaml(text, options), syntax: 'yaml' }
  } catch (problem) {
    if (!(problem instanceof SyntaxProblem)) throw problem
    // Whoever wrote JSON wants to hear of the JSON fault: a missing comma, not YAML's reading of it.
    const shown = /^\s*\{\s*"/.test(text) ? asJson : problem
    const { line, column } = lineAndColumn(text, shown.offset)
    throw inputError('KILN_TEMPLATE_SYNTAX', `${name}, line ${line}, column ${column}: ${shown.message}`)
  }
}
