import { readFileSync } from 'node:fs'

/** The version of Kiln itself, as `package.json` has it. */
export function kilnVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}
