import { randomBytes } from 'node:crypto'

/** A name that no other process picks: `bytes` random bytes in hexadecimal. For names and secrets, never for what a build gives. */
export function randomName(bytes = 8): string {
  return randomBytes(bytes).toString('hex')
}
