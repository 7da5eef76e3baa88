import { composable, distribution } from '../../distro/index.ts'
import { readName } from './catalogue.ts'
import type { Family } from './distributions.ts'
import type { BaseMap } from './map.ts'

/** Where the answer about a base comes from, as `--plan --json` says it. */
export type BaseSource = 'catalogue' | 'map' | 'unknown'

/** What is known about the operating system of a base. */
export interface BaseSystem {
  /** `debian-13`. */
  readonly os: string
  readonly arch: string
  readonly title: string
  readonly family: Family
  /** Set when it is known to have `cfn-init` already. */
  readonly hasCfnInit?: boolean
}

/** What was found in a disk image: its system, or why it cannot be built on, said of the image. */
export type LookedAt =
  | { readonly system: BaseSystem & { readonly arch: 'amd64' }; readonly folder: string }
  | { readonly why: string }

/** What a base image is, and whether Kiln can build from it. `why` says why not, a sentence without its full stop. */
export type Base = { readonly image: string; readonly source: BaseSource } & (
  | { readonly kind: 'compose'; readonly system: BaseSystem & { readonly arch: 'amd64' } }
  /** `file` as the map names it; relative ones begin at `folder`. */
  | {
      readonly kind: 'image'
      readonly system: BaseSystem & { readonly arch: 'amd64' }
      readonly file: string
      readonly folder: string
    }
  | { readonly kind: 'unsupported'; readonly system?: BaseSystem; readonly why: string }
  | { readonly kind: 'refused'; readonly system?: BaseSystem; readonly why: string }
  | { readonly kind: 'unknown'; readonly why: string }
)

/** Whether images can be built on it. */
export function isBuildable(base: Base): base is Extract<Base, { kind: 'compose' | 'image' }> {
  return base.kind === 'compose' || base.kind === 'image'
}

/** What the base image called `image` is: by the user's map first, then by the catalogue. `looked`: disk images by path. */
export function resolveBase(
  image: string,
  map: BaseMap = new Map(),
  looked: ReadonlyMap<string, LookedAt> = new Map(),
): Base {
  const mapped = map.get(image)
  if (!mapped) return classify(image, image, 'catalogue')
  if ('image' in mapped) {
    const found = looked.get(mapped.image) ?? { why: 'was not looked into' }
    return 'why' in found
      ? {
          image,
          source: 'map',
          kind: 'unsupported',
          why: `is mapped to the disk image ${mapped.image}, which ${found.why}`,
        }
      : { image, source: 'map', kind: 'image', file: mapped.image, ...found }
  }
  return classify(image, mapped.os, 'map', mapped.arch)
}

function classify(image: string, name: string, source: BaseSource, archGiven?: string): Base {
  const reading = readName(name)
  const via = source === 'map' ? `is mapped to ${name}, which` : ''
  if (reading.kind === 'windows')
    return { image, source, kind: 'refused', why: `${via || 'is Windows, which'} Kiln does not build yet` }
  if (reading.kind === 'unknown')
    return source === 'map'
      ? { image, source, kind: 'unknown', why: `${via} is not an operating system that Kiln knows` }
      : { image, source: 'unknown', kind: 'unknown', why: 'is not in the catalogue' }
  if (reading.release === undefined && reading.family === 'debian')
    return { image, source: 'unknown', kind: 'unknown', why: `says ${reading.title} but not which release` }

  const os =
    reading.release === undefined ? reading.distribution : `${reading.distribution}-${reading.release}`
  const arch = archGiven ?? reading.arch ?? 'amd64'
  const system: BaseSystem = { os, arch, title: reading.title, family: reading.family }
  if (arch !== 'amd64')
    return {
      image,
      source,
      kind: 'refused',
      system,
      why: `is ${reading.title} for ${arch}, and Kiln builds only for amd64 yet`,
    }
  const buildable = distribution(os)
  if (!buildable)
    return {
      image,
      source,
      kind: 'unsupported',
      system,
      why: `is ${reading.title}, which Kiln cannot build yet`,
    }
  return { image, source, kind: 'compose', system: { ...system, title: buildable.title, arch: 'amd64' } }
}

/** What to write into a bases file for these images, and how to hand it over. */
export function mappingHint(images: readonly string[]): string {
  const known = composable()
  const lines = images.map((image) => `  ${plain(image) ? image : JSON.stringify(image)}: {os: ${known[0]}}`)
  return `Kiln builds ${known.join(' and ')} now. To build on one of them, write into a file bases.yaml and add --bases bases.yaml:\n${lines.join('\n')}`
}

/** Reads back as the same text when it stands unquoted in YAML. */
function plain(text: string): boolean {
  return /^[A-Za-z][A-Za-z0-9._/-]*$/.test(text) && !/^(y|n|yes|no|on|off|true|false|null)$/i.test(text)
}
