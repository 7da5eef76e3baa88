import { cycloneDx } from './cyclonedx.ts'
import type { Source } from './source.ts'
import { spdx } from './spdx.ts'

export type { Source } from './source.ts'

/** Formats of a bill of materials. */
export const SBOM_FORMATS = ['cyclonedx', 'spdx'] as const
export type SbomFormat = (typeof SBOM_FORMATS)[number]

/** The bill of materials of an image, as the text of a file. The same image gives the same bytes. */
export function sbomText(format: SbomFormat, source: Source): string {
  return `${JSON.stringify(format === 'cyclonedx' ? cycloneDx(source) : spdx(source), undefined, 1)}\n`
}
