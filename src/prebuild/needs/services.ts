import type { ServiceNeed } from '../../heat/index.ts'
import { type Draft, type Fate, isServiceName, stays } from './draft.ts'

/** Switches a service on or off in the recipe. That it must run is said in the residue: nothing is started in a build. */
export function bakeService(draft: Draft, need: ServiceNeed): Fate {
  if (need.enabled === undefined) return stays('it is only started or stopped, which happens at boot')
  if (!['systemd', 'sysvinit'].includes(need.manager))
    return stays(`Kiln knows no services of ${need.manager}`)
  const names = draft.packageMap.services.get(need.name) ?? [need.name]
  if (!names.every(isServiceName)) return stays('this is not the name of a service')
  for (const name of names) {
    // The last word counts, as it would at boot.
    ;(need.enabled ? draft.disable : draft.enable).delete(name)
    ;(need.enabled ? draft.enable : draft.disable).add(name)
  }
  return 'baked'
}
