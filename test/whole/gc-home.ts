import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { begin, type Ended, environment, type Program, program, ROOT } from './program.ts'
import { suite, suiteTools } from './suite.ts'

/** What `kiln gc --json` says. */
export interface Report {
  readonly freed: number
  readonly size: number
  readonly removed: readonly { readonly kind: string; readonly id: string; readonly name: string }[]
}

/** What `kiln build --json` says. */
export interface Built {
  readonly digest: string
  readonly reused: boolean
  readonly stages: readonly { readonly stage: string; readonly key: string; readonly outcome: string }[]
}

/** Removes all that may go, however young. */
export const ALL = ['--keep-days', '0', '--max-size', '0']

/** A store of its own beside the suite's tools tree, and two recipes, `one` and `two`, on the same base. */
export class GcHome {
  readonly folder: string
  readonly store: string

  private constructor(folder: string) {
    this.folder = folder
    this.store = join(folder, 'home', 'store')
  }

  static async make(): Promise<GcHome> {
    await suiteTools()
    const home = new GcHome(await mkdtemp(join(tmpdir(), 'kiln-gc-')))
    await mkdir(home.store, { recursive: true })
    await symlink(join(suite.config.store, 'tools'), join(home.store, 'tools'))
    for (const [name, packages] of [
      ['one', 'jq'],
      ['two', 'tree'],
    ] as const) {
      await mkdir(join(home.folder, name))
      const recipe = `name: ${name}\nfrom: {os: debian-13}\npackages: [${packages}]\n`
      await writeFile(join(home.folder, name, 'recipe.yaml'), recipe)
    }
    return home
  }

  [Symbol.asyncDispose](): Promise<void> {
    return rm(this.folder, { recursive: true, force: true })
  }

  begin(...args: string[]): Program {
    return begin([join(ROOT, 'kiln'), ...args], { env: this.#env })
  }

  kiln(...args: string[]): Promise<Ended> {
    return program([join(ROOT, 'kiln'), ...args], { env: this.#env })
  }

  get #env() {
    return environment({ KILN_HOME: join(this.folder, 'home') })
  }

  beginBuild(name: string): Program {
    return this.begin('build', join(this.folder, name, 'recipe.yaml'), '--json')
  }

  build(name: string): Promise<Built> {
    return this.built(this.beginBuild(name))
  }

  /** What a build said when it came to its end. */
  async built(build: Program): Promise<Built> {
    const { status, stdout, stderr } = await build.ended
    expect(status, stderr).toBe(0)
    return JSON.parse(stdout) as Built
  }

  /** From now on no lock file needs what the recipe was built of. */
  forgetLock(name: string): Promise<void> {
    return rm(join(this.folder, name, 'kiln.lock'))
  }

  async gc(...args: string[]): Promise<Report> {
    const { status, stdout, stderr } = await this.kiln('gc', '--json', ...args)
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    return JSON.parse(stdout) as Report
  }

  /** Records whose result is gone. */
  async hollow(): Promise<string[]> {
    const objects = new Set(
      (await readdir(join(this.store, 'objects'), { recursive: true })).map((path) => path.slice(3)),
    )
    const found: string[] = []
    for (const kind of ['layers', 'versions'])
      for (const name of await readdir(join(this.store, kind))) {
        const record = JSON.parse(await readFile(join(this.store, kind, name), 'utf8'))
        const results: { digest: string }[] = record.artifacts ?? [record]
        if (!results.every(({ digest }) => objects.has(digest))) found.push(`${kind}/${name}`)
      }
    return found
  }
}
