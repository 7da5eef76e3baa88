/** Text that is not what it should be, at an offset. The reader of the document turns it into an error with line and column. */
export class SyntaxProblem extends Error {
  readonly offset: number

  constructor(message: string, offset: number) {
    super(message)
    this.name = 'SyntaxProblem'
    this.offset = offset
  }
}

/** Deeper nesting is refused: the engine's own parser gives up near there too, and our walks may recurse. */
export const DEPTH_LIMIT = 250

/** Line and column, from 1, of an offset. */
export function lineAndColumn(text: string, offset: number): { line: number; column: number } {
  let line = 1
  let last = 0
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) {
    line++
    last = at + 1
  }
  return { line, column: offset - last + 1 }
}
