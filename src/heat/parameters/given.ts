import { inputError } from '../../core/error.ts'

/**
 * Splits `--parameters "A=1;B=2"` (at `;`) and any number of `-P A=1` (not split). The first `=` ends the name; names are trimmed,
 * values are not; empty items are skipped. A repeated name or an item without `=` is an input error. Such an item is
 * not shown: it may be the rest of a hidden value that had a `;` in it.
 */
export function parseParameters(
  list: string | undefined,
  single: readonly string[] = [],
): Map<string, string> {
  const out = new Map<string, string>()
  let before: string | undefined
  for (const item of [...(list ?? '').split(';'), ...single]) {
    if (item.trim() === '') continue
    const at = item.indexOf('=')
    const name = (at < 0 ? item : item.slice(0, at)).trim()
    if (at < 0 || name === '')
      throw inputError(
        'KILN_PARAMETER_SYNTAX',
        before === undefined
          ? 'The first parameter is not given as NAME=VALUE.'
          : `What is given after the parameter ${before} is not NAME=VALUE.`,
        {
          hint: 'Separate parameters with ";" in --parameters; give a value that holds a ";" with -P NAME=VALUE.',
        },
      )
    if (out.has(name))
      throw inputError('KILN_PARAMETER_TWICE', `The parameter ${name} is given twice.`, {
        hint: 'Give it once, in --parameters or with -P.',
      })
    out.set(name, item.slice(at + 1))
    before = name
  }
  return out
}
