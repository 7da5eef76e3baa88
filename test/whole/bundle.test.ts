import { appendFile, cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { bundle } from '../../scripts/bundle.ts'
import { environment, program, ROOT } from './program.ts'

let folder: string
let checkout: string

const kiln = (...argv: string[]) =>
  program([join(checkout, 'kiln'), ...argv], {
    cwd: checkout,
    env: environment({ KILN_HOME: join(folder, 'home') }),
  })
const made = () => join(checkout, '.kiln/program')
const make = () => bundle(checkout, made())
/** Which of the two is in use, and whether it is what ran: its own files say so from now on. */
async function mark(): Promise<string> {
  const current = /'\.\/([ab])\//.exec(await readFile(join(made(), 'start.js'), 'utf8'))![1]!
  await appendFile(join(made(), current, 'process.js'), '\nprocess.stderr.write("from the bundle\\n")\n')
  return current
}

/** What is loaded with a file of the bundle before anything of it runs: modules from the root of the checkout, and Node's own. */
async function loadedBy(
  name: string,
  seen = new Set<string>(),
): Promise<{ modules: string[]; builtins: string[] }> {
  seen.add(name)
  const text = await readFile(join(made(), 'a', name), 'utf8')
  const modules = [...text.matchAll(/^\/\/ (?:#region )?(\S+\.(?:ts|js))$/gm)].map(([, path]) => path!)
  const builtins: string[] = []
  for (const [, target] of text.matchAll(/^(?:import|export) (?:[^;"]* from )?"([^"]+)";?$/gm)) {
    if (!target!.startsWith('./')) builtins.push(target!)
    else if (!seen.has(target!.slice(2))) {
      const below = await loadedBy(target!.slice(2), seen)
      modules.push(...below.modules)
      builtins.push(...below.builtins)
    }
  }
  return { modules, builtins }
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiln-bundle-'))
  checkout = join(folder, 'a checkout')
  for (const name of ['kiln', 'package.json', 'package-lock.json', 'src', 'scripts', 'examples'])
    await cp(join(ROOT, name), join(checkout, name), { recursive: true, preserveTimestamps: true })
  await symlink(join(ROOT, 'node_modules'), join(checkout, 'node_modules'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('a bundle of the program', () => {
  beforeEach(async () => {
    await rm(made(), { recursive: true, force: true })
    expect(await make()).toBe(true)
    await mark()
  })

  test('says what the sources say', async () => {
    const lines = [
      ['--version'],
      ['help'],
      ['help', 'prebuild'],
      ['prebuild', '--plan', '--json', 'examples/wordpress/wordpress.yaml'],
      ['prebuild', '--plan', 'nothing.yaml'],
      ['nothing'],
    ]
    const bundled = await Promise.all(lines.map((argv) => kiln(...argv)))
    expect(bundled.map(({ stderr }) => stderr.startsWith('from the bundle\n'))).toEqual(lines.map(() => true))
    await rm(made(), { recursive: true })
    const plain = await Promise.all(lines.map((argv) => kiln(...argv)))
    const said = bundled.map((one) => ({ ...one, stderr: one.stderr.replace('from the bundle\n', '') }))
    expect(said).toEqual(plain)
    expect(plain.map(({ status }) => status)).toEqual([0, 0, 0, 0, 2, 2])
  })

  test('does not run when a source is another one', async () => {
    const version = join(checkout, 'src/core/version.ts')
    const text = await readFile(version, 'utf8')
    await writeFile(version, text.replace('JSON.parse(text) as', '{ version: "9.9.9" } as'))
    const changed = await kiln('--version')
    expect(changed).toMatchObject({ status: 0, stderr: '', stdout: expect.stringContaining('kiln 9.9.9') })
    await writeFile(version, text)
    expect((await kiln('--version')).stderr).toBe('from the bundle\n')
  })

  test('does not run when a verb comes or goes', async () => {
    const verb = join(checkout, 'src/cli/verbs/again.ts')
    const text = await readFile(join(checkout, 'src/cli/verbs/version.ts'), 'utf8')
    await writeFile(verb, text.replace("'version'", "'again'"))
    expect(await kiln('again')).toMatchObject({ status: 0, stderr: '' })
    await rm(verb)
    expect(await kiln('again')).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^from the bundle/),
    })
  })

  test('does not run when libraries may be others', async () => {
    const lock = join(checkout, 'package-lock.json')
    await appendFile(lock, '\n')
    expect(await kiln('--version')).toMatchObject({ status: 0, stderr: '' })
    await cp(join(ROOT, 'package-lock.json'), lock)
  })

  test('that is damaged gives way, too', async () => {
    for (const name of ['a', 'b']) await rm(join(made(), name, 'made.json'), { force: true })
    expect(await kiln('--version')).toMatchObject({ status: 0, stderr: '' })
  })

  test('has a plan load nothing that only builds, networks or files of users need', async () => {
    const { modules, builtins } = await loadedBy('prebuild.js')
    expect(modules.filter((name) => /^src\/(heat|recipe|prebuild)\//.test(name)).length).toBeGreaterThan(100)
    expect(modules.filter((name) => /^src\/(build|stages|lock|disk|store|tools)\//.test(name))).toEqual([])
    // The reader of YAML, and the large variant of the schema library.
    expect(modules.filter((name) => /^node_modules\/(yaml|zod\/v4\/classic)\//.test(name))).toEqual([])
    expect(builtins.filter((name) => /http|net|tls|dns|child|worker|zlib/.test(name))).toEqual([])
  })

  test('is made only when it must be; who runs the one before keeps its files', async () => {
    expect(await make()).toBe(false)
    await appendFile(join(checkout, 'src/core/version.ts'), '// Nothing more.\n')
    expect(await make()).toBe(true)
    expect((await kiln('--version')).stderr).toBe('')
    expect(await mark()).toBe('b')
    expect((await kiln('--version')).stderr).toBe('from the bundle\n')
    expect((await readdir(made())).sort()).toEqual(['a', 'b', 'start.js'])
    expect(await readFile(join(made(), 'a/process.js'), 'utf8')).toContain('from the bundle')
  })
})
