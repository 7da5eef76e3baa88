/**
 * Adds to package-lock.json what npm leaves out when a registry does not carry packages for other systems: an entry
 * for each optional dependency, marked as fitting no system. `npm ci` of npm 11 refuses a lock without them.
 * To be run after a change of dependencies: `npm install … && node scripts/complete-lock.ts`.
 */
import { readFileSync, writeFileSync } from 'node:fs'

interface Entry {
  version?: string
  dev?: boolean
  optional?: boolean
  os?: string[]
  optionalDependencies?: Record<string, string>
}

const file = new URL('../package-lock.json', import.meta.url)
const lock = JSON.parse(readFileSync(file, 'utf8')) as { packages: Record<string, Entry> }
const added: string[] = []
for (const entry of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const path = `node_modules/${name}`
    if (lock.packages[path]) continue
    // A range is as good as any of its versions: the package is never fetched.
    const exact = version.replace(/^[\^~>=v ]+/, '')
    lock.packages[path] = {
      version: exact,
      ...(entry.dev ? { dev: true } : {}),
      optional: true,
      os: ['none'],
    }
    added.push(`${name}@${exact}`)
  }
}
const [root, ...others] = Object.entries(lock.packages)
others.sort(([a], [b]) => (a < b ? -1 : 1))
lock.packages = Object.fromEntries([root!, ...others])
writeFileSync(file, `${JSON.stringify(lock, undefined, 2)}\n`)
console.log(added.length > 0 ? `added: ${added.join(', ')}` : 'nothing to add')
