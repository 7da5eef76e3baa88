import { rm } from 'node:fs/promises'
import { run } from '../run.ts'
import { isRoot, openUserNamespace } from './ids.ts'

/** Removes a folder of ours, also when files in it belong to subordinate ids. */
export async function removeTree(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true })
  } catch {
    // rm goes down step by step, so it also gets where a path would be too long.
    if (isRoot()) {
      await run(['rm', '-rf', '--', path])
      return
    }
    await using namespace = await openUserNamespace()
    await run([
      'nsenter',
      `--user=/proc/${namespace.pid}/ns/user`,
      '-S',
      '0',
      '-G',
      '0',
      '--',
      'rm',
      '-rf',
      '--',
      path,
    ])
  }
}
