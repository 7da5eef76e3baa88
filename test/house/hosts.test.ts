import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { files, ROOT, type SourceFile } from './files.ts'

/** Hosts that may be named: those that are nobody's, a cloud's own address, and where licences and schemas live. */
const ALLOWED =
  /^([^.]+|127\.[\d.]+|169\.254\.169\.254|10\.[\d.]+|192\.(0\.2|168)\.[\d.]+|203\.0\.113\.\d+|\[[\da-f:]+\]|(.*\.)?(example(\.(com|org|net))?|invalid|test|local)|www\.apache\.org|json-schema\.org|spdx\.org|www\.w3\.org|cyclonedx\.org|in-toto\.io|slsa\.dev)$/

// A lock names where its inputs are: it is made beside a recipe and belongs to whoever made it.
const ours = (file: SourceFile) => !/(^|\/)package-lock\.json$|\.lock$/.test(file.path)
const roots: SourceFile[] = readdirSync(ROOT, { withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => ({ path: entry.name, text: readFileSync(join(ROOT, entry.name), 'utf8') }))
const folders = ['.ci', 'bench', 'bin', 'docs', 'examples', 'scripts', 'src', 'test']
const all = [...roots, ...folders.flatMap((folder) => files(folder, ['']))].filter(ours)

test('no mirror, registry or other host is named', () => {
  const named = all.flatMap((file) =>
    [...file.text.matchAll(/\b(?:https?|ftp|rsync):\/\/(?:[^\s/@'"`]*@)?(\[[^\]\s]*\]|[a-z\d][a-z\d.-]*)/gi)]
      .map(([, host]) => host!.toLowerCase())
      .filter((host) => !ALLOWED.test(host))
      .map((host) => `${file.path}: ${host}`),
  )
  expect([...new Set(named)]).toEqual([])
})

test('package-lock.json names no place and is complete', () => {
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { resolved?: string; optionalDependencies?: Record<string, string> }>
  }
  const entries = Object.entries(lock.packages)
  expect(entries.filter(([, entry]) => entry.resolved).map(([path]) => path)).toEqual([])
  // scripts/complete-lock.ts adds them.
  const lacking = entries.flatMap(([, entry]) =>
    Object.keys(entry.optionalDependencies ?? {}).filter((name) => !lock.packages[`node_modules/${name}`]),
  )
  expect(lacking).toEqual([])
})
