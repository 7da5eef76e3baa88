import { mkdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { plainEnvironment, run } from '../src/tools/run.ts'

/** The demo's template, its servers, and values for what it asks for. */
export const ROOT = resolve(import.meta.dirname, '..')
export const TEMPLATE = join(ROOT, 'examples/wordpress/wordpress.yaml')
export const SERVERS = ['db_server', 'web_server'] as const
export type Server = (typeof SERVERS)[number]
/** No guest of a bench can be reached, so this keeps nothing. */
export const PASSWORD = 'only-for-the-bench'

const KILN = join(ROOT, 'kiln')

/** The environment of Kiln as the user has it. */
export function kilnEnvironment(home?: string): Record<string, string> {
  const env = plainEnvironment()
  for (const [name, value] of Object.entries(process.env))
    if (/^(KILN_|XDG_)/.test(name) && value !== undefined) env[name] = value
  return home === undefined ? env : { ...env, KILN_HOME: home }
}

/** The recipe that the demo's template asks for one of its servers, as `kiln prebuild --plan` says. */
export async function demoRecipe(server: Server): Promise<{ packages: unknown[] }> {
  const argv = [KILN, 'prebuild', '--plan', '--json', TEMPLATE, '-P', `db_password=${PASSWORD}`]
  const { stdout } = await run(argv, { env: kilnEnvironment() })
  const plan = JSON.parse(stdout) as {
    recipes: { paths: string[]; recipe: { packages: unknown[] } }[]
  }
  return plan.recipes.find(({ paths }) => paths.includes(server))!.recipe
}

export interface DemoStack {
  /** Texts of both templates. */
  readonly original: string
  readonly rewritten: string
  /** Files of the images by server. */
  readonly images: ReadonlyMap<Server, string>
}

/** Runs the demo's prebuild into `folder`, in the user's store. */
export async function demoStack(folder: string): Promise<DemoStack> {
  await mkdir(folder, { recursive: true })
  const out = join(folder, 'wordpress.yaml')
  const argv = [KILN, 'prebuild', TEMPLATE, out, '--json', '--quiet', '-P', `db_password=${PASSWORD}`]
  const { stdout } = await run(argv, { env: kilnEnvironment() })
  const { images } = JSON.parse(stdout) as { images: { paths: string[]; where: string[] }[] }
  const file = (server: Server) => images.find(({ paths }) => paths.includes(server))!.where[0]!
  return {
    original: await readFile(TEMPLATE, 'utf8'),
    rewritten: await readFile(out, 'utf8'),
    images: new Map(SERVERS.map((server) => [server, file(server)])),
  }
}
