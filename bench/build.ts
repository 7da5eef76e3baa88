/**
 * Builds of one recipe, side by side with mmdebstrap making just the tarball of the same packages: `make bench`.
 * Without --recipe it is the one that the demo's template asks for its web server.
 * Every row runs in the same process order, round after round, so that a busy machine hurts all alike; medians are shown.
 *
 *   node bench/build.ts [--rounds 3] [--recipe FILE] [--more tree]
 */
import { rmSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { parse, stringify } from 'yaml'
import { toolsOf } from '../src/build/index.ts'
import { clock } from '../src/core/clock.ts'
import { readConfig } from '../src/core/config.ts'
import { silent } from '../src/core/events.ts'
import { allPackages, type Lock } from '../src/lock/lock.ts'
import { run } from '../src/tools/run.ts'
import { demoRecipe, kilnEnvironment, ROOT } from './demo.ts'
import { median, table } from './report.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    recipe: { type: 'string' },
    more: { type: 'string', default: 'tree' },
  },
})

await using undo = new AsyncDisposableStack()
const folder = await mkdtemp(join(tmpdir(), 'kiln-bench-'))
undo.defer(() => rm(folder, { recursive: true, force: true }))
// Ctrl-C leaves nothing, either: what was started ends with this process.
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    rmSync(folder, { recursive: true, force: true })
    process.exit(130)
  })

// The tools tree is there before anything is timed: it is made once for all images.
const tools = await toolsOf({ config: readConfig(process.env), events: silent })
const toolsFolder = join(readConfig(process.env).store, 'tools')

const recipe: { packages: unknown[] } =
  values.recipe === undefined
    ? await demoRecipe('web_server')
    : parse(await readFile(resolve(values.recipe), 'utf8'))
const one = join(folder, 'one.yaml')
const more = join(folder, 'more.yaml')
await writeFile(one, stringify(recipe))
await writeFile(more, stringify({ ...recipe, packages: [...recipe.packages, values.more] }))

let home = ''
async function freshHome(): Promise<void> {
  if (home) await rm(home, { recursive: true, force: true })
  home = await mkdtemp(join(folder, 'home-'))
  await mkdir(join(home, 'store'))
  await symlink(toolsFolder, join(home, 'store', 'tools'))
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const start = clock.monotonic()
  await work()
  return (clock.monotonic() - start) / 1000
}

const build = (file: string) =>
  run([join(ROOT, 'kiln'), 'build', file, '--quiet'], { env: kilnEnvironment(home) })

const rows = new Map<string, number[]>()
const note = (row: string, value: number) => rows.set(row, [...(rows.get(row) ?? []), value])

for (let round = 0; round < Number(values.rounds); round++) {
  await freshHome()
  await rm(join(folder, 'kiln.lock'), { force: true })
  note('cold: index, lock, download, build', await seconds(() => build(one)))
  await cp(join(folder, 'kiln.lock'), join(folder, 'kept.lock'))
  note('nothing changed', await seconds(() => build(one)))
  note('one package more', await secondsAfter(more))
  await cp(join(folder, 'kept.lock'), join(folder, 'kiln.lock'))
  note('inputs cached, no layers', await withoutLayers(one))
  const lock = JSON.parse(await readFile(join(folder, 'kept.lock'), 'utf8')) as Lock
  note('mmdebstrap: tarball of the same packages, no image', await mmdebstrap(lock))
}

/** The other recipe with the layers of the first, but not its own. */
async function secondsAfter(file: string): Promise<number> {
  await freshHome()
  await build(one)
  return seconds(() => build(file))
}

async function withoutLayers(file: string): Promise<number> {
  await rm(join(home, 'store', 'layers'), { recursive: true })
  await rm(join(home, 'store', 'versions'), { recursive: true })
  return seconds(() => build(file))
}

async function mmdebstrap(lock: Lock): Promise<number> {
  const names = allPackages(lock).map((file) => file.name)
  const suite = lock.repositories[0]!.suite
  const sources = lock.repositories.map((r) => `deb ${r.uri} ${r.suite} ${r.components.join(' ')}`).join('\n')
  return seconds(() =>
    run(
      [
        'mmdebstrap',
        '--quiet',
        '--variant=apt',
        '--aptopt=APT::Install-Recommends "false"',
        `--include=${names.join(',')}`,
        suite,
        join(folder, 'tarball.tar'),
        '-',
      ],
      {
        input: sources,
        env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', TMPDIR: folder, LC_ALL: 'C.UTF-8', HOME: folder },
      },
    ),
  )
}

const reference = median(rows.get('mmdebstrap: tarball of the same packages, no image')!)
process.stdout.write(
  `${table(
    ['work', 'seconds (median)', '× mmdebstrap', 'all rounds'],
    [...rows].map(([name, all]) => [
      name,
      median(all).toFixed(1),
      (median(all) / reference).toFixed(2),
      all.map((value) => value.toFixed(1)).join(' '),
    ]),
  )}\ntools tree ${tools.digest.slice(0, 12)}; ${values.recipe ?? 'web server of the demo'}, one more: ${values.more}; workspace of both in ${tmpdir()} or memory, as each chooses\n`,
)
