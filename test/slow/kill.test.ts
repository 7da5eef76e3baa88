import { cp, mkdir, mkdtemp, readdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { toolsOf } from '../../src/build/index.ts'
import { readConfig } from '../../src/core/config.ts'
import { silent } from '../../src/core/events.ts'
import { begin, environment, type Program, program, ROOT } from '../whole/program.ts'

/** Other moments: KILN_TEST_SEED=2; more of them: KILN_TEST_KILLS=100. */
const SEED = Number(process.env.KILN_TEST_SEED ?? 1)
const KILLS = Number(process.env.KILN_TEST_KILLS ?? 20)
const KILN = join(ROOT, 'kiln')
const RECIPE = `name: killed
from: {os: debian-13}
packages: [jq, tree]
custom_files: [{path: /etc/motd, content: "made by a test\\n"}]
`
const TEMPLATE = `heat_template_version: 2021-04-16
resources:
  server:
    type: OS::Nova::Server
    properties:
      flavor: small
      image: debian-13
      user_data_format: RAW
      user_data: |
        #cloud-config
        packages: [jq]
`
/** What a build says when it comes to a moment, and how long (ms) that takes at least. */
const MOMENTS: readonly (readonly [RegExp, number])[] = [
  [/^/, 400],
  [/"started".*lock/, 3000],
  [/"started".*base/, 12_000],
  [/"finished".*base/, 50],
  [/"started".*packages/, 2500],
  [/"finished".*packages/, 50],
  [/"started".*disk/, 6000],
]

let folder: string
let home: string
let recipe: string
let digest: string

/** Numbers from 0 to 1 that follow from a seed (mulberry32). */
function numbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

interface Descendant {
  readonly pid: number
  /** With its start time: a number is given again. */
  readonly id: string
  readonly args: string
}

async function processes(): Promise<(Descendant & { readonly parent: number })[]> {
  const found = await Promise.all(
    (await readdir('/proc'))
      .filter((name) => /^\d+$/.test(name))
      .map(async (name) => {
        try {
          const fields = (await readFile(`/proc/${name}/stat`, 'utf8')).split(') ').at(-1)!.split(' ')
          // A zombie is gone; its parent just has not looked.
          if (fields[0] === 'Z') return undefined
          const args = (await readFile(`/proc/${name}/cmdline`, 'utf8')).replaceAll('\0', ' ')
          return { pid: Number(name), parent: Number(fields[1]), id: `${name}-${fields[19]}`, args }
        } catch {
          return undefined
        }
      }),
  )
  return found.filter((each) => each !== undefined)
}

/** All that `pid` has started, and what that has. */
async function descendants(pid: number): Promise<Descendant[]> {
  const all = await processes()
  const found: Descendant[] = []
  const of = (parent: number) => {
    for (const each of all.filter((candidate) => candidate.parent === parent)) {
      found.push(each)
      of(each.pid)
    }
  }
  of(pid)
  return found
}

/** Waits until none of `those` is there any more, nor any mount, namespace or loop device on `place`. */
async function expectGone(those: readonly Descendant[], place: string): Promise<void> {
  let left: string[] = []
  for (let tries = 0; tries < 50; tries++) {
    const now = await processes()
    left = now.filter(({ id }) => those.some((each) => each.id === id)).map(({ args, id }) => `${id} ${args}`)
    for (const { pid } of now) {
      const mounts = await readFile(`/proc/${pid}/mountinfo`, 'utf8').catch(() => '')
      if (mounts.includes(place)) left.push(`${pid} mounts ${place}`)
      const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => '')
      if (cwd.startsWith(place)) left.push(`${pid} works in ${place}`)
    }
    for (const name of (await readdir('/sys/block')).filter((each) => each.startsWith('loop'))) {
      const file = await readFile(`/sys/block/${name}/loop/backing_file`, 'utf8').catch(() => '')
      if (file.includes(place)) left.push(`${name} has ${file}`)
    }
    if (left.length === 0) return
    await sleep(200)
  }
  expect(left).toEqual([])
}

/** Files in the store and beside recipes that only somebody who is at work may have. */
async function leftovers(): Promise<string[]> {
  const found = await readdir(folder, { recursive: true })
  return found.filter(
    (path) =>
      /\/store\/tmp\/|\.part(\/|$)|\/cache\/building\//.test(path) && !path.startsWith('home/store/tools/'),
  )
}

const start = (args: readonly string[] = ['build', recipe, '--json']): Program =>
  begin([KILN, ...args], { env: environment({ KILN_HOME: home }), cwd: folder })

