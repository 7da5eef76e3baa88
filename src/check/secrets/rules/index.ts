import type { ContentRule, PlaceRule } from '../types.ts'
import { accountRules } from './accounts.ts'
import { credentialRules } from './credentials.ts'
import { keyRules } from './keys.ts'
import { passwordRules } from './passwords.ts'
import { stateRules } from './state.ts'
import { tokenRules } from './tokens.ts'

export const contentRules: readonly ContentRule[] = [...keyRules, ...tokenRules, ...passwordRules]
export const placeRules: readonly PlaceRule[] = [...accountRules, ...stateRules, ...credentialRules]
