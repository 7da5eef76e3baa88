/**
 * From power-on to both services of the demo answering: the original template on a plain image, which installs its
 * packages from a mirror of 100 Mbit/s when it boots, against the new template with its images: `make bench-boot`.
 * One guest at a time, both ways in turn, round after round; medians are shown.
 *
 *   node bench/boot.ts [--rounds 1] [--mbit 100]
 */
import { rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { build, lockRecipe, toolsOf } from '../src/build/index.ts'
import { accelerator, mimeMultipart } from '../src/check/index.ts'
import { readConfig } from '../src/core/config.ts'
import { silent } from '../src/core/events.ts'
import { parseRecipe } from '../src/recipe/recipe.ts'
import { userDataOf } from '../test/play-heat.ts'
import { demoStack, PASSWORD, SERVERS, type Server } from './demo.ts'
import { openSlowMirror } from './mirror.ts'
import { bar, median, table } from './report.ts'
import { serve, type Times } from './serve.ts'

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '1' }, mbit: { type: 'string', default: '100' } },
})
const say = (text: string) => process.stderr.write(`${text}\n`)

await using undo = new AsyncDisposableStack()
const folder = await mkdtemp(join(tmpdir(), 'kiln-bench-'))
undo.defer(() => rm(folder, { recursive: true, force: true }))
// Ctrl-C leaves nothing, either: what was started ends with this process.
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    rmSync(folder, { recursive: true, force: true })
    process.exit(130)
  })

const context = { config: readConfig(process.env), events: silent }
const tools = (await toolsOf(context)).path
const accel = await accelerator(tools)
const stack = await demoStack(folder)
const plainRecipe = parseRecipe({ name: 'plain', from: { os: 'debian-13' } }, 'of the bench')
const plain = await build(plainRecipe, await lockRecipe(plainRecipe, context), context)
const mirror = undo.use(await openSlowMirror(Number(values.mbit) * 1e6))

/** QEMU's user network shows the host's loopback to the guest under this address. */
const PROXY = `#cloud-config
apt:
  preserve_sources_list: true
  proxy: http://10.0.2.2:${mirror.port}
`
const stackValues = {
  parameters: { db_password: PASSWORD },
  // The other guest is out of reach: an address that refuses at once.
  attributes: { 'db_server.first_address': '127.0.0.1' },
}

/** The original way: the template's own user data, and beside it the cloud's hint where the mirror is. */
function original(server: Server): Promise<Times> {
  const userData = mimeMultipart([
    {
      subtype: 'cloud-config',
      filename: 'user-data',
      content: userDataOf(stack.original, server, stackValues),
    },
    { subtype: 'cloud-config', filename: 'mirror', content: PROXY },
  ])
  return serve(server, {
    tools,
    image: plain.artifacts[0]!.path,
    format: plain.artifacts[0]!.format,
    userData,
    network: { kind: 'open' },
    hostNetwork: true,
  })
}

function prebuilt(server: Server): Promise<Times> {
  return serve(server, {
    tools,
    image: stack.images.get(server)!,
    format: 'qcow2',
    userData: userDataOf(stack.rewritten, server, stackValues),
    network: { kind: 'open' },
    hostNetwork: true,
  })
}

const WAYS = [
  { name: 'original template', run: original },
  { name: 'with prebuilt images', run: prebuilt },
] as const
const seen = new Map<string, Times[]>()
let fetched = 0
for (let round = 0; round < Number(values.rounds); round++)
  for (const server of SERVERS)
    for (const { name, run } of WAYS) {
      const before = mirror.bytes()
      const times = await run(server)
      const row = `${name}, ${server}`
      seen.set(row, [...(seen.get(row) ?? []), times])
      if (round === 0) fetched += mirror.bytes() - before
      say(
        `round ${round + 1}: ${row}: ${shown(times).join(', ')} (${Math.round((mirror.bytes() - before) / 1e6)} MB)`,
      )
    }

function shown(times: Times): string[] {
  return [times.boot, times.packages, times.services, times.total].map((value) => value.toFixed(0))
}
const middle = (all: readonly Times[]): Times => {
  const total = median(all.map((times) => times.total))
  // The parts of the very round whose total is shown, so that they add up.
  return all.find((times) => times.total === total)!
}

/** Both servers of a stack start at the same time: the later one decides. */
const worst = WAYS.map(({ name }) => {
  const both = SERVERS.map((server) => middle(seen.get(`${name}, ${server}`)!))
  return { name, times: both.reduce((a, b) => (a.total >= b.total ? a : b)) }
})
const rows = [...seen].map(([name, all]) => [name, ...shown(middle(all))])
const longest = Math.max(...worst.map(({ times }) => times.total))
const [slow, fast] = worst
process.stdout.write(
  `${[
    table(['seconds', 'boot', 'packages', 'services', 'until it answers'], rows),
    '',
    'Until both services answer:',
    ...worst.map(({ name, times }) => bar(name, times.total, longest)),
    `${(slow!.times.total / fast!.times.total).toFixed(1)} times sooner`,
    '',
    `${values.rounds} round(s), one guest at a time, ${accel === 'kvm' ? 'KVM' : 'emulated'}; mirror limited to ${values.mbit} Mbit/s, ${Math.round(fetched / 1e6)} MB fetched in a round`,
    ...(accel === 'kvm'
      ? []
      : [
          'The processor is emulated here: booting, unpacking and configuring take ten to twenty times as long as on KVM,',
          'in both ways; downloading does not.',
        ]),
  ].join('\n')}\n`,
)
