import { resolve } from 'node:path'
import type { Config } from '../core/config.ts'
import { inputError } from '../core/error.ts'
import type { EventSink } from '../core/events.ts'
import { directoryTarget } from './directory.ts'
import { parseGlance } from './glance/options.ts'
import type { Target } from './target.ts'

export { directoryTarget } from './directory.ts'
export type * from './target.ts'

/** What of the program a target needs to be opened. */
export interface TargetSurroundings {
  /** Relative folders start here. */
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly config: Pick<Config, 'store'>
  readonly events: EventSink
}

/**
 * The target that `text` names on the command line. Nothing is asked of a cloud before something is wanted of it.
 * @throws KilnError `KILN_TARGET_UNKNOWN`.
 */
export function parseTarget(text: string, { cwd, env, config, events }: TargetSurroundings): Target {
  const [, kind, rest] = /^([a-z0-9]+):(.+)$/s.exec(text) ?? []
  if (kind === 'dir' && rest !== undefined) return directoryTarget(resolve(cwd, rest))
  if (kind === 'glance' && rest !== undefined) {
    const options = parseGlance(rest)
    return lazyTarget(`glance:${options.cloud}`, async () => {
      const [{ openCloud }, { glanceTarget }] = await Promise.all([
        import('../cloud/index.ts'),
        import('./glance/target.ts'),
      ])
      return glanceTarget(options, {
        open: () => openCloud(options.cloud, { env, cwd, events }),
        store: config.store,
      })
    })
  }
  throw inputError('KILN_TARGET_UNKNOWN', `"${text}" is not a target that Kiln knows.`, {
    hint: 'Write dir:FOLDER for a folder of images, glance:CLOUD for the images of a cloud.',
  })
}

/** A target whose program is read when it is first used: most commands have nothing to do with a cloud. */
function lazyTarget(id: string, make: () => Promise<Target>): Target {
  let made: Promise<Target> | undefined
  const target = () => {
    made ??= make()
    return made
  }
  return {
    id,
    ready: async () => (await target()).ready(),
    publish: async (publication, context) => (await target()).publish(publication, context),
    find: async (name) => (await target()).find(name),
    list: async () => (await target()).list(),
  }
}
