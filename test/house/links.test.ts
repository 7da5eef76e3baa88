import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { files, ROOT } from './files.ts'

const pages = ['docs', 'src', 'scripts', 'examples', 'test', 'bench'].flatMap((folder) =>
  files(folder, ['.md']),
)

test('links between pages lead somewhere', () => {
  const broken = pages.flatMap((page) =>
    [...page.text.matchAll(/\]\((?!\w+:|#)([^)\s#]+)[^)]*\)/g)]
      .filter(([, target]) => !existsSync(join(ROOT, dirname(page.path), target!)))
      .map(([, target]) => `${page.path}: ${target}`),
  )
  expect(broken).toEqual([])
})

test('docs/README.md lists every page of docs', () => {
  const index = pages.find((page) => page.path === 'docs/README.md')!.text
  const unlisted = pages
    .filter((page) => page.path.startsWith('docs/') && page.path !== 'docs/README.md')
    .filter((page) => !index.includes(`(${page.path.slice('docs/'.length)})`))
  expect(unlisted.map((page) => page.path)).toEqual([])
})
