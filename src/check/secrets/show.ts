import { KilnError } from '../../core/error.ts'
import { oneLine } from '../../core/text.ts'
import type { Finding } from './types.ts'

/** Findings that a message lists; all of them are in its data. */
const SHOWN = 20

/** Where something was found, for people: `/etc/app.conf:3`. Its path is the image's word. */
export function placeOf({ path, line, offset }: Finding): string {
  const plain = /[\p{Cc}\p{Cs}\p{Cf}\u2028\u2029]/u.test(path) ? JSON.stringify(path) : path
  return oneLine(
    `${plain}${line === undefined ? '' : `:${line}`}${offset === undefined ? '' : ` (byte ${offset})`}`,
  )
}

/** The one error of images with secrets in them: which images, what and where. Never what they are. */
export function secretsError(
  images: readonly { readonly name: string; readonly refused: readonly Finding[] }[],
): KilnError {
  const all = images.flatMap(({ name, refused }) => refused.map((finding) => ({ name, finding })))
  const [first] = all
  const count = all.length === 1 ? 'a secret' : `${all.length} secrets`
  const names = images.map(({ name }) => name)
  const subject = names.length === 1 ? `The image ${names[0]} has` : `The images ${names.join(', ')} have`
  const lines = all.slice(0, SHOWN).map(({ name, finding }) => {
    const of = names.length === 1 ? '' : `${name}: `
    return `  ${of}${placeOf(finding)}  ${finding.kind}: ${finding.what}`
  })
  if (all.length > SHOWN) lines.push(`  and ${all.length - SHOWN} more`)
  return new KilnError(
    'KILN_SECRETS_FOUND',
    `${subject} ${count} inside and may not be published: ${first!.finding.what} in ${placeOf(first!.finding)}${all.length > 1 ? `, and ${all.length - 1} more` : ''}.`,
    {
      hint: `${lines.join('\n')}\nKeep it out of the image. If it is meant to be there: in a recipe, allow_secrets: [{kind: ${first!.finding.kind}, path: ${JSON.stringify(first!.finding.path)}}]; for a template, --allow-secret KIND:PATH.`,
      data: { secrets: all.map(({ name, finding }) => ({ image: name, ...finding })) },
    },
  )
}
