import { NO_DEPS } from '../evaluate/result.ts'
import type { PackageNeed } from '../types.ts'
import { type Install, installsIn } from './installs.ts'
import { base } from './parts.ts'
import type { Text } from './taint.ts'

/**
 * Packages that a script names in plain install lines, as needs that never leave it. `from` names the script among others. What only
 * a hidden parameter brings in is not there; what another one does carries it.
 */
export function scriptNeeds(text: Text, from: string): PackageNeed[] {
  const visible = installsIn(text.unhidden).map(key)
  const fixed = new Set(installsIn(text.bare).map(key))
  return installsIn(text.full)
    .filter((one) => visible.includes(key(one)))
    .map((one) => {
      const deps = fixed.has(key(one)) ? NO_DEPS : { ...NO_DEPS, params: text.deps.params }
      const id = `script:${from}/${one.manager}/${one.name}`
      return {
        kind: 'package',
        manager: one.manager,
        managerName: one.manager,
        name: one.name,
        versions: one.version === undefined ? [] : [one.version],
        ...base({ id, from: 'script', deps, status: 'resolved' }),
      }
    })
}

function key({ manager, name, version }: Install): string {
  return `${manager} ${name} ${version ?? ''}`
}
