import { isUtf8 } from 'node:buffer'
import { inputError } from '../../core/error.ts'
import { lineAndColumn } from './problem.ts'

/**
 * The text of a template or environment, its byte order mark included, so that it can be written again byte for byte.
 * Throws an input error for what is not UTF-8, which Heat's client refuses too.
 */
export function decodeText(bytes: Uint8Array, name: string): string {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
  if (isUtf8(bytes)) return text
  const { line } = lineAndColumn(text, text.indexOf('\ufffd'))
  throw inputError('KILN_TEMPLATE_SYNTAX', `${name}, line ${line}: it is not UTF-8 text`, {
    hint: 'Save it as UTF-8.',
  })
}
