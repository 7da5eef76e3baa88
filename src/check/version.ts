import { type BuildContext, toolsOf, type Version } from '../build/index.ts'
import { canonicalJson, type Json, sha256 } from '../core/digest.ts'
import { openStore } from '../store/store.ts'
import { checkImage } from './check.ts'
import { promisesOf } from './promises.ts'
import { checkError } from './show.ts'

/**
 * Boots a version on its firmwares and looks at what its recipe promised. What passed once is not booted again.
 * @returns the number of assertions. @throws KilnError `KILN_CHECK_FAILED`.
 */
export async function checkVersion(version: Version, name: string, context: BuildContext): Promise<number> {
  const store = await openStore(context.config.store)
  const key = keyOf(version)
  const passed = await store.readRecord<{ readonly assertions: number }>('checks', key)
  if (passed) return passed.assertions
  const [artifact] = version.artifacts
  const report = await checkImage({
    tools: (await toolsOf(context, version.lock.tools)).path,
    image: artifact!.path,
    format: artifact!.format,
    name,
    firmware: version.firmware,
    promises: promisesOf(version.recipe),
    events: context.events,
    signal: context.signal,
  })
  if (!report.ok) throw checkError(report, name)
  const assertions = report.assertions.length
  await store.writeRecord('checks', key, { name, digest: version.digest, assertions })
  return assertions
}

/** Whether a version has passed, now or before. */
export async function passedBoot(version: Version, context: Pick<BuildContext, 'config'>): Promise<boolean> {
  const store = await openStore(context.config.store)
  return (await store.readRecord('checks', keyOf(version))) !== undefined
}

function keyOf({ digest, recipe }: Version): string {
  return sha256(canonicalJson({ digest, promises: promisesOf(recipe) } as unknown as Json))
}
