/**
 * How long planning takes, beside what Heat's own engine needs to read the same templates: `make bench-heat`.
 * The engine comes from Debian's packages, in a scratch tree below `.kiln` that is made once.
 *
 *   node bench/heat.ts [--rounds 5] [--passes 5]
 */
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { readConfig } from '../src/core/config.ts'
import { CORPUS, hasCorpus } from '../src/heat/testing.ts'
import { debianMirrors } from '../src/tools/apt/mirrors.ts'
import { run } from '../src/tools/run.ts'
import { kilnEnvironment, PASSWORD, ROOT, TEMPLATE } from './demo.ts'
import { median, table } from './report.ts'

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, passes: { type: 'string', default: '5' } },
})
const rounds = Number(values.rounds)
const passes = Number(values.passes)
const SUITE = 'trixie'
const CACHE = join(ROOT, '.kiln/bench-heat')
const TREE = join(CACHE, SUITE)

interface Template {
  readonly root: string
  readonly path: string
  readonly parameters: Readonly<Record<string, unknown>>
}

async function templates(): Promise<Template[]> {
  const list = join(CORPUS, 'cases-dev.json')
  if (!hasCorpus('the examples are planned'))
    return ['wordpress.yaml', 'wordpress.template'].map((path) => ({
      root: join(ROOT, 'examples/wordpress'),
      path,
      parameters: {},
    }))
  const cases = JSON.parse(await readFile(list, 'utf8')) as {
    template: string
    root: string
    parameters: unknown
    lenient?: boolean
  }[]
  const chosen = new Map<string, Template>()
  for (const { template, root, parameters, lenient } of cases)
    if (lenient !== true && typeof parameters === 'object')
      // The last case of a template gives the most parameters.
      chosen.set(template, {
        root: join(CORPUS, root),
        path: template.slice(root.length + 1),
        parameters: parameters as Template['parameters'],
      })
  return [...chosen.values()]
}

/** The engine's packages in a tree of their own. Nothing in it is run but its Python. */
async function engineTree(): Promise<void> {
  if (existsSync(join(TREE, 'complete'))) return
  process.stderr.write(`making the scratch tree with Heat's engine in ${TREE}; this takes some minutes\n`)
  await rm(TREE, { recursive: true, force: true })
  await mkdir(join(TREE, 'root'), { recursive: true })
  const mirrors = await debianMirrors(readConfig(process.env).mirrors.debian)
  const tar = join(TREE, 'tree.tar')
  await run(
    [
      'mmdebstrap',
      '--quiet',
      '--variant=apt',
      '--aptopt=APT::Install-Recommends "false"',
      '--aptopt=Acquire::Languages "none"',
      '--dpkgopt=force-unsafe-io',
      '--include=python3-heat',
      SUITE,
      tar,
      mirrors.archive,
    ],
    { env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', TMPDIR: tmpdir(), LC_ALL: 'C.UTF-8', HOME: TREE } },
  )
  await run(['tar', '-xf', tar, '-C', join(TREE, 'root'), '--exclude=./dev/*'])
  await rm(tar)
  await writeFile(join(TREE, 'complete'), '')
}

/** Enters the tree; who is not root becomes it in a namespace of one id. */
const enter = process.getuid?.() === 0 ? ['chroot'] : ['unshare', '--map-root-user', 'chroot']

interface Measured {
  readonly parse?: readonly number[]
  readonly read?: readonly number[]
  readonly plan: readonly number[]
  readonly refused: number
}

async function measure(argv: readonly string[], job: object): Promise<Measured> {
  const { stdout } = await run(argv, { input: JSON.stringify(job), timeout: 600_000 })
  return JSON.parse(stdout) as Measured
}

/** The shell tells hundredths of a second: of so many starts the mean tells thousandths. */
const STARTS = 10

/** Processor seconds, user and system, of a whole program. */
async function programSeconds(argv: readonly string[]): Promise<number> {
  const script = `i=0; while [ $i -lt ${STARTS} ]; do "$@" >/dev/null 2>&1; i=$((i + 1)); done; times`
  const { stdout } = await run(['sh', '-c', script, 'sh', ...argv], { env: kilnEnvironment() })
  const children = stdout.trim().split('\n').at(-1)!
  const all = [...children.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds),
    0,
  )
  return all / STARTS
}

