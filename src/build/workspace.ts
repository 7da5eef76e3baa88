import { chown, mkdir } from 'node:fs/promises'
import { freemem } from 'node:os'
import { join } from 'node:path'
import { allDebs, allInputs, type Lock } from '../lock/lock.ts'
import { pythonFiles } from '../lock/python/types.ts'
import { PYTHON_FILES } from '../stages/python/stage.ts'
import type { Store } from '../store/store.ts'
import { openSandbox, type Sandbox } from '../tools/sandbox/sandbox.ts'
import type { ToolsTree } from '../tools/tree/tree.ts'
import { stageInputs, stagePython } from './inputs.ts'
import { OBJECTS, OUT } from './layers.ts'
import { demandSpace } from './no-space.ts'
import type { BuildContext } from './types.ts'

/** A sandbox with the inputs of one build, room to work, and a folder for results. */
export interface Workspace extends AsyncDisposable {
  readonly sandbox: Sandbox
  /** The host's folder behind `OUT`. */
  readonly out: string
  /** A folder of the host that the sandbox does not see, on the store's file system. */
  readonly host: string
}

/** Bytes of all files that a lock names. */
export function packedSize(lock: Lock): number {
  return allInputs(lock).reduce((sum, file) => sum + file.size, 0)
}

/** Bytes a build works in: unpacked, packages are about four times as large, and then the disk is written beside them. */
export function spaceNeeded(lock: Lock): number {
  // The tree of a disk image is there as it is, as a layer that is being written, and as the disk.
  const image = (lock.image?.content ?? 0) * 3
  return packedSize(lock) * 10 + image + (512 << 20)
}

/** Whether a build works in memory: as configured, else where there is room for it twice over. */
export function inMemory(lock: Lock, { config }: Pick<BuildContext, 'config'>): boolean {
  return config.workspace ? config.workspace === 'memory' : freemem() > spaceNeeded(lock) * 2
}

/**
 * Opens the workspace of one build: in memory where there is room for it twice over, else on the store's disk.
 * @throws KilnError `KILN_NO_SPACE` when neither has room.
 */
export async function openWorkspace(
  lock: Lock,
  tools: ToolsTree,
  store: Store,
  context: Pick<BuildContext, 'config' | 'signal'>,
): Promise<Workspace> {
  const bytes = spaceNeeded(lock)
  await using undo = new AsyncDisposableStack()
  const folder = undo.use(await store.workFolder())
  const memory = inMemory(lock, context)
  if (!memory) await demandSpace(store.path, bytes)
  const [debs, python, out, work] = ['debs', 'python', 'out', 'work'].map((name) =>
    join(folder.path, name),
  ) as [string, string, string, string]
  await stageInputs(allDebs(lock), store, debs)
  await stagePython(pythonFiles(lock.python), store, python)
  await mkdir(out)
  await mkdir(work)
  const sandbox = undo.use(
    await openSandbox({
      tools: tools.path,
      binds: [
        { source: debs, target: '/in/debs' },
        { source: python, target: PYTHON_FILES },
        { source: join(store.path, 'objects'), target: OBJECTS },
        { source: out, target: OUT, writable: true },
        ...(memory ? [] : [{ source: work, target: '/build', writable: true }]),
      ],
      work: memory ? { bytes } : 'bind',
      // Four times what it should need: an estimate must not stop what would have worked.
      ...(memory ? {} : { room: bytes * 4 }),
      signal: context.signal,
    }),
  )
  for (const path of [out, work]) await chown(path, sandbox.owner.uid, sandbox.owner.gid)
  const opened = undo.move()
  return { sandbox, out, host: folder.path, [Symbol.asyncDispose]: () => opened.disposeAsync() }
}
