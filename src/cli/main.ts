/** The entry, from the sources. `start.ts` is the other one. */
import { keepCompiled } from './compiled.ts'

// What is made in the store is read in sandboxes, whose root is somebody else on the host when we are root.
process.umask(0o022)
await keepCompiled()
const { runProcess } = await import('./process.ts')
await runProcess()
