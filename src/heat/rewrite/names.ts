import { sha256 } from '../../core/digest.ts'
import { inputError } from '../../core/error.ts'

/** A name beside `path` that says what is in it. */
export function copyName(path: string, text: string, use: string): string {
  if (path.includes('#'))
    throw inputError(
      'KILN_TEMPLATE_NOT_WRITABLE',
      `the template inside ${use} is a text and cannot be rewritten; put it in a file`,
    )
  const dot = path.lastIndexOf('.')
  const end = dot > path.lastIndexOf('/') + 1 ? dot : path.length
  return `${path.slice(0, end)}-${sha256(text).slice(0, 12)}${path.slice(end)}`
}

/** `to` as it is called in the file `from`, both below the root. */
export function relativeName(from: string, to: string): string {
  const start = from.split('/').slice(0, -1)
  const end = to.split('/')
  let common = 0
  while (common < start.length && common < end.length - 1 && start[common] === end[common]) common++
  return [...start.slice(common).map(() => '..'), ...end.slice(common)].join('/')
}
