import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inject } from 'vitest'
import { parse, stringify } from 'yaml'
import { type Cloud, openCloud } from '../../src/cloud/index.ts'
import type { KilnEvent } from '../../src/core/events.ts'
import { randomName } from '../../src/core/random.ts'
import type { CloudFacts } from './fixture/cloud.ts'
import { Voice } from './fixture/seed.ts'

const provided = inject('openstack')

/** Why there is no cloud to test with, for `describe.skipIf`. */
export const absent = provided.facts === undefined

/** Why there are no servers to test with: Debian 12's services are tried without Nova. */
export const withoutCompute = absent || provided.facts?.flavour === 'bookworm'

/** Glance looks into what is sent, and refuses what is not the format that was said. Debian 12's takes anything. */
export const inspects = provided.facts?.flavour !== 'bookworm'

/** The cloud of all tests. */
export function facts(): CloudFacts {
  if (provided.facts === undefined) throw new Error(provided.why)
  return provided.facts
}

type Entry = Record<string, unknown>

/** A folder with a clouds.yaml, and how its clouds are opened. */
export interface Desk extends AsyncDisposable {
  readonly folder: string
  readonly events: KilnEvent[]
  open(name: string): Promise<Cloud>
}

/**
 * A folder with the clouds of the fixture.
 * @param changes to entries: `{devstack: {image_endpoint_override: …}}`, laid upon what is there.
 */
export async function desk(
  changes: Readonly<Record<string, Entry>> = {},
  of: CloudFacts = facts(),
): Promise<Desk> {
  const folder = await mkdtemp(join(tmpdir(), 'kiln-cloud-'))
  const { clouds } = parse(of.clouds) as { clouds: Record<string, Entry> }
  for (const [name, change] of Object.entries(changes)) {
    const auth = { ...(clouds[name]?.auth as Entry), ...(change.auth as Entry) }
    clouds[name] = { ...clouds[name], ...change, auth }
  }
  await writeFile(join(folder, 'clouds.yaml'), stringify({ clouds }))
  const events: KilnEvent[] = []
  return {
    folder,
    events,
    open: (name) =>
      openCloud(name, {
        env: { HOME: folder },
        cwd: folder,
        events: { emit: (event) => void events.push(event) },
      }),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  }
}

/** Names that no other test has. */
let count = 0
export function fresh(name: string): string {
  return `${name}-${process.pid}-${performance.timeOrigin}-${count++}`
}

/** A disk that Glance takes for qcow2, of `virtualSize` bytes, with `content` behind its header so that it is one of its kind. */
export function tinyQcow2(content: string, virtualSize = 1 << 20): Buffer {
  const header = Buffer.alloc(72)
  header.write('QFI\xfb', 'latin1')
  header.writeUInt32BE(2, 4)
  header.writeUInt32BE(16, 20)
  header.writeBigUInt64BE(BigInt(virtualSize), 24)
  header.writeUInt32BE(1, 36)
  header.writeBigUInt64BE(65536n, 40)
  return Buffer.concat([header, Buffer.alloc(65536 * 2 - 72), Buffer.from(content)])
}

/** A project of its own with a user in it, as the cloud `mine` of a desk. */
export async function freshProject(change: Entry = {}, of: CloudFacts = facts()): Promise<Desk> {
  const admin = await Voice.as(of.ports.keystone, of.admin, true)
  const say = (method: string, path: string, body?: unknown) =>
    admin.say(method, of.ports.keystone, `/v3${path}`, body)
  const name = fresh('project')
  const password = randomName(12)
  const idIn = (tree: Readonly<Record<string, unknown>>, kind: string) => (tree[kind] as { id: string }).id
  const project = idIn(await say('POST', '/projects', { project: { name, domain_id: 'default' } }), 'project')
  const user = idIn(await say('POST', '/users', { user: { name, password, domain_id: 'default' } }), 'user')
  const roles = (await say('GET', '/roles?name=member')).roles as { id: string }[]
  await say('PUT', `/projects/${project}/users/${user}/roles/${roles[0]!.id}`)
  const auth = { auth_url: of.authUrl, username: name, password, project_id: project }
  return desk({ mine: { region_name: of.region, ...change, auth } }, of)
}
