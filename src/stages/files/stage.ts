import type { Recipe } from '../../recipe/recipe.ts'
import { guestScript, type Stage } from '../stage.ts'

export interface FilesOptions {
  readonly files: Recipe['custom_files']
}

/**
 * Writes files inside the guest, so that links on the way resolve as the guest would resolve them and none leads out.
 * Folders on the way are made; a file that is there is replaced.
 */
export const filesStage: Stage<FilesOptions> = {
  name: 'files',
  version: 1,
  async run({ files }, context) {
    for (const file of files) {
      const owner = `${file.owner}:${file.group ?? ''}`
      if (file.link !== undefined)
        await guestScript(
          context,
          'mkdir -p "$(dirname "$1")"; ln -sfn -- "$2" "$1"; chown -h "$3" "$1"',
          [file.path, file.link, owner],
          { what: `making ${file.path}`, code: 'KILN_FILE_FAILED' },
        )
      else
        await guestScript(
          context,
          'mkdir -p "$(dirname "$1")"; cat >"$1"; chown "$3" "$1"; chmod "$2" "$1"',
          [file.path, file.mode ?? '0644', owner],
          {
            input:
              file.content_base64 === undefined
                ? (file.content ?? '')
                : Buffer.from(file.content_base64, 'base64'),
            what: `writing ${file.path}`,
            code: 'KILN_FILE_FAILED',
          },
        )
    }
  },
}
