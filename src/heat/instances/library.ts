import { KilnError } from '../../core/error.ts'
import { refusal } from '../files.ts'
import { decodeText } from '../read/bytes.ts'
import { readTemplate, type Template } from '../template/template.ts'
import type { Files, Reason } from '../types.ts'

/** The nested templates of an analysis, each read once. */
export class Library {
  readonly #files: Files
  readonly #lenient: boolean
  readonly #templates = new Map<string, Template | Reason>()

  constructor(files: Files, lenientAws: boolean) {
    this.#files = files
    this.#lenient = lenientAws
  }

  /** The template in `file`, or why there is none; `path` is the resource that wants it. */
  read(file: string, path: string): Template | Reason {
    const held = this.#templates.get(file)
    if (held !== undefined) return 'code' in held ? { ...held, path } : held
    const answer = this.#files.read(file)
    let result: Template | Reason
    if (!answer.ok) {
      const message = `the nested template ${file} ${refusal(answer.why)}`
      result = { code: 'KILN_TEMPLATE_NESTED', path, message }
    } else result = this.parse(answer.bytes, file, path)
    this.#templates.set(file, result)
    return result
  }

  /** Reads a template out of a text, or the bytes of a file; a reason where it is none. */
  parse(source: string | Uint8Array, file: string, path: string): Template | Reason {
    try {
      const text = typeof source === 'string' ? source : decodeText(source, file)
      return readTemplate(text, file, { lenientAws: this.#lenient })
    } catch (error) {
      if (!(error instanceof KilnError)) throw error
      return { code: error.code, path, message: error.message }
    }
  }
}
