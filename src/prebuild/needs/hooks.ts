import type { HookNeed } from '../../heat/index.ts'
import { type Draft, type Fate, stays } from './draft.ts'

/**
 * A software deployment needs an agent and a hook in the image, and no current distribution packages them all: the user
 * must say where they come from. A build without them would give a server that never answers.
 */
export function bakeHook(draft: Draft, need: HookNeed): Fate {
  const absent = need.requires.filter((name) => !draft.packageMap.packages.has(name))
  if (need.requires.length === 0) return stays(need.why ?? 'what it runs is known only to the running stack')
  if (absent.length > 0) {
    draft.problems.push({
      code: 'KILN_AGENT_ABSENT',
      path: draft.instance.path,
      message: `the deployment ${need.deployment} of ${draft.instance.path} needs ${absent.join(', ')} in the image, and Kiln does not know a package for ${absent.length > 1 ? 'them' : 'it'}`,
      hint: `Name the packages in a file for --package-map (an empty list leaves one out):\n${absent.map((name) => `  ${name}: []`).join('\n')}`,
    })
    return 'problem'
  }
  for (const name of need.requires) draft.packages.push(...draft.packageMap.packages.get(name)!)
  return 'baked'
}