/** A template as large as Heat takes: an instance in each line. */
function largest(): string {
  let text = 'heat_template_version: 2021-04-16\nparameters: {p: {type: string, default: base}}\nresources:\n'
  for (let i = 0; ; i++) {
    const line = `  s${i}: {type: OS::Nova::Server, properties: {image: {get_param: p}, flavor: small}}\n`
    if (text.length + line.length > 512 * 1024) return text
    text += line
  }
}

await using undo = new AsyncDisposableStack()
const folder = await mkdtemp(join(tmpdir(), 'kiln-bench-heat-'))
undo.defer(() => rm(folder, { recursive: true, force: true }))
await engineTree()
await writeFile(join(folder, 'largest.yaml'), largest())
await writeFile(
  join(TREE, 'root/heat-engine.py'),
  await readFile(join(import.meta.dirname, 'heat-engine.py')),
)

const chosen = await templates()
const withText = await Promise.all(
  chosen.map(async ({ root, path, parameters }) => ({
    text: await readFile(join(root, path), 'utf8'),
    parameters,
  })),
)
const node = process.execPath
const script = join(import.meta.dirname, 'heat-plan.ts')
const rows = new Map<string, number[]>()
const note = (row: string, value: number) => rows.set(row, [...(rows.get(row) ?? []), value])
const kiln = join(ROOT, 'kiln')
const largestJob = {
  passes: 1,
  templates: [{ root: folder, path: 'largest.yaml', parameters: {} }],
}

for (let round = 0; round < rounds; round++) {
  const engineArgv = [...enter, join(TREE, 'root'), 'python3', '/heat-engine.py']
  const engine = await measure(engineArgv, { passes, templates: withText })
  const plainEngine = await measure([...engineArgv, '--without-libyaml'], { passes: 1, templates: withText })
  const ours = await measure([node, '--disable-warning=ExperimentalWarning', script], {
    passes,
    templates: chosen,
  })
  note('engine: text to data', median(engine.parse!))
  note('engine: text to worked-out definitions', median(engine.plan))
  note('engine without libyaml: text to data', median(plainEngine.parse!))
  note('Kiln: text to checked template', median(ours.read!))
  note('Kiln: whole plan', median(ours.plan))
  note('Kiln: whole plan, first pass of a process', ours.plan[0]!)
  note('Kiln: a template of 512 KiB', (await measure([node, script], largestJob)).plan[0]!)
  note(
    'program: engine, one template',
    await programSeconds([
      'sh',
      '-c',
      `printf %s '{"passes": 1, "templates": []}' | "$@"`,
      'sh',
      ...enter,
      join(TREE, 'root'),
      'python3',
      '/heat-engine.py',
    ]),
  )
  const bare = await programSeconds([kiln, 'version'])
  const planned = await programSeconds([
    kiln,
    'prebuild',
    '--plan',
    TEMPLATE,
    '-P',
    `db_password=${PASSWORD}`,
  ])
  note('program: kiln version', bare)
  note('program: kiln prebuild --plan', planned)
  note('program: planning above the bare start', planned - bare)
}

const reference = median(rows.get('Kiln: whole plan')!)
process.stdout.write(
  `${table(
    ['work', 'processor ms (median)', '× Kiln: whole plan', 'all rounds'],
    [...rows].map(([name, all]) => [
      name,
      (median(all) * 1000).toFixed(0),
      name.startsWith('program') ? '' : (median(all) / reference).toFixed(2),
      all.map((value) => (value * 1000).toFixed(0)).join(' '),
    ]),
  )}\n${chosen.length} templates, ${Math.round(withText.reduce((sum, { text }) => sum + text.length, 0) / 1024)} KiB; each a median of ${passes} passes in one process, ${rounds} rounds\n`,
)
