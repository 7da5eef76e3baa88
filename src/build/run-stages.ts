import { clock } from '../core/clock.ts'
import { about } from '../core/error.ts'
import { step } from '../core/events.ts'
import type { Plan, PlannedStage } from '../plan/plan.ts'
import type { StageContext } from '../stages/stage.ts'
import { claim } from '../store/claim.ts'
import type { Store } from '../store/store.ts'
import { findLayer, keepLayer, markTree, restoreLayer, startTree } from './layers.ts'
import type { Sharing } from './shared.ts'
import type { BuildContext, StageReport } from './types.ts'
import type { Workspace } from './workspace.ts'

/** Who wants to know where a build is. */
export interface StageListeners {
  /** Before the stage with this number. */
  readonly onStage?: (n: number) => void
  /** After a stage, and once more before the disk is written of the tree. */
  readonly afterStage?: (stage: string, context: StageContext) => Promise<void>
}

/** Where else layers may come from. */
export interface LayerSource {
  readonly sharing?: Pick<Sharing, 'layer'>
}

/**
 * Brings the tree to the end of the plan: kept stages whose layer is in the store are restored, the others run. Of
 * several builds that need the same layer at once, one makes it and the others wait for it.
 */
export async function runStages(
  planned: Plan,
  name: string,
  store: Store,
  workspace: Workspace,
  context: BuildContext & StageListeners & LayerSource,
): Promise<StageReport[]> {
  const reports: StageReport[] = []
  /** Digest of the layer that the tree was last known to equal; stages since then are in no layer. */
  let below = ''
  /** The tree has been marked since the last restored layer, so that changes can be told. */
  let marked = false
  const one = async (stage: PlannedStage, stageContext: StageContext): Promise<'done' | 'reused'> => {
    if (!stage.kept) {
      await stage.run(stageContext)
      return 'done'
    }
    await using undo = new AsyncDisposableStack()
    let layer = await findLayer(store, stage.key, below)
    if (!layer) {
      const waiting = () => stageContext.step.log('another build makes this layer; waiting for it')
      undo.use(await claim(store.cache('building'), stage.key, waiting, context.signal))
      layer = await findLayer(store, stage.key, below)
      layer ??= await context.sharing?.layer(stage.key, below)
    }
    if (layer) {
      await store.touch('layers', stage.key)
      await restoreLayer(layer, stageContext)
      marked = false
      below = layer.digest
      return 'reused'
    }
    if (!marked && below !== '') await markTree(stageContext)
    await stage.run(stageContext)
    below = await keepLayer(store, stage, below, workspace.out, stageContext)
    marked = true
    return 'done'
  }
  for (const [n, stage] of planned.stages.entries()) {
    const label = `${name}: ${[stage.name, stage.about].filter(Boolean).join(' ')}`
    await step(context.events, `${name} ${stage.key.slice(0, 12)}`, label, async (current, report) => {
      const start = clock.monotonic()
      context.onStage?.(n)
      const stageContext: StageContext = {
        sandbox: workspace.sandbox,
        os: planned.os,
        epoch: planned.epoch,
        object: store.objectPath,
        step: current,
      }
      if (n === 0) await startTree(stageContext)
      const outcome = await one(stage, stageContext).catch((error: unknown) => {
        // Builds run side by side: the sentence must say whose stage it was.
        throw about(label, error)
      })
      await context.afterStage?.([stage.name, stage.about].filter(Boolean).join(' '), stageContext)
      report(outcome)
      const seconds = (clock.monotonic() - start) / 1000
      reports.push({ stage: stage.name, key: stage.key, outcome, seconds })
    })
  }
  return reports
}
