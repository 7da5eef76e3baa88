import type { Pick } from './tree.ts'

/** What means something in YAML, JSON or Heat, to be put where it does not belong. */
const TOKENS = [
  ...'{}[]:,&*!|>?#%@`\'"-<\t\0\ufeff\u2028\x85'.split(''),
  '\r\n',
  '<<: ',
  '*a ',
  '&a ',
  '!!int ',
  '!Ref ',
  '---\n',
  '...\n',
  '|2\n',
  '>-\n',
  '"\\u',
  '\ud800',
  '12:30',
  '0x',
  '1e999',
  '-.inf',
  '.nan',
  '~',
  '=',
  'null',
  'yes',
  '__proto__',
  'constructor',
  'toString',
  'get_param: ',
  'get_resource: ',
  'get_file: ',
  'get_attr: ',
  'Ref',
  'Fn::FindInMap',
  'Fn::If',
  'list_join',
  'map_merge',
  'repeat',
  'str_replace',
  'yaql',
  'if',
  'type: main.yaml',
  'Kiln::Image',
  'OS::Heat::ResourceGroup',
  'OS::Heat::ResourceChain',
  'OS::Heat::Stack',
  'resources:',
  'conditions:',
  'AWS::CloudFormation::Init',
  '#cloud-config\n',
  'cfn-init',
  '%index%',
  '../../../etc/passwd',
]

type Mutation = (text: string, pick: Pick, other: string) => string

const cut = (text: string, start: number, end: number, put = '') =>
  text.slice(0, start) + put + text.slice(end)

const MUTATIONS: readonly Mutation[] = [
  // One character becomes another, goes, or comes.
  (text, pick) => cut(text, ...one(text, pick), String.fromCharCode(pick(256))),
  (text, pick) => cut(text, ...one(text, pick)),
  (text, pick) => insert(text, pick, TOKENS[pick(TOKENS.length)]!),
  // A word becomes another of the same text, or a token.
  (text, pick) => swapWord(text, pick, (words) => words[pick(words.length)]!),
  (text, pick) => swapWord(text, pick, () => TOKENS[pick(TOKENS.length)]!),
  // Lines go, are there twice, change places, or stand further in.
  (text, pick) => onLines(text, pick, (lines, at) => lines.splice(at, 1 + pick(3))),
  (text, pick) =>
    onLines(text, pick, (lines, at) => lines.splice(at, 0, ...lines.slice(at, at + 1 + pick(8)))),
  (text, pick) =>
    onLines(text, pick, (lines, at) => lines.splice(pick(lines.length), 0, ...lines.splice(at, 1 + pick(4)))),
  (text, pick) =>
    onLines(text, pick, (lines, at) => lines.splice(at, 1, `${' '.repeat(pick(5))}${lines[at]}`)),
  (text, pick) => onLines(text, pick, (lines, at) => lines.splice(at, 1, lines[at]!.replace(/^ {1,2}/, ''))),
  // A key by another name.
  (text, pick) => replaceNth(text, pick, /[\w:]+(?=["']?\s*:)/g, (key) => `${key}${pick(9)}`),
  // An anchor on one value, an alias for another.
  (text, pick) =>
    replaceNth(
      replaceNth(text, pick, /: (?=\S)/g, () => ': &a '),
      pick,
      /: [^&\n]*$/gm,
      () => ': *a',
    ),
  // Half of one template and half of another.
  (text, pick, other) => text.slice(0, pick(text.length + 1)) + other.slice(pick(other.length + 1)),
  (text, pick, other) => {
    const start = pick(other.length + 1)
    return insert(text, pick, other.slice(start, start + pick(400)))
  },
  // The end is missing; the same again; other line breaks.
  (text, pick) => text.slice(0, pick(text.length + 1)),
  (text, pick) => text + text.slice(pick(text.length + 1)),
  (text) => text.replaceAll('\n', '\r\n'),
  (text) => text.replaceAll('\n', '\r'),
  (text) => `\ufeff${text}`,
  (text) => text.trimEnd(),
]

/** `text` with one to four things wrong with it; `other` is what parts are taken from. */
export function mutate(text: string, other: string, pick: Pick): string {
  let out = text
  for (let left = 1 + pick(4); left > 0; left--) out = MUTATIONS[pick(MUTATIONS.length)]!(out, pick, other)
  return out
}

function one(text: string, pick: Pick): [number, number] {
  const at = pick(text.length + 1)
  return [at, at + 1]
}

function insert(text: string, pick: Pick, what: string): string {
  const at = pick(text.length + 1)
  return cut(text, at, at, what)
}

function swapWord(text: string, pick: Pick, put: (words: readonly string[]) => string): string {
  const words = text.match(/[\w:.-]+/g) ?? ['']
  return replaceNth(text, pick, /[\w:.-]+/g, () => put(words))
}

function onLines(text: string, pick: Pick, change: (lines: string[], at: number) => unknown): string {
  const lines = text.split('\n')
  change(lines, pick(lines.length))
  return lines.join('\n')
}

function replaceNth(text: string, pick: Pick, what: RegExp, put: (found: string) => string): string {
  const found = [...text.matchAll(what)]
  const chosen = found[pick(Math.max(1, found.length))]
  if (chosen === undefined) return text
  return cut(text, chosen.index, chosen.index + chosen[0].length, put(chosen[0]))
}
