/** What a template is printed from: data with all that a text can say beyond it. */
export type Tree =
  /** A text; how it is quoted is the printer's choice. */
  | { readonly kind: 'text'; readonly text: string }
  /** A scalar as it stands: odd spellings of numbers, dates, booleans. */
  | { readonly kind: 'raw'; readonly text: string }
  | { readonly kind: 'map'; readonly entries: readonly (readonly [string, Tree])[]; readonly anchor?: string }
  | { readonly kind: 'list'; readonly items: readonly Tree[]; readonly anchor?: string }
  /** A scalar with an anchor; in JSON without. */
  | { readonly kind: 'named'; readonly name: string; readonly of: Tree }
  /** An alias; only in YAML. */
  | { readonly kind: 'alias'; readonly name: string }

export const text = (value: string): Tree => ({ kind: 'text', text: value })
export const raw = (value: string): Tree => ({ kind: 'raw', text: value })
export const named = (name: string, of: Tree): Tree => ({ kind: 'named', name, of })
export const alias = (name: string): Tree => ({ kind: 'alias', name })
export const list = (...items: Tree[]): Tree => ({ kind: 'list', items })

/** A map; undefined values are left out. */
export function map(entries: Readonly<Record<string, Tree | undefined>>, anchor?: string): Tree {
  const present = Object.entries(entries).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, value] as const],
  )
  return { kind: 'map', entries: present, ...(anchor === undefined ? {} : { anchor }) }
}

/** Makes choices: `pick(n)` is 0 to n - 1. */
export type Pick = (choices: number) => number

const NOT_PLAIN = /^(?:yes|no|on|off|true|false|null|y|n|~)?$/i

/** A tree as JSON: one line or many, with spaces or tabs. */
export function printJson(tree: Tree, pick: Pick): string {
  const step = ['', '  ', '\t'][pick(3)]!
  const colon = pick(3) === 0 ? ':' : ': '
  const print = (node: Tree, indent: string): string => {
    if (node.kind === 'text') return JSON.stringify(node.text)
    if (node.kind === 'raw') return node.text
    if (node.kind === 'named') return print(node.of, indent)
    if (node.kind === 'alias') throw new Error('JSON has no aliases')
    const inner = indent + step
    const parts =
      node.kind === 'list'
        ? node.items.map((item) => print(item, inner))
        : node.entries.map(([key, value]) => `${JSON.stringify(key)}${colon}${print(value, inner)}`)
    const [open, close] = node.kind === 'list' ? ['[', ']'] : ['{', '}']
    if (parts.length === 0) return `${open}${close}`
    if (step === '' || pick(4) === 0) return `${open}${parts.join(pick(2) ? ',' : ', ')}${close}`
    return `${open}\n${parts.map((part) => inner + part).join(',\n')}\n${indent}${close}`
  }
  return print(tree, '')
}

/** A tree as YAML in block and flow style, with comments, empty lines and trailing spaces here and there. */
export function printYaml(tree: Tree, pick: Pick): string {
  return new Yaml(pick).entries(tree, '')
}

class Yaml {
  readonly #pick: Pick

  constructor(pick: Pick) {
    this.#pick = pick
  }

  /** The lines of a map or list in block style, each ending in a line break. */
  entries(node: Tree, indent: string): string {
    if (node.kind === 'list')
      return node.items.map((item) => `${this.#noise(indent)}${indent}-${this.#item(item, indent)}`).join('')
    if (node.kind !== 'map') throw new Error('a scalar has no entries')
    return node.entries
      .map(([key, value]) => `${this.#noise(indent)}${indent}${this.#key(key)}:${this.#value(value, indent)}`)
      .join('')
  }

  #noise(indent: string): string {
    const chance = this.#pick(40)
    if (chance === 0) return `${indent}# note: {not: yaml}\n`
    if (chance === 1) return '\n'
    return chance === 2 ? `${indent}  \n` : ''
  }

  #end(): string {
    const chance = this.#pick(20)
    return chance === 0 ? '  # why: so\n' : chance === 1 ? '  \n' : '\n'
  }

  #key(key: string): string {
    if (key === '<<') return key
    const chance = this.#pick(10)
    if (chance === 0) return JSON.stringify(key)
    return chance === 1 || !/^[A-Za-z][\w:-]*$/.test(key) || NOT_PLAIN.test(key) ? `'${key}'` : key
  }

  #item(node: Tree, indent: string): string {
    const inner = `${indent}  `
    const simple = node.kind === 'map' && node.anchor === undefined && node.entries.length > 0
    if (simple && this.#pick(2) === 0) {
      const lines = new Yaml(() => 39).entries(node, inner)
      return ` ${lines.slice(inner.length)}`
    }
    // A list right in a list has to stand further in.
    return this.#value(node, node.kind === 'list' ? inner : indent)
  }

  /** What follows a `key:` or a dash. */
  #value(node: Tree, indent: string): string {
    if (node.kind === 'map' || node.kind === 'list') {
      const anchor = node.anchor === undefined ? '' : ` &${node.anchor}`
      const size = node.kind === 'map' ? node.entries.length : node.items.length
      if (size === 0 || this.#pick(3) === 0) return `${anchor} ${this.#flow(node, indent)}${this.#end()}`
      const deeper = indent + ' '.repeat(node.kind === 'list' ? this.#pick(3) : 1 + this.#pick(4))
      return `${anchor}${this.#end()}${this.entries(node, deeper)}`
    }
    if (node.kind === 'text' && /^[^\s#][^\t]*\n$/.test(node.text) && !/\n[ \t]*\n/.test(node.text)) {
      const inner = `${indent}${' '.repeat(1 + this.#pick(4))}`
      return ` |\n${node.text.replaceAll(/^(?=.)/gm, inner)}`
    }
    if (node.kind === 'text' && /^[a-z]+$/.test(node.text) && this.#pick(20) === 0)
      return ` >-\n${indent}   ${node.text}\n`
    return ` ${this.#scalar(node)}${this.#end()}`
  }

  #flow(node: Tree, indent: string): string {
    if (node.kind !== 'map' && node.kind !== 'list') return this.#scalar(node)
    const anchor = (inner: Tree) =>
      'anchor' in inner && inner.anchor !== undefined ? `&${inner.anchor} ` : ''
    const parts =
      node.kind === 'list'
        ? node.items.map((item) => anchor(item) + this.#flow(item, indent))
        : node.entries.map(
            ([key, value]) => `${this.#key(key)}: ${anchor(value)}${this.#flow(value, indent)}`,
          )
    const [open, close] = node.kind === 'list' ? ['[', ']'] : ['{', '}']
    const broken = this.#pick(8) === 0 ? `\n${indent}      ` : ''
    const space = this.#pick(4) === 0 ? ' ' : ''
    return `${open}${space}${parts.join(`,${broken || ' '}`)}${space}${close}`
  }

  #scalar(node: Tree): string {
    if (node.kind === 'alias') return `*${node.name}`
    if (node.kind === 'named') return `&${node.name} ${this.#scalar(node.of)}`
    if (node.kind === 'raw') return node.text
    if (node.kind !== 'text') throw new Error('not a scalar')
    const chance = this.#pick(6)
    const plain = /^[A-Za-z][\w./-]*$/.test(node.text) && !NOT_PLAIN.test(node.text)
    if (chance === 0 || /[^\x20-\x7e\u00a1-\ud7ff]/.test(node.text)) return JSON.stringify(node.text)
    return chance === 1 || !plain ? `'${node.text.replaceAll("'", "''")}'` : node.text
  }
}
