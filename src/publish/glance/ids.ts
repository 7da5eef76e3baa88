import { createHash } from 'node:crypto'
import { link, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256 } from '../../core/digest.ts'
import { inputError, isErrno } from '../../core/error.ts'
import { makeFolder } from '../../core/folder.ts'
import { partBeside } from '../../core/part.ts'
import { randomName } from '../../core/random.ts'
import { registerSecret } from '../../core/redact.ts'

/** What an image of ours is, for its id. */
export interface Identity {
  /** Address of Keystone, and the project's id. */
  readonly cloud: string
  readonly project: string
  /** SHA-256 of the file. */
  readonly digest: string
  readonly name: string
}

/**
 * The id of an image: a UUID, version 5, that only this installation can know beforehand. Ids are global in a cloud: a
 * neighbour who could guess one could take it first.
 * @param generation counts on when an id was used up.
 */
export function imageId(secret: string, identity: Identity, generation: number): string {
  const { cloud, project, digest, name } = identity
  const space = Buffer.from(sha256(secret), 'hex').subarray(0, 16)
  const text = JSON.stringify([cloud, project, digest, name, generation])
  const bytes = createHash('sha1').update(space).update(text).digest().subarray(0, 16)
  bytes[6] = (bytes[6]! & 0x0f) | 0x50
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

/** The secret of this store, made when it is first wanted. However many want it first, all get the same. */
export async function installationSecret(store: string): Promise<string> {
  const path = join(store, 'installation')
  for (;;) {
    try {
      const secret = (await readFile(path, 'utf8')).trim()
      if (!/^[0-9a-f]{64}$/.test(secret))
        throw inputError('KILN_TARGET_UNUSABLE', `The file ${path} does not hold what Kiln wrote there.`, {
          hint: 'Remove it: a new one is made, and images that are published already are found by their digest.',
        })
      registerSecret(secret)
      return secret
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) throw error
    }
    await makeFolder(store)
    const part = partBeside(path)
    try {
      await writeFile(part, `${randomName(32)}\n`, { mode: 0o600, flush: true })
      // Unlike a rename, it leaves alone what somebody else was quicker to put there.
      await link(part, path).catch((error: unknown) => {
        if (!isErrno(error, 'EEXIST')) throw error
      })
    } finally {
      await rm(part, { force: true })
    }
  }
}
