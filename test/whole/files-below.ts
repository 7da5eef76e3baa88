import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** Files below a folder, but not in `without`, that are smaller than `bytes`. Others may work there: what goes meanwhile is passed over. */
export async function filesBelow(folder: string, bytes: number, without?: string): Promise<string[]> {
  const found: string[] = []
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    const path = join(folder, entry.name)
    if (path === without) continue
    if (entry.isDirectory()) found.push(...(await filesBelow(path, bytes, without)))
    else if (entry.isFile() && ((await stat(path).catch(() => undefined))?.size ?? Infinity) < bytes)
      found.push(path)
  }
  return found
}
