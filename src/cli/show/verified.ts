import type { Unequal, Verified } from '../../build/verify.ts'
import { KilnError } from '../../core/error.ts'
import { count } from '../render/format.ts'

/** How many files the sentence below the error names; the document names them all. */
const MOST = 20

/** That two builds of `name` differ, and where. */
export function unequalError(name: string, verified: Verified): KilnError {
  const { version, second, files } = verified
  const stages = [...new Set(files.map(({ stage }) => stage))]
  const where =
    files.length > 0
      ? `${count(files.length, 'file')} of the stage${stages.length === 1 ? '' : 's'} ${stages.join(', ')}`
      : version.digest === second
        ? 'the same disk, written to other bytes of the image file'
        : 'equal files, written to another disk, or attributes that are not compared'
  const lines = files.slice(0, MOST).map(line)
  if (files.length > MOST) lines.push(`and ${files.length - MOST} more; --json names all`)
  return new KilnError('KILN_NOT_REPRODUCIBLE', `Two builds of ${name} differ: ${where}.`, {
    hint: [...lines, `The first has the digest ${version.digest}, the second ${second}.`].join('\n'),
    data: { first: version.digest, second, files },
  })
}

function line({ path, stage, first, second }: Unequal): string {
  if (first === undefined || second === undefined)
    return `${stage}: ${path} is only in the ${first === undefined ? 'second' : 'first'}`
  const [a, b] = [first.split('; '), second.split('; ')]
  const words = a.filter((part) => !b.includes(part)).map((part) => part.split(' ')[0])
  return `${stage}: ${path} (${words.join(', ') || 'more in the second'})`
}
