import { inputError } from '../../core/error.ts'
import { normalName } from '../../tools/python/file.ts'
import type { OfferedFile } from '../../tools/python/page.ts'

/** What pip would install. */
export interface Chosen {
  /** In its normal form. */
  readonly name: string
  readonly version: string
  /** Requirements in its metadata, also those that do not count here. */
  readonly requires: readonly string[]
  readonly file: OfferedFile
}

/**
 * Reads what `pip install --dry-run --report -` says, by name. Code of a source archive may have had a hand in it: only
 * what an index offers is taken.
 * @throws KilnError `KILN_PIP_FAILED`.
 */
export function readReport(text: string, fileAt: (address: string) => OfferedFile | undefined): Chosen[] {
  const refuse = (what: string) =>
    inputError('KILN_PIP_FAILED', `pip did not say what it would install: ${what}.`)
  let data: { readonly install?: unknown }
  try {
    data = JSON.parse(text)
  } catch {
    throw refuse('its report is not JSON')
  }
  if (!Array.isArray(data.install)) throw refuse('its report lists nothing')
  const chosen = data.install.map(
    (entry: Readonly<Record<string, Readonly<Record<string, unknown>>>>): Chosen => {
      const { name, version } = entry?.metadata ?? {}
      const file = fileAt(String(entry?.download_info?.url))
      const fits =
        typeof name === 'string' && typeof version === 'string' && /^[A-Za-z0-9][\w.!+-]*$/.test(version)
      if (!file || !fits || !/^[A-Za-z0-9]([\w.-]*[A-Za-z0-9])?$/.test(name))
        throw refuse('it names a file that no index offers')
      const requires = Array.isArray(entry.metadata?.requires_dist)
        ? entry.metadata.requires_dist.map(String)
        : []
      return { name: normalName(name), version, requires, file }
    },
  )
  return chosen.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
}
