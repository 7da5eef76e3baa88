import { readFile } from 'node:fs/promises'
import { KilnError } from '../../core/error.ts'
import { killGroup, lines, type Started } from '../run.ts'

/**
 * Watches over the room that a sandbox takes in its folder of work on a disk of the host, where nothing else limits it. A
 * guest sees no process of the sandbox, so it cannot stop this.
 * @param start starts a program in the sandbox @param over called once when there is more in it than `bytes`
 */
export async function watchRoom(
  start: (argv: readonly string[]) => Started,
  bytes: number,
  over: (error: KilnError) => void,
): Promise<AsyncDisposable> {
  const script = await readFile(new URL('watch.pl', import.meta.url), 'utf8')
  const started = start(['perl', '-e', script, '/build', String(bytes)])
  lines(started.child.stdout!, (line) => {
    const taken = /^over (\d+)$/.exec(line)?.[1]
    if (taken !== undefined) over(tooMuch(Number(taken), bytes))
  })
  started.child.stderr!.resume()
  return {
    [Symbol.asyncDispose]: async () => {
      killGroup(started.child, 'SIGKILL')
      await started.ended.catch(() => {})
    },
  }
}

function tooMuch(taken: number, limit: number): KilnError {
  const mb = (count: number) => `${Math.ceil(count / 1e6)} MB`
  return new KilnError(
    'KILN_NO_SPACE',
    `The build has filled ${mb(taken)} of disk, and it was stopped, for it may take ${mb(limit)}.`,
    {
      hint: 'A script of a package writes without end, or what is installed takes far more room than its packages.',
      data: { taken, limit },
    },
  )
}
