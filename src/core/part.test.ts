import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { partBeside, sweepParts } from './part.ts'

const folder = mkdtempSync(join(tmpdir(), 'kiln-part-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('a part lies beside its file, and nobody else picks its name', () => {
  const [one, other] = [partBeside(join(folder, 'x')), partBeside(join(folder, 'x'))]
  expect(dirname(one)).toBe(folder)
  expect(one).not.toBe(other)
})

test('what dead processes of this machine left goes, files and folders; what lives or may live elsewhere stays', async () => {
  const mine = basename(partBeside(join(folder, 'x')))
  const dead = mine.replace(/-\d+-(\d+)-/, '-999999999-$1-')
  const deadFolder = dead.replace(/[0-9a-f]+\.part$/, 'ff.part')
  const elsewhere = dead.replace(/^\.kiln-[0-9a-f]{8}/, '.kiln-00000000')
  const stay = [mine, elsewhere, '.kiln-00ff.part', '.kiln-notes.part', 'x.part']
  for (const name of [...stay, dead]) writeFileSync(join(folder, name), '')
  mkdirSync(join(folder, deadFolder, 'deep'), { recursive: true })
  await sweepParts(folder)
  expect(readdirSync(folder).sort()).toEqual([...stay].sort())
  await sweepParts(join(folder, 'not-there'))
})
