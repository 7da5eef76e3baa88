/** A pattern that Python's `re` would refuse, or that cannot be used here. */
export class PatternProblem extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'PatternProblem'
  }
}

/** Python would take the pattern, but it or the match takes more than is granted here. */
export class PatternLimit extends PatternProblem {
  constructor(message: string) {
    super(message)
    this.name = 'PatternLimit'
  }
}
