import type { Use } from '../instances/findings.ts'
import type { TemplateScope } from '../template/scope.ts'
import type { Change } from './edits.ts'
import type { Patch } from './expected.ts'

/** What changes in one template: its main text, or one use of a nested one. */
export interface Sheet {
  readonly scope: TemplateScope
  readonly use: Use | undefined
  readonly changes: Change[]
  readonly patches: Patch[]
}

/** The sheets of one rewriting. */
export class Sheets {
  readonly #sheets = new Map<TemplateScope, Sheet>()

  /** The sheet of a template; `use` undefined: of the main one. */
  of(scope: TemplateScope, use: Use | undefined): Sheet {
    let sheet = this.#sheets.get(scope)
    if (sheet === undefined) {
      sheet = { scope, use, changes: [], patches: [] }
      this.#sheets.set(scope, sheet)
    }
    return sheet
  }

  all(): readonly Sheet[] {
    return [...this.#sheets.values()]
  }
}
