import { NO_DEPS } from '../evaluate/result.ts'
import type { Found, FoundDeployment } from '../instances/findings.ts'
import type { Need } from '../types.ts'
import { cfnInitNeeds } from './cfn-init.ts'
import { cloudConfigNeeds } from './cloud-config.ts'
import { deploymentNeeds } from './deployments.ts'
import { base, entriesOf } from './parts.ts'
import { scriptNeeds } from './scripts.ts'
import type { Part, UserDataFinding } from './user-data.ts'

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
  options: { readonly scanScripts: boolean },
): Need[] {
  const needs = cfnInitNeeds(found.metadata, userData.summary)
  const { format } = userData.summary
  const blocked =
    format === 'HEAT_CFNTOOLS'
      ? 'with user_data_format HEAT_CFNTOOLS cloud-init does not read it'
      : format === 'unknown'
        ? 'user_data_format is not known, so neither is who reads it'
        : undefined
  const shadows = replacedIn(userData.parts)
  for (const [i, part] of userData.parts.entries()) {
    if (part.config) {
      needs.push(...cloudConfigNeeds(part.config, { part: i, blocked, replaced: shadows[i]! }))
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
    if (options.scanScripts && part.kind === 'script' && part.text)
      needs.push(...scriptNeeds(part.text, String(i)))
  }
  needs.push(...deploymentNeeds(found, deployments, options))
  return withHidingPackages(needs, userData.parts)
}

/** True if one of the cloud-configs says how they are put together; else the last that has a key replaces all before. */
function isMerged(parts: readonly Part[]): boolean {
  const says = ({ name }: { readonly name: string }) => name === 'merge_how' || name === 'merge_type'
  return parts.some(({ config }) => entriesOf(config).some(says))
}

/** By part, the keys that a later one replaces. Packages are taken from all: that is what their author meant, and does no harm. */
function replacedIn(parts: readonly Part[]): ReadonlySet<string>[] {
  const keys = parts.map(({ config }) => entriesOf(config).map(({ name }) => name))
  const merged = isMerged(parts)
  return keys.map((names, i) => {
    const later = new Set(keys.slice(i + 1).flat())
    return new Set(merged ? [] : names.filter((name) => name !== 'packages' && later.has(name)))
  })
}

/** Packages of a later part hide those of an earlier one: they may not go while one of these is not in the image. */
function withHidingPackages(needs: readonly Need[], parts: readonly Part[]): Need[] {
  if (isMerged(parts)) return [...needs]
  const partOf = (need: Need) => /^cloud(\d*):packages/.exec(need.id)?.[1]
  const kept = needs.flatMap((need) => (need.bake ? [] : (partOf(need) ?? []))).map(Number)
  return needs.map((need) => {
    const part = partOf(need)
    return part !== undefined && kept.some((other) => other < Number(part))
      ? { ...need, removable: false }
      : need
  })
}
