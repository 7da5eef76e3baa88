import { KilnError } from '../core/error.ts'
import type { Lock } from '../lock/lock.ts'
import type { Recipe } from '../recipe/recipe.ts'
import { DEBS, GUEST_DEBS, GUEST_ENV, TREE } from '../stages/stage.ts'
import { openStore } from '../store/store.ts'
import { converse, type UserStreams } from '../tools/sandbox/terminal.ts'
import { planFor } from './build.ts'
import { inWorkspace } from './in-workspace.ts'
import { neededBy } from './record.ts'
import { runStages } from './run-stages.ts'
import { stageNamed } from './stage-name.ts'
import type { BuildContext } from './types.ts'

export interface ShellRequest {
  /** The tree at the end of this stage; undefined: of the last one. */
  readonly stage?: string | undefined
  /** The tree as the first stage that fails leaves it. */
  readonly failed: boolean
  /** Program of the guest with its arguments; empty: a shell. */
  readonly command: readonly string[]
  /** Says to the user where he is, before he is. */
  readonly announce: (place: ShellPlace) => void
  /** Name of the user's terminal (`TERM`). */
  readonly term: string | undefined
}

export interface ShellPlace {
  /** The last stage that ran, as people call it. */
  readonly stage: string
  /** What it failed with. */
  readonly failure?: KilnError
}

/** What a shell is, of what the tree has. */
const SHELL = ['/bin/sh', '-c', 'if [ -x /bin/bash ]; then exec /bin/bash -i; else exec /bin/sh -i; fi']

/**
 * Lets the user work in the tree of a build, in the sandbox of its stages. Layers are used and kept as by a build; what
 * the user changes is thrown away.
 * @returns exit status of the command. @throws KilnError as `build`, `KILN_STAGE_UNKNOWN`; Interrupted.
 */
export async function shell(
  recipe: Recipe,
  lock: Lock,
  request: ShellRequest,
  user: UserStreams,
  context: BuildContext,
): Promise<number> {
  const planned = planFor(recipe, lock)
  const last =
    request.stage === undefined ? planned.stages.length - 1 : stageNamed(planned, request.stage, recipe.name)
  const store = await openStore(context.config.store)
  await store.use(neededBy(planned, lock))
  return inWorkspace(lock, store, context, async (workspace) => {
    const stages = planned.stages.slice(0, last + 1)
    let reached = -1
    const failure = await runStages({ ...planned, stages }, recipe.name, store, workspace, {
      ...context,
      onStage: (n) => {
        reached = n
      },
    }).then(
      () => undefined,
      (error: unknown) => {
        if (!request.failed || !ofStage(error) || context.signal?.aborted) throw error
        return error
      },
    )
    const { name, about } = stages[reached]!
    const stage = [name, about].filter(Boolean).join(' ')
    request.announce({ stage, ...(failure ? { failure } : {}) })
    const { sandbox } = workspace
    const started = sandbox.startGuest(TREE, request.command.length > 0 ? request.command : SHELL, {
      env: {
        ...GUEST_ENV,
        // Debian's shells show it before their prompt.
        debian_chroot: `${recipe.name} ${name}`,
        ...(user.terminal && /^[A-Za-z0-9+._-]+$/.test(request.term ?? '') ? { TERM: request.term! } : {}),
      },
      binds: [{ source: DEBS, target: GUEST_DEBS }],
      terminal: user.terminal?.size(),
    })
    return await converse(started, user, context.signal)
  })
}

/** Whether it is the stage that failed, and not what it ran in. */
function ofStage(error: unknown): error is KilnError {
  return error instanceof KilnError && !['KILN_SANDBOX_FAILED', 'KILN_NO_SPACE'].includes(error.code)
}
