import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256 } from '../../core/digest.ts'
import { inputError } from '../../core/error.ts'
import { type FetchOptions, fetchText } from '../fetch.ts'

/** What a Release file says of itself; times as ISO 8601 in UTC. */
export interface Release {
  readonly date?: string
  /** After this nobody vouches for it any more. */
  readonly validUntil?: string
  /** SHA-256 of the file, with its signature where that is inside. */
  readonly digest: string
}

/** What a Release file lists: by path, the SHA-256 and size of an index. */
export type Listed = ReadonlyMap<string, { readonly sha256: string; readonly size: number }>

/**
 * Brings the signed Release file of a suite into `dists`: one file, or two. Whether its signature is right, apt says.
 * @returns its text. @throws KilnError `KILN_REPOSITORY_MISSING`, `KILN_REPOSITORY_REFUSED`; fetch errors.
 */
export async function fetchRelease(
  { uri, suite }: { readonly uri: string; readonly suite: string },
  base: string,
  dists: string,
  options: FetchOptions,
): Promise<string> {
  const inline = await fetchText(`${base}/InRelease`, options)
  if (inline !== undefined) {
    await writeFile(join(dists, 'InRelease'), inline)
    return inline
  }
  const release = await fetchText(`${base}/Release`, options)
  if (release === undefined)
    throw inputError('KILN_REPOSITORY_MISSING', `There is no suite ${suite} at ${uri}.`, {
      hint: 'Check the mirror (KILN_MIRROR_DEBIAN, or the apt sources of this machine) and the name of the suite.',
    })
  const signature = await fetchText(`${base}/Release.gpg`, options)
  if (signature === undefined)
    throw inputError('KILN_REPOSITORY_REFUSED', `The suite ${suite} at ${uri} is not signed.`, {
      hint: 'Nothing unsigned is installed; sign the repository and give its key in the recipe.',
    })
  await writeFile(join(dists, 'Release'), release)
  await writeFile(join(dists, 'Release.gpg'), signature)
  return release
}

/** The head of a Release file. */
export function describeRelease(text: string): Release {
  const time = (field: string) => {
    const date = new Date(new RegExp(`^${field}: (.*)$`, 'm').exec(text)?.[1] ?? '')
    return Number.isNaN(date.getTime()) ? undefined : date.toISOString().replace(/\.\d+Z$/, 'Z')
  }
  const [date, validUntil] = [time('Date'), time('Valid-Until')]
  return { ...(date ? { date } : {}), ...(validUntil ? { validUntil } : {}), digest: sha256(text) }
}

/** The SHA256 section of a Release file. */
export function parseRelease(text: string): Listed {
  const listed = new Map<string, { sha256: string; size: number }>()
  let inside = false
  for (const line of text.split('\n')) {
    if (!line.startsWith(' ')) inside = line.trimEnd() === 'SHA256:'
    else if (inside) {
      const match = /^ ([0-9a-f]{64})\s+(\d+)\s+(\S+)$/.exec(line.trimEnd())
      if (match) listed.set(match[3]!, { sha256: match[1]!, size: Number(match[2]) })
    }
  }
  return listed
}
