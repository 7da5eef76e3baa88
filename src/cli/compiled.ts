import { enableCompileCache } from 'node:module'
import { dirname, join } from 'node:path'
import { readConfig } from '../core/config.ts'
import { makeFolder } from '../core/folder.ts'

/** From here on compiled code is kept between runs, beside the store: what is imported before is compiled anew each time. */
export async function keepCompiled(): Promise<void> {
  const cache = join(dirname(readConfig(process.env).store), 'compile')
  // Where the folder cannot be made, Node's own way of making it might never end.
  await makeFolder(cache).then(
    () => enableCompileCache(cache),
    () => {},
  )
}
