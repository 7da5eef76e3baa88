import { dirname, isAbsolute, resolve } from 'node:path'
import { KilnError } from '../../core/error.ts'
import { withoutStop } from '../../core/text.ts'
import { lookInto } from '../../disk/index.ts'
import { distribution } from '../../distro/index.ts'
import type { BaseMap } from './map.ts'
import type { LookedAt } from './resolve.ts'

/**
 * Looks into the disk images that a map of bases names for some of `names`.
 * @param file of the map: relative paths in it begin at its folder. @returns what is in each, by its path as the map has it.
 */
export async function lookAtImages(
  map: BaseMap,
  names: Iterable<string>,
  file: string,
): Promise<Map<string, LookedAt>> {
  const looked = new Map<string, LookedAt>()
  const folder = dirname(file)
  for (const name of names) {
    const mapped = map.get(name)
    if (mapped && 'image' in mapped && !looked.has(mapped.image))
      looked.set(mapped.image, await lookAt(mapped.image, folder))
  }
  return looked
}

async function lookAt(image: string, folder: string): Promise<LookedAt> {
  try {
    const { release, arch, programs } = await lookInto(
      isAbsolute(image) ? image : resolve(folder, image),
      image,
    )
    const os = distribution(`${release.id}-${release.version}`)
    if (!os || (arch !== '' && arch !== os.arch))
      return { why: `holds ${release.title}${arch ? ` for ${arch}` : ''}, which Kiln cannot build on yet` }
    return {
      folder,
      system: {
        os: os.id,
        arch: os.arch,
        title: os.title,
        family: os.family,
        hasCfnInit: programs.has('cfn-init'),
      },
    }
  } catch (error) {
    if (!(error instanceof KilnError)) throw error
    return { why: `cannot be used: ${withoutStop(error.message)}` }
  }
}
