import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { files, isTest, ROOT } from './files.ts'

/** A file of this length has more than one subject. */
const LONGEST = 350
/** A screen. */
const LONGEST_README = 60

const sources = files('src')
const lineCount = (text: string) => text.trimEnd().split('\n').length

describe('shape', () => {
  test(`no file has more than ${LONGEST} lines`, () => {
    const long = [...sources, ...files('test'), ...files('bench')].filter(
      (file) => lineCount(file.text) > LONGEST,
    )
    expect(long.map((file) => `${file.path}: ${lineCount(file.text)}`)).toEqual([])
  })

  test(`every folder of src says what it is in at most ${LONGEST_README} lines`, () => {
    const folders = new Set(sources.map((file) => dirname(file.path)))
    const wrong = [...folders].flatMap((folder) => {
      const readme = ['README.md', 'readme.md'].find((name) => existsSync(join(ROOT, folder, name)))
      if (!readme) return [`${folder} has no README.md`]
      const count = lineCount(readFileSync(join(ROOT, folder, readme), 'utf8'))
      return count > LONGEST_README ? [`${folder}/${readme}: ${count} lines`] : []
    })
    expect(wrong).toEqual([])
  })
})

/** Names of the environment and marks in guests' output: they look like codes and are none. */
const NO_CODES =
  /^KILN_(HOME|DEBUG|WORKSPACE|VENDOR|AUTH|AUTH_FILE|CACHE_URL|CACHE_PUSH|PIP_INDEX|MIRROR_\w+|END_OF_\w+)$/

describe('error codes', () => {
  const documented = readFileSync(join(ROOT, 'docs/errors.md'), 'utf8')
  const rows = [...documented.matchAll(/^\| `(KILN_\w+)` \| (.+) \| (.+) \|$/gm)]
  const listed = rows.map((row) => row[1]!)
  const used = new Set(
    sources
      .filter((file) => !isTest(file.path))
      .flatMap((file) => [...file.text.matchAll(/['"`](KILN_[A-Z0-9_]+)['"`]/g)])
      .map((match) => match[1]!)
      .filter((code) => !NO_CODES.test(code)),
  )

  test('docs/errors.md explains every code that src uses', () => {
    expect([...used].filter((code) => !listed.includes(code)).sort()).toEqual([])
  })

  test('and no others, each once, in order', () => {
    expect(listed.filter((code) => !used.has(code))).toEqual([])
    expect(listed).toEqual([...new Set(listed)].sort())
  })

  test('each line says what it means and what to do', () => {
    for (const [, code, meaning, remedy] of rows)
      expect(`${code} ${meaning} ${remedy}`).toMatch(/^KILN_\w+ [A-Z`'].*\. [A-Z'`].*\.$/)
  })
})
