import { type AliasNode, follow, type MapNode, type Node, type ScalarNode, type SeqNode } from './nodes.ts'
import { DEPTH_LIMIT, SyntaxProblem } from './problem.ts'
import { construct, plainTag } from './scalars.ts'
import { type MergeBudget, MOST_MERGED, mapOf, markOf, valueNode } from './yaml-maps.ts'
import { awsCall, awsFunction, TagHandles } from './yaml-tags.ts'
import { type Token, type TokenType, tokenize } from './yaml-tokens.ts'

interface YamlOptions {
  /** Read `!Ref x` as `{Ref: x}` and so on. */
  readonly awsTags?: boolean
}

/** Parses one YAML 1.1 document. undefined: there is none. Throws {@link SyntaxProblem}. */
export function parseYaml(text: string, options: YamlOptions = {}): Node | undefined {
  checkCharacters(text)
  return new Composer(tokenize(text), options).document()
}

function checkCharacters(text: string): void {
  // U+FEFF is allowed anywhere, other control characters nowhere.
  const bad = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]/.exec(text)
  if (bad) throw new SyntaxProblem('there is a control character that YAML does not allow', bad.index)
}

class Composer {
  readonly #tokens: readonly Token[]
  readonly #options: YamlOptions
  readonly #anchors = new Map<string, ScalarNode | MapNode | SeqNode | 'open'>()
  readonly #handles = new TagHandles()
  readonly #merges: MergeBudget = { left: MOST_MERGED }
  #next = 0
  #depth = 0
  #lastEnd = 0

  constructor(tokens: readonly Token[], options: YamlOptions) {
    this.#tokens = tokens
    this.#options = options
  }

