import { beforeAll } from 'vitest'
import { forgetSecrets } from '../../src/core/redact.ts'

// A secret of one file's tests would be taken out of what another file's say.
beforeAll(forgetSecrets)
