import type { Artifact } from '../../build/types.ts'
import { type Image, property } from '../../cloud/index.ts'
import { canonicalJson, type Json } from '../../core/digest.ts'
import { isImageName, type PlacedRecord, type Publication, type Resolution } from '../target.ts'

/** Property that says how far Kiln came with an image: `present` from when it was found to be right. */
export const MARK = 'kiln_state'
const PREFIX = 'kiln_'
/** Property by which images of Kiln are found. */
export const DIGEST = 'kiln_digest'

/** Longest value: databases of clouds hold 65,535 bytes, and lists of images carry all of them. */
const LONGEST = 4096
const GIB = 2 ** 30

/** What Nova and libosinfo call a processor. */
const ARCHITECTURES: Readonly<Record<string, string>> = { amd64: 'x86_64', arm64: 'aarch64' }

/** What is written on an image besides its name, format and visibility. */
export function propertiesOf(
  { version, resolvedFrom }: Publication,
  artifact: Artifact,
  made: string,
): Record<string, string> {
  const [distribution, release] = version.os.split('-')
  const ours: Record<string, string | undefined> = {
    version: '1',
    digest: version.digest,
    key: version.key,
    recipe: version.lock.recipe,
    file_digest: artifact.digest,
    os: version.os,
    arch: version.arch,
    firmware: version.firmware.join(','),
    virtual_size: String(version.virtualSize),
    made,
    ...(resolvedFrom === undefined
      ? {}
      : {
          template: resolvedFrom.template,
          paths: json(resolvedFrom.paths as Json),
          base: resolvedFrom.base,
          parameters: json(resolvedFrom.parameters as Json),
        }),
  }
  const kept = Object.entries(ours).filter(([, value]) => value !== undefined && value.length <= LONGEST)
  return {
    os_type: 'linux',
    os_distro: distribution!,
    ...(release === undefined ? {} : { os_version: release }),
    architecture: ARCHITECTURES[version.arch] ?? version.arch,
    hw_disk_bus: 'virtio',
    hw_vif_model: 'virtio',
    // An image that starts both ways is left to what the cloud prefers.
    ...(version.firmware.length === 1 ? { hw_firmware_type: version.firmware[0]! } : {}),
    ...(version.firmware.includes('bios') ? {} : { hw_machine_type: 'q35' }),
    ...Object.fromEntries(kept.map(([name, value]) => [PREFIX + name, value!])),
  }
}

/** GiB that a flavor's disk must have. */
export function minDisk(virtualSize: number): number {
  return Math.ceil(virtualSize / GIB)
}

function json(value: Json): string {
  return canonicalJson(value)
}

/** What an image of Kiln says of itself; undefined for one that is not, or not of this version. */
export function recordOf(image: Image): PlacedRecord | undefined {
  const of = (name: string) => property(image, PREFIX + name)
  const [digest, key, file, made, size] = ['digest', 'key', 'file_digest', 'made', 'virtual_size'].map(of)
  // Whoever may change the image may have written anything.
  if (of('version') !== '1' || !isImageName(image.name ?? '') || image.size == null || !image.disk_format)
    return undefined
  if (![digest, key, file].every((each) => /^[0-9a-f]{64}$/.test(each ?? ''))) return undefined
  if (!made || !/^\d{1,15}$/.test(size ?? '')) return undefined
  const resolvedFrom = resolutionOf(of)
  return {
    version: 1,
    name: image.name!,
    digest: digest!,
    os: of('os') ?? 'unknown',
    arch: of('arch') ?? 'unknown',
    firmware: (of('firmware') ?? '').split(',').filter(Boolean),
    virtualSize: Number(size),
    file: {
      name: `${image.name}.${image.disk_format}`,
      format: image.disk_format,
      digest: file!,
      size: image.size,
    },
    key: key!,
    made,
    ...(resolvedFrom === undefined ? {} : { resolvedFrom }),
  }
}

function resolutionOf(of: (name: string) => string | undefined): Resolution | undefined {
  const [template, base] = [of('template'), of('base')]
  if (template === undefined || base === undefined) return undefined
  try {
    const paths: unknown = JSON.parse(of('paths') ?? '[]')
    const parameters: unknown = JSON.parse(of('parameters') ?? '{}')
    const sound =
      Array.isArray(paths) &&
      paths.every((path) => typeof path === 'string') &&
      typeof parameters === 'object' &&
      parameters !== null &&
      !Array.isArray(parameters)
    return sound ? { template, paths, base, parameters: parameters as Resolution['parameters'] } : undefined
  } catch {
    return undefined
  }
}
