import type { Entry, MapNode, Node, ScalarNode, SeqNode } from './nodes.ts'
import { SyntaxProblem } from './problem.ts'
import type { Token } from './yaml-tokens.ts'

/** What `%TAG` directives declare, and what is declared without any. */
export class TagHandles {
  readonly #prefixes = new Map<string, string>([['!!', 'tag:yaml.org,2002:']])

  /** Takes a directive in; others than `%TAG` are nothing to it. */
  declare(directive: string): void {
    const tag = /^%TAG\s+(![\w-]*!?)\s+(\S+)/.exec(directive)
    if (tag) this.#prefixes.set(tag[1]!, tag[2]!)
  }

  /** `str`, `int` … of a tag; undefined for a lone `!`, which says nothing. Other tags are refused as the engine does. */
  name(tag: Token): string | undefined {
    const text = tag.text
    if (text === '!') return undefined
    let full = text
    const verbatim = /^!<(.*)>$/.exec(text)
    if (verbatim) full = verbatim[1]!
    else {
      const handle = /^(![\w-]*!)(.*)$/.exec(text)
      const prefix = handle ? this.#prefixes.get(handle[1]!) : (this.#prefixes.get('!') ?? '!')
      if (prefix === undefined) throw new SyntaxProblem(`the tag handle of '${text}' is not known`, tag.start)
      full = prefix + (handle ? handle[2]! : text.slice(1))
    }
    const known = /^tag:yaml\.org,2002:(null|bool|int|float|str|seq|map|timestamp)$/.exec(full)
    if (!known) throw new SyntaxProblem(`the tag '${text.slice(0, 60)}' is not known to Heat`, tag.start)
    return known[1] === 'timestamp' ? 'str' : known[1]!
  }
}

/** The function that a short AWS tag stands for. */
export function awsFunction(tag: string): string | undefined {
  const name = /^!([A-Za-z][A-Za-z0-9]*)$/.exec(tag)?.[1]
  if (name === undefined) return undefined
  return name === 'Ref' || name === 'Condition' ? name : `Fn::${name}`
}

/** What a short tag before `node` is in full: `{name: node}`. The tag begins at `start`. */
export function awsCall(name: string, node: ScalarNode | MapNode | SeqNode, start: number): MapNode {
  let value: Node = node
  if (name === 'Fn::GetAtt' && node.kind === 'scalar' && typeof node.value === 'string') {
    const dot = node.value.indexOf('.')
    const parts = dot < 0 ? [node.value] : [node.value.slice(0, dot), node.value.slice(dot + 1)]
    const items = parts.map((part): ScalarNode => ({ ...node, value: part }))
    value = { kind: 'seq', start: node.start, end: node.end, flow: true, items }
  }
  const key: ScalarNode = { kind: 'scalar', start, end: start, value: name, style: '' }
  const entry: Entry = { key, name, value, merged: false }
  return {
    kind: 'map',
    start,
    end: node.end,
    flow: true,
    written: [entry],
    entries: new Map([[name, entry]]),
  }
}
