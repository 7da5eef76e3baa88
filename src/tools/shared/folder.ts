import { access, constants, copyFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { sha256File } from '../../core/digest.ts'
import { isErrno, KilnError } from '../../core/error.ts'
import { makeFolder } from '../../core/folder.ts'
import { partBeside, sweepParts } from '../../core/part.ts'
import type { Shared } from './shared.ts'

/** A folder that several machines see: on a file server, or handed on by CI from job to job. */
export function sharedFolder(folder: string): Shared {
  const pathOf = (name: string) => join(folder, name)
  return {
    where: folder,
    has: (name) =>
      access(pathOf(name)).then(
        () => true,
        () => false,
      ),
    take: async (name, to, expected = {}) => {
      try {
        await copyFile(pathOf(name), to, constants.COPYFILE_FICLONE)
      } catch (error) {
        if (isErrno(error, 'ENOENT') || isErrno(error, 'ENOTDIR')) return false
        throw error
      }
      const { size } = await stat(to)
      const wrong =
        (expected.size !== undefined && size !== expected.size) ||
        (expected.sha256 !== undefined && (await sha256File(to)) !== expected.sha256)
      if (wrong)
        throw new KilnError('KILN_FETCH_MISMATCH', `${pathOf(name)} is not the file that it should be.`, {
          hint: 'It was damaged: remove it, and the next build puts it there again.',
        })
      return true
    },
    give: async (name, from) => {
      const path = pathOf(name)
      try {
        await makeFolder(dirname(path))
        await sweepParts(dirname(path))
        await using undo = new AsyncDisposableStack()
        const part = partBeside(path)
        undo.defer(() => rm(part, { force: true }))
        await copyFile(from, part, constants.COPYFILE_FICLONE)
        await rename(part, path)
      } catch (error) {
        throw new KilnError(
          'KILN_CACHE_UNUSABLE',
          `Nothing could be put into the shared cache ${folder}: ${(error as Error).message}.`,
          { cause: error, hint: 'Check access and room there, or leave KILN_CACHE_PUSH out.' },
        )
      }
    },
  }
}
