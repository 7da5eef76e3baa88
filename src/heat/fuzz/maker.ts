import { type Pick, printJson, printYaml, type Tree } from './tree.ts'

/** A template with all that belongs to it. */
export interface Generated {
  readonly files: Readonly<Record<string, string>>
  readonly environments: readonly string[]
}

/** What a template is being made with. */
export interface Maker {
  readonly pick: Pick
  readonly hot: boolean
  /** AWSTemplateFormatVersion rather than Heat's own. */
  readonly aws: boolean
  readonly json: boolean
  /** Anchors, aliases and merge keys may be used. */
  readonly aliases: boolean
  /** Anchors so far, each beginning with a letter for what it is on: properties, a resource, an image. */
  readonly anchors: string[]
  /** A new anchor. It counts from the next resource on. */
  readonly anchor: (kind: string) => string
  /** Nested templates and environments so far. */
  readonly files: Record<string, string>
  readonly environments: string[]
}

/** A maker that decides by `pick`. */
export function newMaker(pick: Pick): Maker {
  const hot = pick(3) > 0
  const json = pick(4) === 0
  const anchors: string[] = []
  const anchor = (kind: string) => {
    const name = `${kind}${anchors.length}`
    anchors.push(name)
    return name
  }
  const aliases = !json && pick(2) === 0
  return { pick, hot, aws: pick(2) === 0, json, aliases, anchors, anchor, files: {}, environments: [] }
}

/** The text of a file: with line breaks of Windows, a byte order mark, no last line break, as it comes. */
export function fileOf({ pick, json }: Maker, tree: Tree): string {
  let text = json ? printJson(tree, pick) : printYaml(tree, pick)
  if (!json && pick(8) === 0) text = `---\n${text}`
  if (!json && pick(8) === 0) text += '# the end\n'
  if (pick(5) === 0) text = text.replaceAll('\n', ['\r\n', '\r\n', '\r', '\x85'][pick(json ? 2 : 4)]!)
  if (pick(5) === 0) text = text.replace(/[\r\n\x85]+$/, '')
  return pick(8) === 0 ? `\ufeff${text}` : text
}
