import { randomBytes } from 'node:crypto'

/** A name that no other process picks: `bytes` random bytes in hexadecimal. For temporary names only, never for results. */
export function randomName(bytes = 8): string {
  return randomBytes(bytes).toString('hex')
}
