import { NO_DEPS } from '../evaluate/result.ts'
import type { Found, FoundDeployment } from '../instances/findings.ts'
import type { Need } from '../types.ts'
import { cfnInitNeeds } from './cfn-init.ts'
import { cloudConfigNeeds } from './cloud-config.ts'
import { deploymentNeeds } from './deployments.ts'
import { base } from './parts.ts'
import type { UserDataFinding } from './user-data.ts'

const WHY_TEXT: Readonly<Record<string, string>> = {
  script: 'the script in the user data runs at boot',
  include: 'what it includes is fetched at boot',
  jinja: 'its template is filled in at boot',
  windows: 'it runs on Windows',
  mime: 'its parts are read at boot',
  ignition: 'ignition reads it at the first boot',
  other: 'what the user data holds is not known, it is handed on as it is',
}

/** All that an instance asks for: in its metadata, its user data, and by deployments to it. */
export function needsOf(
  found: Found,
  userData: UserDataFinding,
  deployments: readonly FoundDeployment[],
): Need[] {
  const needs = cfnInitNeeds(found.metadata, userData.summary)
  const { format } = userData.summary
  const blocked =
    format === 'HEAT_CFNTOOLS'
      ? 'with user_data_format HEAT_CFNTOOLS cloud-init does not read it'
      : format === 'unknown'
        ? 'user_data_format is not known, so neither is who reads it'
        : undefined
  for (const [i, part] of userData.parts.entries()) {
    if (part.config) {
      needs.push(...cloudConfigNeeds(part.config, i, blocked))
      continue
    }
    const why = part.problem === undefined ? WHY_TEXT[part.kind] : `it is not YAML: ${part.problem}`
    const deps = part.text?.deps ?? NO_DEPS
    const made = base({
      id: `user-data:${i}`,
      from: 'cloud-config',
      deps,
      status: 'resolved',
      never: why ?? 'it runs at boot',
    })
    needs.push({ kind: 'other', name: part.kind === 'script' ? 'user data script' : 'user data', ...made })
  }
  needs.push(...deploymentNeeds(found, deployments))
  return needs
}
