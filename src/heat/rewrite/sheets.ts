import type { Use } from '../instances/findings.ts'
import type { Document } from '../read/document.ts'
import type { TemplateScope } from '../template/scope.ts'
import type { Change } from './edits.ts'
import type { Patch } from './expected.ts'
import { type Way, Ways } from './ways.ts'

/** A text that is to stand at a place of a document. */
export interface Want {
  readonly way: Way
  readonly text: string
  /** What it is, for the list of edits. */
  readonly why: string
  /** The instance or nested template that it is for. */
  readonly path: string
}

/** What changes in one text. */
export interface Sheet {
  readonly document: Document
  readonly ways: Ways
  readonly wants: Want[]
  readonly changes: Change[]
  readonly patches: Patch[]
}

/** What changes in one template: the main one (`use` undefined), or one use of a nested one. */
export interface TemplateSheet extends Sheet {
  readonly scope: TemplateScope
  readonly use: Use | undefined
}

const ways = new WeakMap<Document, Ways>()

/** An empty sheet. */
export function newSheet(document: Document): Sheet {
  let known = ways.get(document)
  if (known === undefined) {
    known = new Ways(document.root)
    ways.set(document, known)
  }
  return { document, ways: known, wants: [], changes: [], patches: [] }
}

/** The sheets of one rewriting. */
export class Sheets {
  readonly #sheets = new Map<TemplateScope, TemplateSheet>()

  /** The sheet of a template; `use` undefined: of the main one. */
  of(scope: TemplateScope, use: Use | undefined): TemplateSheet {
    let sheet = this.#sheets.get(scope)
    if (sheet === undefined) {
      sheet = { ...newSheet(scope.template.document), scope, use }
      this.#sheets.set(scope, sheet)
    }
    return sheet
  }

  all(): readonly TemplateSheet[] {
    return [...this.#sheets.values()]
  }
}
