import type { Sandbox } from '../../tools/sandbox/sandbox.ts'
import type { Files } from './types.ts'

/** Room for names and tables of a small FAT file system, bytes. */
const OVERHEAD = 1 << 20

/**
 * Makes a FAT disk of `files` with a volume label, at `path` in the sandbox: how cloud-init finds a seed. Every path
 * is ours, none a guest's.
 */
export async function makeFatDisk(
  sandbox: Sandbox,
  path: string,
  label: string,
  files: Files,
): Promise<void> {
  const size = [...files.values()].reduce((sum, content) => sum + Buffer.byteLength(content) + 4096, OVERHEAD)
  await sandbox.run(['truncate', '-s', String(Math.ceil(size / 4096) * 4096), path])
  // A sector a cluster: the smallest disk that every kernel's vfat takes.
  await sandbox.run(['mkfs.fat', '-s', '1', '-n', label, path])
  for (const folder of foldersOf(files)) await sandbox.run(['mmd', '-i', path, `::${folder}`])
  for (const [name, content] of files) {
    await sandbox.run(['sh', '-c', 'cat >/tmp/seed-part'], { input: content })
    await sandbox.run(['mcopy', '-i', path, '/tmp/seed-part', `::${name}`])
  }
}

/** The folders that `files` need, a parent before its children. */
export function foldersOf(files: Files): string[] {
  const folders = new Set<string>()
  for (const name of files.keys()) {
    const parts = name.split('/')
    for (let depth = 1; depth < parts.length; depth++) folders.add(parts.slice(0, depth).join('/'))
  }
  return [...folders]
}
