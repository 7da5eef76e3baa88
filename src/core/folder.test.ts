import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { makeFolder } from './folder.ts'

const folder = mkdtempSync(join(tmpdir(), 'kiln-folder-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('makeFolder', () => {
  test('makes all that is missing, and is content with what is there', async () => {
    await makeFolder(join(folder, 'a/b/c'))
    await makeFolder(join(folder, 'a/b/c'))
    expect(existsSync(join(folder, 'a/b/c'))).toBe(true)
  })
  test('a file in the way is an error', async () => {
    writeFileSync(join(folder, 'file'), '')
    await expect(makeFolder(join(folder, 'file'))).rejects.toThrow('EEXIST')
    await expect(makeFolder(join(folder, 'file/x'))).rejects.toThrow('ENOTDIR')
  })
  test('ends where nothing can be made', async () => {
    await expect(makeFolder('/proc/kiln/x')).rejects.toThrow('ENOENT')
  })
})
