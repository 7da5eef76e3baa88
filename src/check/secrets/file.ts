import type { TreeEntry } from '../../disk/tree.ts'
import type { SecretKind } from '../../recipe/secret-kinds.ts'
import { binarySecret, hasKeyBag } from './binary.ts'
import { Needles } from './needles.ts'
import { contentRules, placeRules } from './rules/index.ts'
import { type ContentRule, type Hit, PLACE_LIMIT, type PlaceRule } from './types.ts'

/** Bytes looked at together. A file that is larger is looked at in windows that overlap. */
const WINDOW = 4 << 20
/** More than any rule looks at on both sides of a needle. */
const OVERLAP = 16 << 10
/** Hits of one rule in one file, then the rest of it says nothing new. */
const MOST = 50
/** A file with a zero byte among the first of this number is no text. */
const TEXT_HEAD = 8000
/** A line of a configuration that a person can read is shorter; what follows is not looked at by rules of places. */
const LONGEST_LINE = 2048

/** Kinds that say less than others. */
const VAGUE: readonly SecretKind[] = ['config-password', 'url-password', 'dotenv']

const REPOSITORIES = /^etc\/(apt|yum\.repos\.d|dnf|zypp|apk)\//

const owners: ContentRule[] = []
const needles = new Needles(
  contentRules.flatMap((rule) =>
    rule.needles.map((text) => {
      owners.push(rule)
      return { text, fold: rule.fold === true }
    }),
  ),
)

/** A hit with its place for people. */
export interface Placed extends Hit {
  readonly line?: number
  readonly offset?: number
}

/** Looks at one file after another: {@link begin}, {@link push} for its bytes, {@link end}. Holds one window of memory. */
export class FileScanner {
  #window: Buffer | undefined
  #filled = 0
  /** Where in the file the window begins, and how many lines are before it. */
  #base = 0
  #lines = 0
  #path = ''
  #size = 0
  #places: readonly PlaceRule[] = []
  #text: boolean | undefined
  readonly #hits = new Map<string, Placed & { readonly rank: number }>()
  readonly #counts = new Map<ContentRule, number>()