beforeAll(async () => {
  const config = readConfig(process.env)
  await toolsOf({ config, events: silent })
  folder = await mkdtemp(join(tmpdir(), 'kiln-kill-'))
  recipe = join(folder, 'recipe.yaml')
  await writeFile(recipe, RECIPE)
  const undisturbed = await program([KILN, 'build', recipe, '--json'], { env: environment() })
  expect(undisturbed.status, undisturbed.stderr).toBe(0)
  digest = (JSON.parse(undisturbed.stdout) as { digest: string }).digest
  home = join(folder, 'home')
  await mkdir(join(home, 'store'), { recursive: true })
  await symlink(join(config.store, 'tools'), join(home, 'store', 'tools'))
  await cp(join(config.store, 'objects'), join(home, 'store', 'objects'), { recursive: true })
})
afterAll(() => rm(folder, { recursive: true, force: true }))

test(`a build that is killed at ${KILLS} moments leaves nothing and comes to the same end (seed ${SEED})`, async () => {
  const random = numbers(SEED)
  const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)]!
  const locked = await readFile(join(folder, 'kiln.lock'), 'utf8')
  for (let n = 0; n < KILLS; n++) {
    const [pattern, longest] = pick(MOMENTS)
    const wait = random() * longest
    const signal = pick(['SIGKILL', 'SIGKILL', 'SIGKILL', 'SIGTERM', 'SIGINT'] as const)
    const victim = pick(['kiln', 'kiln', 'kiln', 'first process', 'helper'])
    const what = `kill ${n}: ${signal} to ${victim}, ${Math.round(wait)} ms after ${pattern}`
    // Now and then all is to be done again, not only what is left.
    if (random() < 0.3) await rm(join(home, 'store', 'layers'), { recursive: true, force: true })
    await rm(join(home, 'store', 'versions'), { recursive: true, force: true })
    if (/lock/.test(String(pattern))) await rm(join(folder, 'kiln.lock'), { force: true })
    const running = start()
    // It may be done with that moment already, and even with all.
    await Promise.race([running.said(pattern).catch(() => {}), running.ended])
    await Promise.race([sleep(wait), running.ended])
    const those = await descendants(running.child.pid!)
    if (victim === 'kiln') running.child.kill(signal)
    else {
      const init = those.find(({ args }) => args.includes('perl -e # First process of a sandbox'))
      const helpers = those.filter(({ args }) => /^(nsenter|unshare|sh -c)/.test(args))
      const pid = victim === 'helper' && helpers.length > 0 ? pick(helpers).pid : init?.pid
      if (pid !== undefined) {
        try {
          process.kill(pid, 'SIGKILL')
        } catch {
          // Just gone.
        }
      }
    }
    const { status, stderr } = await running.ended
    if (victim === 'kiln') {
      // Before it has begun it holds nothing that would have to be given back: there the signal ends it by itself.
      const begun = !/\^/.test(pattern.source) || signal === 'SIGKILL'
      const stopped = signal === 'SIGKILL' ? [null] : begun ? [130] : [130, null]
      expect([0, ...stopped], what).toContain(status)
    } else {
      // It may not have mattered; if it did, that is a sentence and no bug.
      expect([0, 1], `${what}: ${stderr}`).toContain(status)
      expect(stderr, what).not.toMatch(/KILN_BUG|\n\s+at /)
    }
    await expectGone(those, folder)
    if (signal !== 'SIGKILL' && victim === 'kiln') expect(await leftovers(), what).toEqual([])
  }
  await writeFile(join(folder, 'kiln.lock'), locked)
  const last = await start().ended
  expect(last.status, last.stderr).toBe(0)
  expect(JSON.parse(last.stdout)).toMatchObject({ digest })
  expect(await leftovers()).toEqual([])
})

describe('prebuild', () => {
  test('killed between publishing and writing leaves no half output, and goes on from there', async () => {
    await writeFile(join(folder, 'in.yaml'), TEMPLATE)
    const args = ['prebuild', 'in.yaml', 'out.yaml', '--json']
    const killed = start(args)
    await killed.said(/"finished".*publish/)
    const those = await descendants(killed.child.pid!)
    killed.child.kill('SIGKILL')
    await killed.ended
    await expectGone(those, folder)
    // Both files or none of them, and none of them half.
    const before = (await readdir(folder)).filter((name) => /^out\.yaml/.test(name))
    expect([[], ['out.yaml.kiln.lock'], ['out.yaml', 'out.yaml.kiln.lock']]).toContainEqual(before.sort())
    const again = await start(args).ended
    expect(again.status, again.stderr).toBe(0)
    expect(await readFile(join(folder, 'out.yaml'), 'utf8')).toMatch(
      /image: \S*debian-13\S*-[0-9a-f]+|image: kiln/,
    )
    expect(await leftovers()).toEqual([])
  })
})
