/**
 * Makes a bundle of the program in `.kiln/program`: few files, types stripped, libraries with them. It starts in half
 * the time of the sources, and `kiln` takes it only while it is what they would be (`src/cli/fresh.ts`).
 * Run by set-up, which lets one at a time. Ends at once when there is nothing to do.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import type { Plugin } from 'rolldown'
import { type Input, isFresh, type Made, namesIn, stampOf } from '../src/cli/fresh.ts'
import { sha256 } from '../src/core/digest.ts'

const ROOT = resolve(import.meta.dirname, '..')
const VERBS = 'src/cli/verbs'
/** How old a file must be so that its times tell it from what it was before, ms: the clocks of some file systems are coarse. */
const SETTLED = 2500

/** Makes the bundle of the checkout `root` in `folder` unless it is there. Says whether there was anything to do. */
export async function bundle(root: string, folder: string): Promise<boolean> {
  const entry = join(folder, 'start.js')
  // Two take turns: who runs the one before finds its files until the next but one.
  const current = existsSync(entry) ? /'\.\/([ab])\//.exec(readFileSync(entry, 'utf8'))?.[1] : undefined
  if (current !== undefined && isFresh(root, join(folder, current, 'made.json'))) return false
  const next = current === 'a' ? 'b' : 'a'
  const home = join(folder, next)
  rmSync(home, { recursive: true, force: true })
  mkdirSync(home, { recursive: true })
  const { chunks, made } = await build(root, home)
  for (const [name, code] of chunks) write(join(home, name), code)
  write(join(home, 'made.json'), JSON.stringify(made))
  const half = join(folder, `start.js.${process.pid}`)
  write(
    half,
    `import { start } from './${next}/start.js'\nawait start(\`\${import.meta.dirname}/${next}/made.json\`)\n`,
  )
  renameSync(half, entry)
  return true
}

async function build(root: string, home: string): Promise<{ chunks: Map<string, string>; made: Made }> {
  const { rolldown } = await import('rolldown')
  const before = Date.now() - SETTLED
  const inputs = new Map<string, Input>()
  const take = (path: string): string => {
    const name = relative(root, path)
    const stamp = stampOf(path, before)
    const bytes = readFileSync(path)
    inputs.set(name, [name, sha256(bytes), stamp])
    return bytes.toString('utf8')
  }
  // How it is made, and what decides which libraries there are.
  for (const name of ['scripts/bundle.ts', 'package.json', 'package-lock.json']) take(join(root, name))
  const made: Made = { files: [], folders: [[VERBS, namesIn(join(root, VERBS))]] }
  await using build = await rolldown({
    cwd: root,
    input: { start: 'src/cli/start.ts' },
    platform: 'node',
    tsconfig: false,
    plugins: [sources(root, home, take)],
  })
  const { output } = await build.generate({
    format: 'esm',
    chunkFileNames: '[name].js',
    // What every run needs in one file; `process.ts` begins when code is kept.
    codeSplitting: {
      groups: [{ name: 'common', test: /\/src\/(core|cli\/(render|(?!process)[a-z-]+\.ts$))/ }],
    },
  })
  const chunks = new Map(output.map((file) => [file.fileName, file.type === 'chunk' ? file.code : '']))
  return { chunks, made: { ...made, files: [...inputs.values()] } }
}

/** Takes every module in as it is, once, and puts right what a bundle changes. */
function sources(root: string, home: string, take: (path: string) => string): Plugin {
  return {
    name: 'sources',
    load(id) {
      if (id.startsWith('\0')) return null
      const code = take(id)
      if (relative(root, id) === 'src/cli/verb-files.ts') return verbFiles(root)
      // Files that lie beside a module are read where they are.
      const url = `new URL(${JSON.stringify(relative(home, id))}, import.meta.url).href`
      return id.startsWith(join(root, 'src')) ? code.replaceAll('import.meta.url', () => url) : code
    },
  }
}

/** In place of `verb-files.ts`: the same without looking into the folder. */
function verbFiles(root: string): string {
  const names = readdirSync(join(root, VERBS)).filter(
    (name) => name.endsWith('.ts') && !name.includes('.test.'),
  )
  const list = names.map((name) => `[${JSON.stringify(name.slice(0, -3))}, () => import('./verbs/${name}')]`)
  return `export const verbFiles = () => new Map([${list.join(',\n')}])\n`
}

function write(path: string, text: string): void {
  // On the disk before `start.js` names it.
  writeFileSync(path, text, { flush: true })
}

if (import.meta.main)
  await bundle(ROOT, join(ROOT, '.kiln/program')).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  })
