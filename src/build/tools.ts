import { join } from 'node:path'
import { inputError } from '../core/error.ts'
import type { Lock } from '../lock/lock.ts'
import { openStore } from '../store/store.ts'
import { use } from '../store/use.ts'
import { fetching } from '../tools/fetching.ts'
import { isToolsLock, type ToolsLock } from '../tools/tree/lock.ts'
import { knownTools, type ToolsTree, toolsTree } from '../tools/tree/tree.ts'
import { bringInput } from './inputs.ts'
import { useTools } from './record.ts'
import type { BuildContext } from './types.ts'

/**
 * The tools tree of a lock, else the store's own: made when it is not there. It stays until this process ends, whoever
 * cleans up meanwhile.
 */
export async function toolsOf(context: BuildContext, lock?: ToolsLock): Promise<ToolsTree> {
  const { config, events, signal } = context
  const options = {
    folder: join(config.store, 'tools'),
    mirrors: config.mirrors.debian,
    events,
    signal,
    lock,
    fetching: () => fetching(config, lock ? mirrorsOf(lock) : []),
  }
  // Also where the tools are there: a process says in the store what it uses.
  const store = await openStore(config.store)
  if (!(await knownTools(options))) {
    await use(config.store, ['tools'])
    Object.assign(options, { bring: bringInput(store) })
  }
  for (;;) {
    const tools = await toolsTree(options)
    await useTools(config.store, tools)
    // It may have gone just before we said that we need it.
    if (await knownTools({ ...options, lock: tools.lock })) return tools
  }
}

/** The tools that a lock names. @throws KilnError `KILN_LOCK_STALE` when they are another Kiln's. */
export function lockedTools(lock: Lock): ToolsLock {
  if (isToolsLock(lock.tools)) return lock.tools
  throw inputError('KILN_LOCK_STALE', 'The lock names the tools of another version of Kiln.', {
    hint: 'Lock anew with --update.',
  })
}

/** Where the packages of a tools tree came from, as mirrors of an archive and of its security updates. */
function mirrorsOf(lock: ToolsLock): { readonly archive: string; readonly security: string }[] {
  const uris = [...new Set(lock.packages.map(({ uri }) => uri))]
  const security = uris.filter((uri) => /security/.test(uri))
  return uris
    .filter((uri) => !security.includes(uri))
    .map((archive) => ({ archive, security: security[0] ?? `${archive}-security` }))
}
