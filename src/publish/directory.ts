import { constants } from 'node:fs'
import { access, copyFile, link, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { SBOM_ENDING } from '../check/endings.ts'
import { clock } from '../core/clock.ts'
import { inputError, isErrno, KilnError, messageOf } from '../core/error.ts'
import { step } from '../core/events.ts'
import { makeFolder } from '../core/folder.ts'
import { readableJson } from '../core/json.ts'
import { partBeside, sweepParts } from '../core/part.ts'
import { writeWhole } from '../core/write.ts'
import { type ImageRecord, isImageName, type Placement, type Publication, type Target } from './target.ts'

/** Images as files in `folder`: `NAME.qcow2`, and `NAME.json` that says what it is. Made when first published to. */
export function directoryTarget(folder: string): Target<ImageRecord> {
  const find = async (name: string): Promise<Placement<ImageRecord> | undefined> => {
    if (!isImageName(name)) return undefined
    const record = await readRecord(join(folder, `${name}.json`))
    if (record?.name !== name) return undefined
    const path = join(folder, record.file.name)
    const size = await stat(path).then(
      (found) => found.size,
      () => undefined,
    )
    return size === record.file.size ? { record, where: path, reused: true } : undefined
  }
  return {
    id: `dir:${folder}`,
    ready: () => ready(folder),
    find,
    list: async () => {
      const names = await readdir(folder).catch((error: unknown) => {
        if (isErrno(error, 'ENOENT')) return []
        throw error
      })
      const found = names
        .filter((name) => name.endsWith('.json') && !name.endsWith(SBOM_ENDING))
        .map((name) => find(name.slice(0, -'.json'.length)))
      const images = (await Promise.all(found)).filter((image) => image !== undefined)
      return images.sort((a, b) => (a.record.name < b.record.name ? -1 : 1))
    },
    publish: async (publication, context) => {
      const { name, version } = publication
      if (!isImageName(name)) throw new Error(`"${name}" is not the name of an image`)
      const there = await find(name)
      if (there) {
        if (there.record.digest === version.digest) {
          await putCompanions(folder, publication)
          return there
        }
        throw new KilnError(
          'KILN_TARGET_NAME_TAKEN',
          `Another image is called ${name} in ${folder}: its digest is ${there.record.digest}, not ${version.digest}.`,
          { hint: 'Move it away, or publish to another folder.' },
        )
      }
      return step(context.events, `publish ${name}`, `publish ${name}`, () => put(folder, publication))
    },
  }
}

async function ready(folder: string): Promise<void> {
  const wrong = (what: string) =>
    inputError('KILN_TARGET_UNUSABLE', `Images cannot be put into ${folder}: ${what}.`, {
      hint: 'The target must be a folder that you may write to, or one that can be made.',
    })
  // What is not there yet is made when the first image comes, in the nearest folder that is.
  for (let at = folder; ; at = dirname(at)) {
    try {
      if (!(await stat(at)).isDirectory()) throw wrong(`${at} is not a folder`)
      await access(at, constants.W_OK | constants.X_OK)
      return
    } catch (error) {
      if (error instanceof KilnError || !(error instanceof Error)) throw error
      if (!isErrno(error, 'ENOENT') || at === dirname(at)) throw wrong(messageOf(error))
    }
  }
}

/** Texts beside an image, those that are not there as they should be. */
async function putCompanions(folder: string, { name, companions }: Publication): Promise<void> {
  if (!companions) return
  const there = new Map<string, string>()
  for (const ending of companions.endings) {
    const text = await readFile(join(folder, `${name}${ending}`), 'utf8').catch(() => undefined)
    if (text !== undefined) there.set(ending, text)
  }
  for (const [ending, text] of await companions.texts(there))
    if (there.get(ending) !== text)
      await writeWhole(join(folder, `${name}${ending}`), text).catch((error: unknown) => {
        throw unusable(folder, name, error)
      })
}

async function put(folder: string, publication: Publication): Promise<Placement<ImageRecord>> {
  const { name, version, resolvedFrom } = publication
  const artifact = version.artifacts.find(({ format }) => format === 'qcow2')
  if (!artifact) throw new Error(`the version ${version.key} has no qcow2`)
  const record: ImageRecord = {
    version: 1,
    name,
    digest: version.digest,
    os: version.os,
    arch: version.arch,
    firmware: version.firmware,
    virtualSize: version.virtualSize,
    file: { name: `${name}.qcow2`, format: artifact.format, digest: artifact.digest, size: artifact.size },
    key: version.key,
    made: clock.iso(),
    ...(resolvedFrom === undefined ? {} : { resolvedFrom }),
    recipe: version.recipe,
    lock: version.lock,
  }
  await using undo = new AsyncDisposableStack()
  const part = async () => {
    const path = partBeside(join(folder, name))
    undo.defer(() => rm(path, { force: true }))
    return path
  }
  try {
    await makeFolder(folder)
    await sweepParts(folder)
    const image = await part()
    await duplicate(artifact.path, image)
    const description = await part()
    const file = await open(description, 'wx', 0o644)
    try {
      await file.writeFile(readableJson(record))
      await file.sync()
    } finally {
      await file.close()
    }
    await putCompanions(folder, publication)
    // The description last: an image counts when it has one.
    await rename(image, join(folder, record.file.name))
    await rename(description, join(folder, `${name}.json`))
  } catch (error) {
    throw unusable(folder, name, error)
  }
  return { record, where: join(folder, record.file.name), reused: false }
}

/** A fault of the folder as the one error; anything else as it is. */
function unusable(folder: string, name: string, error: unknown): unknown {
  if (error instanceof KilnError || !(error instanceof Error)) return error
  return new KilnError(
    'KILN_TARGET_UNUSABLE',
    `The image ${name} cannot be put into ${folder}: ${messageOf(error)}.`,
    {
      cause: error,
      hint: 'The folder must be one that you may write to, with room for the image.',
    },
  )
}

/**
 * Shares the bytes where the file system can, for an image is large. A second name only for a file that nobody may
 * write to: a guest started from this one must not change what the store holds.
 */
async function duplicate(from: string, to: string): Promise<void> {
  try {
    await copyFile(from, to, constants.COPYFILE_FICLONE_FORCE)
    return
  } catch {
    await rm(to, { force: true })
  }
  if (((await stat(from)).mode & 0o222) === 0) {
    try {
      await link(from, to)
      return
    } catch {
      // Another file system, or a file of another user: a copy then.
    }
  }
  await copyFile(from, to)
}

async function readRecord(path: string): Promise<ImageRecord | undefined> {
  try {
    const data = JSON.parse(await readFile(path, 'utf8')) as ImageRecord
    // Not ours, or of a later Kiln: such a file is left alone.
    const complete =
      data?.version === 1 && typeof data.digest === 'string' && typeof data.file?.size === 'number'
    return complete && isImageName(String(data.name)) && data.file.name === `${data.name}.qcow2`
      ? data
      : undefined
  } catch (error) {
    const absent = ['ENOENT', 'EISDIR', 'ENOTDIR'].some((code) => isErrno(error, code))
    if (absent || error instanceof SyntaxError) return undefined
    throw error
  }
}
