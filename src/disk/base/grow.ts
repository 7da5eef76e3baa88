import type { Sandbox } from '../../tools/sandbox/sandbox.ts'
import type { Extent } from '../layout.ts'
import type { OpenBase } from './open.ts'

const SECTOR = 512

/**
 * Makes the partition table of a disk that has become larger fit it: the copy at the end of a GPT moves there, and one
 * partition takes its new place. Types, names and ids stay.
 */
export async function growTable(
  sandbox: Sandbox,
  disk: string,
  { table }: OpenBase,
  grown: { readonly partition: number; readonly extent: Extent } | undefined,
): Promise<void> {
  if (table.kind === 'none') return
  const quiet = ['--no-reread', '--no-tell-kernel', '-q', '--wipe=never']
  if (table.kind === 'gpt') await sandbox.run(['sfdisk', ...quiet, '--relocate=gpt-bak-std', disk])
  if (!grown) return
  const { offset, bytes } = grown.extent
  await sandbox.run(['sfdisk', ...quiet, '--wipe-partitions=never', '-N', String(grown.partition), disk], {
    input: `start=${offset / SECTOR}, size=${Math.floor(bytes / SECTOR)}\n`,
    what: 'Growing the partition',
  })
}
