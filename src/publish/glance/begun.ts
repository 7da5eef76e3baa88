import { rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolder } from '../../core/folder.ts'
import type { Begun } from './place.ts'

/** Uploads that were begun with this store, one empty file each, so that a kill -9 does not make them somebody else's. */
export function begunIn(folder: string): Begun {
  const path = (id: string) => join(folder, `${id}.upload`)
  return {
    has: async (id) => (await stat(path(id)).catch(() => undefined)) !== undefined,
    add: async (id) => {
      await makeFolder(folder)
      await writeFile(path(id), '')
    },
    remove: (id) => rm(path(id), { force: true }),
  }
}