  begin({ path, size, kind }: Pick<TreeEntry, 'path' | 'size' | 'kind'>): void {
    this.#path = path
    this.#size = size
    this.#filled = 0
    this.#base = 0
    this.#lines = 0
    this.#text = undefined
    this.#hits.clear()
    this.#counts.clear()
    this.#places = placeRules.filter(
      (rule) => (rule.entries ?? ['file']).includes(kind) && rule.path.test(path),
    )
  }

  /** The next bytes of the file. They may be written over afterwards. */
  push(piece: Buffer): void {
    // Most files come in one piece, which needs no copy.
    if (this.#filled === 0 && this.#base === 0 && piece.length === this.#size) {
      this.#look(piece)
      this.#filled = -1
      return
    }
    this.#window ??= Buffer.allocUnsafe(WINDOW)
    for (let from = 0; from < piece.length; ) {
      const count = Math.min(piece.length - from, WINDOW - this.#filled)
      piece.copy(this.#window, this.#filled, from, from + count)
      this.#filled += count
      from += count
      if (this.#filled === WINDOW) this.#move()
    }
  }

  /** What was found in the file: at most one thing a line, and nothing more where the file as a whole is one. */
  end(): Placed[] {
    if (this.#filled > 0) this.#look(this.#window!.subarray(0, this.#filled))
    // An empty file or a link says something by being there only where a rule says so.
    if (this.#size === 0)
      for (const rule of this.#places)
        if (rule.entries !== undefined && rule.find === undefined) this.#add(rule, 0)
    const hits = [...this.#hits.values()].sort((a, b) => a.rank - b.rank)
    const whole = hits.find(({ line, offset }) => line === undefined && offset === undefined)
    const seen = new Set<unknown>()
    return (whole ? [whole] : hits)
      .filter(({ line }) => line === undefined || (!seen.has(line) && seen.add(line)))
      .map(({ rank: _rank, ...hit }) => hit)
      .sort((a, b) => (a.line ?? a.offset ?? 0) - (b.line ?? b.offset ?? 0))
  }

  #move(): void {
    const window = this.#window!
    this.#look(window)
    const kept = WINDOW - OVERLAP
    this.#lines += newlines(window, kept)
    window.copyWithin(0, kept, WINDOW)
    this.#base += kept
    this.#filled = OVERLAP
  }

  #look(bytes: Buffer): void {
    const wide = this.#base === 0 ? wideText(bytes) : undefined
    this.#text ??= wide !== undefined || !bytes.subarray(0, TEXT_HEAD).includes(0)
    if (this.#base === 0) {
      this.#lookAtPlace(wide ?? bytes)
      const hit = wide ? undefined : binarySecret(bytes, this.#size)
      // A trust store looks the same, but for what is in it.
      if (hit && (hit.what !== PKCS12 || hasKeyBag(bytes) || this.#size > bytes.length)) this.#add(hit, 1)
    }
    this.#lookAtContent(wide ?? bytes)
  }

  #lookAtContent(bytes: Buffer): void {
    const until = new Map<ContentRule, number>()
    needles.search(bytes, (at, number) => {
      const rule = owners[number]!
      if (rule.textOnly && !this.#text) return
      if (rule.word && at > 0 && isWord(bytes[at - 1]!)) return
      if ((this.#counts.get(rule) ?? 0) >= MOST) return
      if (at < (until.get(rule) ?? 0)) return
      rule.pattern.lastIndex = 0
      const match = rule.pattern.exec(
        bytes.toString('latin1', at, Math.min(bytes.length, at + (rule.span ?? 512))),
      )
      if (!match) return
      // What was looked at as a whole is not looked at again from its middle.
      until.set(rule, at + match[0].length)
      if (
        rule.accept &&
        !rule.accept(match, bytes.toString('latin1', Math.max(0, at - (rule.before ?? 1)), at))
      )
        return
      this.#counts.set(rule, (this.#counts.get(rule) ?? 0) + 1)
      this.#add({ kind: this.#kindHere(rule), what: rule.what, at }, VAGUE.includes(rule.kind) ? 3 : 1, bytes)
    })
  }

  /** A login for a repository is called that, however it is written. */
  #kindHere({ kind }: ContentRule): SecretKind {
    return kind === 'url-password' && REPOSITORIES.test(this.#path) ? 'apt-credentials' : kind
  }

  #lookAtPlace(bytes: Buffer): void {
    if (this.#places.length === 0) return
    const all = bytes.toString('latin1', 0, PLACE_LIMIT)
    // What is no text has no lines that could be too long.
    const { text, original } = this.#text ? cut(all) : { text: all, original: (at: number) => at }
    for (const rule of this.#places) {
      const found = rule.find ? rule.find(text, this.#path) : true
      const rank = VAGUE.includes(rule.kind) ? 2 : 0
      if (found === true) this.#add(rule, rank)
      else if (found)
        for (const at of found.slice(0, MOST))
          this.#add({ kind: rule.kind, what: rule.what, at: original(at) }, rank, bytes)
    }
  }

  /** Keeps a hit, once a line and kind. Of several in a line the one of the lowest rank says most. */
  #add({ kind, what, at }: Hit, rank: number, bytes?: Buffer): void {
    const place =
      at === undefined || !bytes
        ? {}
        : this.#text
          ? { line: this.#lines + newlines(bytes, at) + 1 }
          : { offset: this.#base + at }
    const key = `${kind} ${place.line ?? place.offset ?? ''}`
    if (!this.#hits.has(key)) this.#hits.set(key, { kind, what, rank, ...place })
  }
}

const PKCS12 = 'store of private keys (PKCS #12)'

/** How many lines end before `to`. */
function newlines(bytes: Buffer, to: number): number {
  let count = 0
  for (let at = bytes.indexOf(10); at >= 0 && at < to; at = bytes.indexOf(10, at + 1)) count++
  return count
}

function isWord(byte: number): boolean {
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    (byte >= 0x41 && byte <= 0x5a) ||
    (byte >= 0x61 && byte <= 0x7a) ||
    byte === 0x5f
  )
}

/** Text of two bytes a character, as other systems write it, in one byte each. */
function wideText(bytes: Buffer): Buffer | undefined {
  if (
    bytes.length < 4 ||
    !((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff))
  )
    return undefined
  const low = bytes[0] === 0xff ? 0 : 1
  const narrow = Buffer.allocUnsafe((bytes.length >> 1) - 1)
  for (let n = 0; n < narrow.length; n++) narrow[n] = bytes[2 + 2 * n + low]!
  return narrow
}

/** Text without the ends of its longest lines, and what offsets in it were before. */
function cut(text: string): { readonly text: string; readonly original: (at: number) => number } {
  const all = text.split('\n')
  if (all.every((line) => line.length <= LONGEST_LINE)) return { text, original: (at) => at }
  const lines: string[] = []
  const starts: { readonly at: number; readonly was: number }[] = []
  let [at, was] = [0, 0]
  for (const line of all) {
    starts.push({ at, was })
    const short = line.slice(0, LONGEST_LINE)
    lines.push(short)
    at += short.length + 1
    was += line.length + 1
  }
  const original = (offset: number) => {
    const start = starts.findLast((line) => line.at <= offset)!
    return start.was + offset - start.at
  }
  return { text: lines.join('\n'), original }
}