  document(): Node | undefined {
    this.#directives()
    if (this.#is('stream-end')) return undefined
    const explicit = this.#is('document-start')
    if (explicit) this.#next++
    const root =
      explicit && this.#is('document-start', 'document-end', 'stream-end', 'directive')
        ? this.#empty()
        : this.#node(true, false)
    let ended = false
    while (this.#is('document-end')) {
      this.#next++
      ended = true
    }
    if (this.#is('stream-end')) return root
    if (this.#is('document-start') || ended)
      throw new SyntaxProblem('a second document begins here', this.#peek().start)
    throw new SyntaxProblem('the document goes on where it should have ended', this.#peek().start)
  }

  #directives(): void {
    let any = false
    while (this.#is('directive')) {
      const token = this.#take()
      any = true
      const yaml = /^%YAML\s+(\d+)\.(\d+)/.exec(token.text)
      if (yaml && yaml[1] !== '1') throw new SyntaxProblem('only YAML 1 can be read', token.start)
      this.#handles.declare(token.text)
    }
    if (any && !this.#is('document-start'))
      throw new SyntaxProblem("'---' is missing after a directive", this.#peek().start)
  }

  #peek(): Token {
    return this.#tokens[this.#next]!
  }
  #is(...types: TokenType[]): boolean {
    return types.includes(this.#tokens[this.#next]!.type)
  }
  #take(): Token {
    const token = this.#tokens[this.#next++]!
    if (token.end > token.start) this.#lastEnd = token.end
    return token
  }
  #empty(): ScalarNode {
    return { kind: 'scalar', start: this.#lastEnd, end: this.#lastEnd, value: null, style: '' }
  }

  #node(block: boolean, indentless: boolean): Node {
    if (++this.#depth > DEPTH_LIMIT)
      throw new SyntaxProblem(`it is nested deeper than ${DEPTH_LIMIT} levels`, this.#peek().start)
    try {
      return this.#nodeInside(block, indentless)
    } finally {
      this.#depth--
    }
  }

  #nodeInside(block: boolean, indentless: boolean): Node {
    if (this.#is('alias')) return this.#alias()
    let anchor: Token | undefined
    let tag: Token | undefined
    const start = this.#peek().start
    while (this.#is('anchor', 'tag')) {
      const token = this.#take()
      if (token.type === 'anchor') {
        if (anchor) throw new SyntaxProblem('two anchors for one value', token.start)
        anchor = token
      } else {
        if (tag) throw new SyntaxProblem('two tags for one value', token.start)
        tag = token
      }
    }
    if (anchor && this.#anchors.has(anchor.text))
      throw new SyntaxProblem(`the anchor '&${anchor.text}' is there twice`, anchor.start)
    if (anchor) this.#anchors.set(anchor.text, 'open')
    const node = this.#content(block, indentless, tag, anchor !== undefined || tag !== undefined, start)
    if (anchor) this.#anchors.set(anchor.text, follow(node))
    return node
  }

  #alias(): AliasNode {
    const token = this.#take()
    const target = this.#anchors.get(token.text)
    if (target === undefined)
      throw new SyntaxProblem(`the alias '*${token.text}' has no anchor before it`, token.start)
    if (target === 'open') throw new SyntaxProblem(`the alias '*${token.text}' holds itself`, token.start)
    return { kind: 'alias', start: token.start, end: token.end, target }
  }

  #content(
    block: boolean,
    indentless: boolean,
    tag: Token | undefined,
    decorated: boolean,
    start: number,
  ): ScalarNode | MapNode | SeqNode {
    const short = tag && this.#options.awsTags ? awsFunction(tag.text) : undefined
    const name = tag === undefined || short !== undefined ? undefined : this.#handles.name(tag)
    let node: ScalarNode | MapNode | SeqNode
    if (indentless && this.#is('-')) node = this.#sequence('indentless', name, tag)
    else if (this.#is('scalar')) node = this.#scalar(name)
    else if (this.#is('[')) node = this.#flowSequence(name, tag)
    else if (this.#is('{')) node = this.#flowMap(name, tag)
    else if (block && this.#is('seq-start')) node = this.#sequence('block', name, tag)
    else if (block && this.#is('map-start')) node = this.#blockMap(name, tag)
    else if (decorated) {
      // Nothing behind a lone `!` is the empty text, behind an anchor it is null.
      const nothing = tag?.text === '!' ? '' : null
      const value = name === undefined || name === 'null' ? nothing : construct(name, '', start)
      node = { kind: 'scalar', start: this.#lastEnd, end: this.#lastEnd, value, style: '' }
    } else {
      const token = this.#peek()
      throw new SyntaxProblem(`a value is missing before ${describe(token)}`, token.start)
    }
    return short === undefined ? node : awsCall(short, node, start)
  }

  #scalar(name: string | undefined): ScalarNode {
    const token = this.#take()
    const plain = token.style === '' && name === undefined
    const tag = name ?? (plain ? plainTag(token.text) : 'str')
    const base = { kind: 'scalar', start: token.start, end: token.end, style: token.style } as const
    // Whether these two are allowed depends on where they stand: only as keys.
    if (tag === 'merge' || tag === 'value') return { ...base, value: markOf(tag) }
    return { ...base, value: construct(tag, token.text, token.start) }
  }

  #expect(kind: 'seq' | 'map', name: string | undefined, tag: Token | undefined): void {
    if (name !== undefined && name !== kind)
      throw new SyntaxProblem(
        `the tag '${tag!.text}' does not fit a ${kind === 'seq' ? 'list' : 'map'}`,
        tag!.start,
      )
  }

  #sequence(how: 'block' | 'indentless', name: string | undefined, tag: Token | undefined): SeqNode {
    this.#expect('seq', name, tag)
    if (how === 'block') this.#next++
    const start = this.#peek().start
    const items: Node[] = []
    while (this.#is('-')) {
      this.#take()
      const stop = how === 'block' ? this.#is('-', 'block-end') : this.#is('-', 'key', 'value', 'block-end')
      items.push(stop ? this.#empty() : valueNode(this.#node(true, false)))
    }
    if (how === 'block') {
      if (!this.#is('block-end'))
        throw new SyntaxProblem(
          `a list item is expected before ${describe(this.#peek())}`,
          this.#peek().start,
        )
      this.#next++
    }
    return { kind: 'seq', start, end: Math.max(start, this.#lastEnd), flow: false, items }
  }

  #blockMap(name: string | undefined, tag: Token | undefined): MapNode {
    this.#expect('map', name, tag)
    this.#next++
    const start = this.#peek().start
    const pairs: [Node, Node][] = []
    while (this.#is('key')) {
      this.#take()
      const key = this.#is('key', 'value', 'block-end') ? this.#empty() : this.#node(true, true)
      let value: Node
      if (this.#is('value')) {
        this.#take()
        value = this.#is('key', 'value', 'block-end') ? this.#empty() : this.#node(true, true)
      } else value = this.#empty()
      pairs.push([key, value])
    }
    if (!this.#is('block-end'))
      throw new SyntaxProblem(`a key is expected before ${describe(this.#peek())}`, this.#peek().start)
    this.#next++
    return mapOf(pairs, { start, end: Math.max(start, this.#lastEnd), flow: false }, this.#merges)
  }

  #flowSequence(name: string | undefined, tag: Token | undefined): SeqNode {
    this.#expect('seq', name, tag)
    const start = this.#take().start
    const items: Node[] = []
    while (!this.#is(']')) {
      if (items.length > 0) {
        if (!this.#is(','))
          throw new SyntaxProblem(
            `',' or ']' is expected before ${describe(this.#peek())}`,
            this.#peek().start,
          )
        this.#take()
        if (this.#is(']')) break
      }
      if (this.#is('key')) {
        const at = this.#take().start
        const key = this.#is('value', ',', ']') ? this.#empty() : this.#node(false, false)
        const pair = [key, this.#flowValue(']')] as const
        items.push(mapOf([pair], { start: at, end: this.#lastEnd, flow: true }, this.#merges))
      } else items.push(valueNode(this.#node(false, false)))
    }
    return { kind: 'seq', start, end: this.#take().end, flow: true, items }
  }

  #flowMap(name: string | undefined, tag: Token | undefined): MapNode {
    this.#expect('map', name, tag)
    const start = this.#take().start
    const pairs: [Node, Node][] = []
    while (!this.#is('}')) {
      if (pairs.length > 0) {
        if (!this.#is(','))
          throw new SyntaxProblem(
            `',' or '}' is expected before ${describe(this.#peek())}`,
            this.#peek().start,
          )
        this.#take()
        if (this.#is('}')) break
      }
      if (this.#is('key')) {
        this.#take()
        const key = this.#is('value', ',', '}') ? this.#empty() : this.#node(false, false)
        pairs.push([key, this.#flowValue('}')])
      } else pairs.push([this.#node(false, false), this.#empty()])
    }
    return mapOf(pairs, { start, end: this.#take().end, flow: true }, this.#merges)
  }

  #flowValue(closing: ']' | '}'): Node {
    if (!this.#is('value')) return this.#empty()
    this.#take()
    return this.#is(',', closing) ? this.#empty() : this.#node(false, false)
  }
}

function describe(token: Token): string {
  switch (token.type) {
    case 'stream-end':
      return 'the end'
    case 'block-end':
      return 'a less indented line'
    case 'value':
      return "':'"
    case 'scalar':
      return `'${token.text.slice(0, 30)}'`
    case 'seq-start':
      return "'-'"
    case 'map-start':
    case 'key':
      return 'a key'
    default:
      return `'${token.text || token.type}'`
  }
}
