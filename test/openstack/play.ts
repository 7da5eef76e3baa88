/**
 * `make openstack`: real OpenStack services on the loopback address to play with, until Ctrl-C. Writes clouds.yaml into a
 * folder of its own, which goes with it. `ARGS=bookworm` takes the services of Debian 12 (no Nova).
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Cloud, unable } from './fixture/cloud.ts'
import { FLAVOURS, type Flavour } from './fixture/root.ts'

const why = unable()
const flavour = (process.argv[2] ?? 'trixie') as Flavour
if (why !== undefined || !Object.hasOwn(FLAVOURS, flavour)) {
  console.error(why ? `${why}.` : `There is no ${flavour}: write one of ${Object.keys(FLAVOURS).join(', ')}.`)
  process.exit(2)
}
const stop = new Promise<void>((resolve) => {
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => resolve())
})
const begun = performance.now()
await using undo = new AsyncDisposableStack()
const starting = Cloud.start({ flavour, say: (text) => console.error(text) })
const cloud = await Promise.race([starting, stop])
if (cloud) {
  undo.use(cloud)
  const folder = await mkdtemp(join(tmpdir(), 'kiln-openstack-'))
  undo.defer(() => rm(folder, { recursive: true }))
  const file = join(folder, 'clouds.yaml')
  await writeFile(file, cloud.facts.clouds, { mode: 0o600 })
  await writeFile(join(folder, 'facts.json'), JSON.stringify(cloud.facts), { mode: 0o600 })
  console.log(cloud.facts.clouds)
  console.error(`Up after ${Math.round((performance.now() - begun) / 1000)} s. In another terminal:

    export OS_CLIENT_CONFIG_FILE=${file}
    ./kiln prebuild TEMPLATE OUT --target glance:devstack

Ctrl-C ends it; nothing is kept.`)
  await stop
}
// Programs that still start up end with us: they hold on to nothing but our pipe.
await undo.disposeAsync()
process.exit(0)
