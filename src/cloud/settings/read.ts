import { resolve } from 'node:path'
import { inputError, type KilnErrorOptions } from '../../core/error.ts'
import { environmentEntry } from './environment.ts'
import { type Places, placesOf, readFirst } from './files.ts'
import { Lacks, loginOf } from './login.ts'
import { type CloudSettings, INTERFACES, type Interface } from './settings.ts'
import { type Entry, entry, isTree, merged, type Tree } from './tree.ts'

/** The name of the cloud that `OS_*` variables describe, as OpenStack's own programs call it. */
const ENVIRONMENT = 'envvars'

/**
 * The settings of a cloud: by its name in clouds.yaml (with secure.yaml and profiles), or those of `OS_*`.
 * @param name without one, `OS_CLOUD` counts, then what `OS_*` describe, then the only cloud of clouds.yaml.
 * @throws KilnError `KILN_CLOUD_UNKNOWN`, `KILN_CLOUD_INVALID`.
 */
export async function readCloud(name: string | undefined, places: Places): Promise<CloudSettings> {
  const wanted = name ?? (places.env.OS_CLOUD || undefined)
  const described = environmentEntry(places.env)
  if (described && (wanted === undefined || wanted === ENVIRONMENT))
    return settingsOf(ENVIRONMENT, 'the environment (OS_*)', described, places)
  const file = await readFirst('clouds', places)
  const clouds = isTree(file?.tree.clouds) ? file.tree.clouds : {}
  const names = Object.keys(clouds).filter((each) => isTree(clouds[each]))
  const chosen = wanted ?? (names.length === 1 ? names[0] : undefined)
  if (chosen === undefined || !isTree(Object.hasOwn(clouds, chosen) ? clouds[chosen] : undefined))
    throw unknown(chosen, names, file?.path, places)
  const secure = await readFirst('secure', places)
  const secrets = isTree(secure?.tree.clouds) ? secure.tree.clouds : {}
  const own = merged(
    clouds[chosen] as Tree,
    Object.hasOwn(secrets, chosen) && isTree(secrets[chosen]) ? secrets[chosen] : {},
  )
  const whole = merged(await profileOf(chosen, own, places), own)
  return settingsOf(chosen, file!.path, whole, places)
}

/** What a cloud has in common with others of its kind. */
async function profileOf(name: string, own: Tree, places: Places): Promise<Tree> {
  const profile = own.profile ?? own.cloud
  if (profile === undefined) return {}
  const file = await readFirst('clouds-public', places)
  const known = isTree(file?.tree['public-clouds']) ? file.tree['public-clouds'] : {}
  const found = Object.hasOwn(known, String(profile)) ? known[String(profile)] : undefined
  if (isTree(found)) return found
  throw invalid(name, `its profile "${String(profile)}" is in no clouds-public.yaml`, {
    hint: `Write what it stands for (auth_url, region_name) into the entry itself, or the profile into ${placesOf('clouds-public', places)[0]}.`,
  })
}

function settingsOf(name: string, origin: string, tree: Tree, places: Places): CloudSettings {
  const parsed = entry.safeParse(tree)
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!
    throw invalid(name, `${path.join('.') || 'it'} in ${origin} is not what it should be (${message})`)
  }
  const read = parsed.data
  const authUrl = authUrlOf(name, origin, read)
  // Whoever meant it can say so where it is seen again.
  if (read.insecure === true)
    throw invalid(name, 'OS_INSECURE and "insecure" are not taken: nobody would know whom passwords go to', {
      hint: "Name the authority of the cloud's certificate with cacert (OS_CACERT). If there is none, verify: false in clouds.yaml turns the check off.",
    })
  try {
    return {
      name,
      origin,
      authUrl,
      login: loginOf(read),
      region: read.region_name ?? read.regions?.[0],
      interface: interfaceOf(name, read),
      tls: {
        verify: read.verify ?? true,
        ca: fileOf(read.cacert, places),
        certificate: fileOf(read.cert, places),
        key: fileOf(read.key, places),
      },
      endpoints: endpointsOf(tree),
    }
  } catch (error) {
    if (!(error instanceof Lacks)) throw error
    throw invalid(name, `${error.message} (in ${origin})`, {
      hint: 'An entry needs auth: {auth_url, username, password, project_name}, or application_credential_id and application_credential_secret.',
    })
  }
}

function authUrlOf(name: string, origin: string, { auth, identity_api_version: version }: Entry): string {
  const text = auth.auth_url
  if (text === undefined) throw invalid(name, `auth_url is missing (in ${origin})`)
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol))
    throw invalid(name, 'its auth_url is no address of a web server')
  const url = new URL(text)
  if (url.username || url.password) throw invalid(name, 'its auth_url holds a login, which belongs beside it')
  const path = url.pathname.replace(/\/+$/, '')
  if (/\/v2\.0$/.test(path) || (version !== undefined && !/^(3|v3)(\.\d+)?$/.test(version)))
    throw invalid(name, 'it asks for version 2 of Identity, which no cloud has had since 2018', {
      hint: 'Write the address of version 3: it ends in /v3.',
    })
  return `${url.origin}${/\/v3$/.test(path) ? path : `${path}/v3`}`
}

function interfaceOf(name: string, read: Entry): Interface {
  const text = (read.interface ?? read.endpoint_type ?? 'public').replace(/URL$/, '')
  const found = INTERFACES.find((each) => each === text)
  if (found === undefined) throw invalid(name, `its interface "${text}" is none of ${INTERFACES.join(', ')}`)
  return found
}

function fileOf(path: string | null | undefined, { cwd, home }: Places): string | undefined {
  return path ? resolve(cwd, path.replace(/^~(?=\/)/, home)) : undefined
}

function endpointsOf(tree: Tree): Record<string, string> {
  return Object.fromEntries(
    Object.entries(tree).flatMap(([key, value]) => {
      const service = /^(.+)_endpoint_override$/.exec(key)?.[1]
      return service && typeof value === 'string' && URL.canParse(value) ? [[service, value]] : []
    }),
  )
}

function unknown(
  name: string | undefined,
  names: readonly string[],
  file: string | undefined,
  places: Places,
) {
  const there = file === undefined ? 'there is no clouds.yaml' : `${file} names ${names.join(', ') || 'none'}`
  return inputError(
    'KILN_CLOUD_UNKNOWN',
    name === undefined ? `No cloud is named, and ${there}.` : `No cloud is called ${name}: ${there}.`,
    {
      hint: `Clouds are named in clouds.yaml: in this folder or ${placesOf('clouds', { ...places, env: {} })[3]}, or the file of OS_CLIENT_CONFIG_FILE; OS_CLOUD chooses one.`,
      data: { clouds: names },
    },
  )
}

function invalid(name: string, why: string, options: KilnErrorOptions = {}) {
  return inputError('KILN_CLOUD_INVALID', `The cloud ${name} cannot be used: ${why}.`, options)
}
