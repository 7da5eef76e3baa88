import { basename, extname } from 'node:path'

/** Longest name of a recipe; with base, architecture and digest the name of an image stays below 100 letters. */
const LONGEST = 48

/**
 * A name for the recipe of the instance at `path` of `template`: `wordpress-db-server`. Both are user text: what comes
 * out is only lower-case letters, digits and hyphens, and never empty.
 */
export function recipeName(template: string, path: string): string {
  const stem = slug(basename(template, extname(template)))
  // A group's member is called after its group.
  const member = slug(path.replace(/\.(resource_def|resource)(?=\/|$)/g, ''))
  const name = [stem.slice(0, LONGEST / 2), member].filter(Boolean).join('-')
  return name.slice(0, LONGEST).replace(/-+$/, '') || 'image'
}

function slug(text: string): string {
  return text
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
}
