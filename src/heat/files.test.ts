import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { localFiles, resolvePath } from './files.ts'

const base = mkdtempSync(join(tmpdir(), 'kiln-files-'))
afterAll(() => rmSync(base, { recursive: true }))
mkdirSync(join(base, 'root/sub'), { recursive: true })
writeFileSync(join(base, 'secret'), 'secret')
writeFileSync(join(base, 'root/sub/a'), 'a')
symlinkSync('../secret', join(base, 'root/out'))
symlinkSync('sub/a', join(base, 'root/in'))

test.each([
  ['sub/a', 'sub/a'],
  ['in', 'sub/a'],
  ['out', 'outside'],
  ['../secret', 'outside'],
  ['/etc/passwd', 'outside'],
  ['sub', 'not-a-file'],
  ['nowhere', 'absent'],
  ['sub/a/b', 'absent'],
])('%s → %s', (path, expected) => {
  const answer = localFiles(join(base, 'root')).read(path)
  expect(answer.ok ? answer.path : answer.why).toBe(expected)
})

test.each([
  ['a/b.yaml', '../c', 'c'],
  ['a/b.yaml', './x/../y', 'a/y'],
  ['b.yaml', '../c', undefined],
  ['b.yaml', '/c', undefined],
])('%s names %s: %s', (from, name, expected) => {
  expect(resolvePath(from, name)).toBe(expected)
})
