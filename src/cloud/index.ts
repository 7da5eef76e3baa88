import { homedir } from 'node:os'
import type { EventSink } from '../core/events.ts'
import { accessOf } from './access.ts'
import { Images } from './glance/images.ts'
import { Stacks } from './heat/stacks.ts'
import { Servers } from './nova/servers.ts'
import { Session } from './session.ts'
import { readCloud } from './settings/read.ts'
import type { CloudSettings } from './settings/settings.ts'

export { findBase } from './glance/base.ts'
export { download } from './glance/download.ts'
export { Images } from './glance/images.ts'
export { type Image, property } from './glance/schema.ts'
export { upload } from './glance/upload.ts'
export { VISIBILITIES, type Visibility } from './glance/visibility.ts'
export type { Stack, StackEvent, StackResource } from './heat/schema.ts'
export { type NewStack, type StackRef, Stacks, type TemplateRequest } from './heat/stacks.ts'
export { type NewServer, type Server, Servers } from './nova/servers.ts'
export { Session } from './session.ts'
export type { CloudSettings } from './settings/settings.ts'

/** A cloud that one has logged in to, or will when it is first asked. */
export interface Cloud {
  readonly settings: CloudSettings
  readonly session: Session
  readonly images: Images
  readonly stacks: Stacks
  readonly servers: Servers
}

export interface CloudContext {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Relative paths start here. */
  readonly cwd: string
  readonly events: EventSink
}

/**
 * A cloud by its name in clouds.yaml; without one, as `OS_CLOUD` or the other `OS_*` variables say. Nothing is asked yet.
 * @throws KilnError `KILN_CLOUD_UNKNOWN`, `KILN_CLOUD_INVALID`.
 */
export async function openCloud(
  name: string | undefined,
  { env, cwd, events }: CloudContext,
): Promise<Cloud> {
  const settings = await readCloud(name, { env, cwd, home: env.HOME || homedir() })
  const proxies = Object.entries(env).filter(([key, value]) => /^(https?|no)_proxy$/i.test(key) && value)
  const access = await accessOf(settings, Object.fromEntries(proxies) as Record<string, string>)
  const message = warningOf(settings)
  if (message !== undefined) events.emit({ type: 'note', level: 'warning', message })
  const session = new Session(settings, access)
  return {
    settings,
    session,
    images: new Images(session),
    stacks: new Stacks(session),
    servers: new Servers(session),
  }
}

/** What about a cloud is not safe. */
function warningOf({ name, authUrl, tls }: CloudSettings): string | undefined {
  const { protocol, hostname } = new URL(authUrl)
  if (protocol === 'http:' && !/^(localhost|127\.[\d.]+|\[::1\])$/.test(hostname))
    return `The cloud ${name} is asked without TLS: whoever listens on the way reads the login.`
  if (protocol === 'https:' && !tls.verify)
    return `The certificate of the cloud ${name} is not looked at (verify: false): whoever stands on the way reads the login.`
  return undefined
}
