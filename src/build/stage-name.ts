import { inputError } from '../core/error.ts'
import type { Plan } from '../plan/plan.ts'

/**
 * The place of the stage that a user calls `name` (`packages`, or `packages nginx`), the last of several.
 * @throws KilnError `KILN_STAGE_UNKNOWN`.
 */
export function stageNamed({ stages }: Plan, name: string, image: string): number {
  const at = stages.findLastIndex((stage) => [stage.name, `${stage.name} ${stage.about}`].includes(name))
  if (at >= 0) return at
  throw inputError('KILN_STAGE_UNKNOWN', `The build of ${image} has no stage ${name}.`, {
    hint: `It has ${[...new Set(stages.map((stage) => stage.name))].join(', ')}.`,
  })
}
