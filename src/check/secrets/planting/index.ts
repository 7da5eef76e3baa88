import { keys } from './keys.ts'
import type { Secret } from './made.ts'
import { state } from './state.ts'
import { tokens } from './tokens.ts'

export { chars, type Secret } from './made.ts'

/** One of each; what is planted below a home or for a service is what its program writes there. */
export const SECRETS: readonly Secret[] = [...keys, ...tokens, ...state]
