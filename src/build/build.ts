import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { clock } from '../core/clock.ts'
import { sha256File } from '../core/digest.ts'
import { about, KilnError } from '../core/error.ts'
import { step } from '../core/events.ts'
import { writeQcow2 } from '../disk/index.ts'
import { distribution } from '../distro/index.ts'
import type { Lock } from '../lock/lock.ts'
import { type Plan, plan } from '../plan/plan.ts'
import type { Recipe } from '../recipe/recipe.ts'
import { claim } from '../store/claim.ts'
import { openStore, type Store } from '../store/store.ts'
import { toolsDigest } from '../tools/tree/lock.ts'
import { makeDisk } from './disk.ts'
import { inWorkspace } from './in-workspace.ts'
import { madeFrom, neededBy, type VersionRecord } from './record.ts'
import { runStages, type StageListeners } from './run-stages.ts'
import { openSharing } from './shared.ts'
import { lockedTools } from './tools.ts'
import type { BuildContext, Version } from './types.ts'
import type { Workspace } from './workspace.ts'

/** The version if it is in the store already. No program is started and nothing is fetched. */
export async function findVersion(
  recipe: Recipe,
  lock: Lock,
  context: BuildContext,
): Promise<Version | undefined> {
  const store = await openStore(context.config.store)
  const planned = planFor(recipe, lock)
  await store.use([`versions/${planned.key}`])
  return recall(store, planned, recipe, lock)
}

/**
 * Builds what a recipe and its lock ask for, or finds it in the store. Finished layers are kept as they are made, so a
 * build that was ended by anything goes on from there the next time.
 * @throws KilnError of the stage that failed; Interrupted.
 */
export async function build(
  recipe: Recipe,
  lock: Lock,
  context: BuildContext & StageListeners,
): Promise<Version> {
  const start = clock.monotonic()
  const { events, signal } = context
  const store = await openStore(context.config.store)
  const planned = planFor(recipe, lock)
  await store.use(neededBy(planned, lock))
  const sharing = await openSharing(store, context)
  const known = await recall(store, planned, recipe, lock)
  if (known) {
    await sharing.give(planned)
    return known
  }
  await using _claim = await claim(
    store.cache('building'),
    planned.key,
    () =>
      events.emit({
        type: 'note',
        level: 'info',
        message: `${recipe.name} is being built by another process; waiting for it.`,
      }),
    signal,
  )
  const meanwhile = await recall(store, planned, recipe, lock)
  if (meanwhile) return meanwhile
  if (await sharing.version(planned.key)) {
    const taken = await recall(store, planned, recipe, lock)
    if (taken) return taken
  }
  // Awaited here: what is claimed must be held until it is done.
  return await inWorkspace(lock, store, context, async (workspace, tools) => {
    const stages = await runStages(planned, recipe.name, store, workspace, { ...context, sharing })
    const { record, seconds } = await finish(planned, recipe, store, workspace, context)
    stages.push({ stage: 'disk', key: planned.key, outcome: 'done', seconds })
    await store.writeRecord('versions', planned.key, {
      ...record,
      ...madeFrom(planned, recipe, lock, tools),
    })
    await sharing.give(planned)
    return {
      ...versionOf(record, store, planned, recipe, lock),
      seconds: (clock.monotonic() - start) / 1000,
      stages,
      reused: false,
    }
  })
}

/** The plan of a recipe and its lock. @throws KilnError `KILN_LOCK_STALE`. */
export function planFor(recipe: Recipe, lock: Lock): Plan {
  const os = distribution(lock.os)
  if (!os)
    throw new KilnError(
      'KILN_LOCK_STALE',
      `The lock names ${lock.os}, which this version of Kiln cannot build.`,
      {
        fault: 'input',
        hint: 'Lock anew with --update.',
      },
    )
  return plan(recipe, lock, os, toolsDigest(lockedTools(lock)))
}

/** From the finished tree to the artifacts in the store. */
async function finish(
  planned: Plan,
  recipe: Recipe,
  store: Store,
  { sandbox, host }: Workspace,
  context: BuildContext & StageListeners,
): Promise<{ record: VersionRecord; seconds: number }> {
  const start = clock.monotonic()
  const file = join(host, 'disk.qcow2')
  return step(context.events, `${recipe.name} disk`, `${recipe.name}: disk`, async (current) => {
    const stage = { sandbox, os: planned.os, epoch: planned.epoch, object: store.objectPath, step: current }
    const disk = await makeDisk(planned, stage, () => context.afterStage?.('disk', stage)).catch(
      (error: unknown) => {
        throw about(`${recipe.name}: disk`, error)
      },
    )
    const [digest] = await Promise.all([
      sandbox.run(['sha256sum', disk.raw]).then(({ stdout }) => stdout.slice(0, 64)),
      writeQcow2(sandbox.hostPath(disk.raw), file, { signal: context.signal }),
    ])
    const artifact = {
      format: 'qcow2' as const,
      digest: await sha256File(file),
      size: (await stat(file)).size,
    }
    await store.adopt(file, artifact.digest)
    const record = { digest, virtualSize: disk.bytes, artifacts: [artifact] }
    return { record, seconds: (clock.monotonic() - start) / 1000 }
  })
}

/** The version of a plan if it is in the store. */
export async function recall(
  store: Store,
  planned: Plan,
  recipe: Recipe,
  lock: Lock,
): Promise<Version | undefined> {
  const record = await store.readRecord<VersionRecord>('versions', planned.key)
  if (!record) return undefined
  for (const artifact of record.artifacts) if (!(await store.has(artifact.digest))) return undefined
  await store.touch('versions', planned.key)
  return {
    ...versionOf(record, store, planned, recipe, lock),
    seconds: 0,
    stages: [
      ...planned.stages.map(({ name, key }) => ({ stage: name, key })),
      { stage: 'disk', key: planned.key },
    ].map((stage) => ({ ...stage, outcome: 'reused' as const, seconds: 0 })),
    reused: true,
  }
}

function versionOf(record: VersionRecord, store: Store, planned: Plan, recipe: Recipe, lock: Lock) {
  return {
    key: planned.key,
    digest: record.digest,
    virtualSize: record.virtualSize,
    os: planned.os.id,
    arch: planned.os.arch,
    firmware: planned.disk.firmware,
    artifacts: record.artifacts.map((artifact) => ({ ...artifact, path: store.objectPath(artifact.digest) })),
    recipe,
    lock,
  }
}
