import { fileURLToPath, pathToFileURL } from 'node:url'
import { keepCompiled } from './compiled.ts'
import { isFresh } from './fresh.ts'

/**
 * The entry of a bundle (`scripts/bundle.ts`). It runs only while it is what the sources would be; else they do.
 * Arguments of the process: the sources' entry, then the user's. `record`: the file that says what the bundle is made of.
 */
export async function start(record: string): Promise<void> {
  // The process then looks as if the sources had been started.
  process.argv.splice(1, 1)
  const root = fileURLToPath(new URL('../..', import.meta.url))
  if (!isFresh(root, record)) return await import(pathToFileURL(process.argv[1]!).href)
  process.umask(0o022)
  await keepCompiled()
  const { runProcess } = await import('./process.ts')
  return await runProcess()
}
