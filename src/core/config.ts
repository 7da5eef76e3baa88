import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

/** Where Kiln keeps things and what the environment asks of it. Read once, at the start of the program. */
export interface Config {
  /** The store: objects, layers, roots, and what can be made again from them. */
  readonly store: string
  /** Images and their descriptions: the directory target. */
  readonly images: string
  /** `KILN_MIRROR_<DISTRO>` values by lower-case distribution name. */
  readonly mirrors: Readonly<Record<string, readonly string[]>>
  /** Where builds work (`KILN_WORKSPACE`); undefined: in memory where there is room, else on the store's disk. */
  readonly workspace: 'memory' | 'disk' | undefined
  /** Logins, certificates and proxies of private repositories (`KILN_AUTH_FILE`, `KILN_AUTH`, `*_proxy`). */
  readonly access?: {
    readonly file: { readonly path: string; readonly required: boolean }
    readonly text: string | undefined
    readonly proxies: Readonly<Record<string, string>>
  }
  /** What says which package indexes of Python are asked (`KILN_PIP_INDEX`, else what this machine's pip does). */
  readonly pip?: {
    readonly configured: string | undefined
    readonly environment: Readonly<Record<string, string | undefined>>
    readonly files: readonly string[]
  }
  /** An archive of inputs (`KILN_VENDOR`): what is fetched comes from this folder, and nothing from a network. */
  readonly vendor?: string | undefined
  /** A cache that many machines share (`KILN_CACHE_URL`), and whether this one gives to it (`KILN_CACHE_PUSH`). */
  readonly cache?: { readonly address: string; readonly push: boolean } | undefined
}

/** The configuration in `env`: `KILN_HOME` for both folders, else the XDG cache and data directories. */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const home = env.KILN_HOME ? resolve(env.KILN_HOME) : undefined
  const cache = env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache')
  const data = env.XDG_DATA_HOME || join(env.HOME || homedir(), '.local', 'share')
  const mirrors: Record<string, readonly string[]> = {}
  for (const [name, value] of Object.entries(env)) {
    const distro = /^KILN_MIRROR_([A-Z0-9]+)$/.exec(name)?.[1]
    if (distro && value) mirrors[distro.toLowerCase()] = value.split(/\s+/).filter(Boolean)
  }
  const settings = env.XDG_CONFIG_HOME || join(env.HOME || homedir(), '.config')
  const proxies = Object.entries(env).filter(([name, value]) => /^(https?|no)_proxy$/i.test(name) && value)
  return {
    store: home ? join(home, 'store') : join(cache, 'kiln', 'store'),
    images: home ? join(home, 'images') : join(data, 'kiln', 'images'),
    mirrors,
    workspace:
      env.KILN_WORKSPACE === 'memory' || env.KILN_WORKSPACE === 'disk' ? env.KILN_WORKSPACE : undefined,
    access: {
      file: env.KILN_AUTH_FILE
        ? { path: resolve(env.KILN_AUTH_FILE), required: true }
        : { path: home ? join(home, 'auth.conf') : join(settings, 'kiln', 'auth.conf'), required: false },
      text: env.KILN_AUTH,
      proxies: Object.fromEntries(proxies) as Record<string, string>,
    },
    pip: {
      configured: env.KILN_PIP_INDEX,
      environment: {
        PIP_INDEX_URL: env.PIP_INDEX_URL,
        PIP_EXTRA_INDEX_URL: env.PIP_EXTRA_INDEX_URL,
        PIP_CONFIG_FILE: env.PIP_CONFIG_FILE,
      },
      // In the order in which pip reads them.
      files: [
        '/etc/xdg/pip/pip.conf',
        '/etc/pip.conf',
        join(env.HOME || homedir(), '.pip', 'pip.conf'),
        join(settings, 'pip', 'pip.conf'),
      ],
    },
    vendor: env.KILN_VENDOR ? resolve(env.KILN_VENDOR) : undefined,
    cache: env.KILN_CACHE_URL
      ? {
          address: env.KILN_CACHE_URL,
          push: /^(1|yes|true|on)$/i.test(env.KILN_CACHE_PUSH ?? ''),
        }
      : undefined,
  }
}
