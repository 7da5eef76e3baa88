import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { KilnError } from '../../core/error.ts'
import { planOf, rewritten } from '../testing.ts'
import type { Analysis, Rewritten } from '../types.ts'
import { type Generated, newMaker } from './maker.ts'
import { runs, seed, timeout } from './runs.ts'
import { generate } from './templates.ts'

/** Why a rewriting may be refused: shared parts that cannot be taken apart. Anything else is our fault. */
const REFUSALS = new Set(['KILN_TEMPLATE_SHARED', 'KILN_TEMPLATE_NOT_WRITABLE'])

/** Leaves of parsed data, by their paths; a text of several lines is one for each line. */
function leaves(data: unknown, path = '', out = new Map<string, unknown>()): Map<string, unknown> {
  if (data instanceof Map) {
    for (const [key, value] of data) leaves(value, `${path}/${String(key)}`, out)
    if (data.size === 0) out.set(path, '{}')
  } else if (Array.isArray(data)) {
    for (const [i, value] of data.entries()) leaves(value, `${path}/${i}`, out)
    if (data.length === 0) out.set(path, '[]')
  } else out.set(path, data instanceof Date ? data.toISOString() : data)
  return out
}

/** Read by another parser than ours. */
function read(text: string): Map<string, unknown> {
  const options = {
    version: '1.1',
    merge: true,
    mapAsMap: true,
    logLevel: 'silent',
    maxAliasCount: -1,
  } as const
  // It knows fewer line breaks than YAML 1.1 has.
  const plain = text.replace(/^\ufeff/, '').replaceAll(/\r\n?|\x85/g, '\n')
  return leaves(parse(plain, { ...options, intAsBigInt: true, schema: 'yaml-1.1' }))
}

/** What the metadata of cfn-init and a cloud-config may lose, and what goes with a `Kiln::Image`. */
const MAY_GO =
  /\/AWS::CloudFormation::Init\/config(?:\/(?:packages|groups|users)(?:\/|$)|$)|\/[^/]*_img\/|\/depends_on(?:\/|$)|\/resource_registry\//

function onlyWhatMust(before: string, after: string, names: ReadonlySet<string>): void {
  const [old, now] = [read(before), read(after)]
  for (const [path, value] of now) {
    if (old.has(path) && Object.is(old.get(path), value)) continue
    if (typeof value === 'string' && (names.has(value) || /-[0-9a-f]{12}\.yaml$/.test(value))) continue
    if (MAY_GO.test(path) || (/user_data/.test(path) && String(value).startsWith('#cloud-config'))) continue
    // A function that gives all properties moves into the list of what is merged.
    if (/\/map_merge\/0\/get_param$/.test(path)) continue
    expect({ path, value }, 'a leaf that is new').toBeUndefined()
  }
  for (const path of old.keys()) {
    const replaced = [...now].some(
      ([other, value]) => path.startsWith(`${other}/`) && names.has(String(value)),
    )
    const wrapped = now.has(path.replace(/\/get_param$/, '/map_merge/0/get_param'))
    if (!now.has(path) && !replaced && !wrapped && !MAY_GO.test(path))
      expect(path, 'a leaf that is gone').toBeUndefined()
  }
}

/** Where there are configs for cfn-init. */
function configs(text: string): string[] {
  const found = [...read(text).keys()].map(
    (path) => /^.*\/AWS::CloudFormation::Init\/config(?=\/|$)/.exec(path)?.[0],
  )
  return [...new Set(found.filter((path) => path !== undefined))]
}

/** Putting the old text of every edit back gives the old file again, byte for byte. */
function undo(out: Rewritten, files: Generated['files']): void {
  for (const [file, text] of out.files) {
    const edits = out.edits
      .filter((edit) => edit.file === file)
      .sort((a, b) => a.start - b.start || a.end - b.end)
    const old = files[edits[0]?.original ?? file]!
    let back = ''
    let at = 0
    let from = 0
    for (const { start, end, text: put } of edits) {
      const kept = old.slice(from, start)
      expect(text.slice(at, at + kept.length)).toBe(kept)
      expect(text.slice(at + kept.length, at + kept.length + put.length)).toBe(put)
      back += kept + old.slice(start, end)
      at += kept.length + put.length
      from = end
    }
    expect(back + text.slice(at)).toBe(old)
  }
}

/** What of an analysis must be the same afterwards, with or without the metadata. */
const kept = (plan: Analysis, keepMetadata: boolean) => ({
  skipped: plan.skipped,
  missing: plan.missing,
  instances: plan.instances.map(({ path, type, flavor, userData, needs }) => ({
    path,
    type,
    flavor,
    userData: { ...userData, kind: undefined },
    needs: needs
      .filter((need) => keepMetadata || !need.removable)
      .map(({ kind, from, params, bake }) => [kind, from, params, bake]),
  })),
})

/** Rewrites one and looks at everything that must be so. False: refused, as it may be. */
function holds({ files, environments }: Generated, naming: number, keepMetadata: boolean): boolean {
  const plan = planOf(files, {}, { environments })
  if (plan.outcome !== 'build') return false
  const name = (path: string) =>
    naming === 0
      ? 'one-image'
      : naming === 1
        ? `${plan.instances.findIndex((one) => one.path === path)}e5`
        : `of-${plan.instances.find((one) => one.path === path)!.image.replaceAll(/\W+/g, '-')}`
  let out: Rewritten
  try {
    out = rewritten(plan, name, { keepMetadata })
  } catch (error) {
    // With one image for all there is little to take apart, but one entry of a registry may need two contents.
    const known = error instanceof KilnError && REFUSALS.has(error.code)
    if (known && (naming > 0 || error.message.includes(' entry of '))) return false
    throw error
  }
  undo(out, files)
  onlyWhatMust(files['main.yaml']!, out.text, new Set(plan.instances.map(({ path }) => name(path))))

  const now = { ...files, ...Object.fromEntries(out.files) }
  const again = planOf(now, {}, { environments: environments.map((one) => out.environments.get(one) ?? one) })
  expect(again.images).toEqual(plan.images.map(({ path }) => ({ path, image: name(path) })))
  expect(kept(again, keepMetadata)).toEqual(kept(plan, keepMetadata))
  // cfn-init fails where there is no Init block, or no config in it.
  expect(configs(out.text)).toEqual(configs(files['main.yaml']!))

  const twice = rewritten(again, name, { keepMetadata })
  expect([twice.edits, [...twice.files.keys()]]).toEqual([[], ['main.yaml']])
  expect(twice.text).toBe(out.text)
  return true
}

const RUNS = runs(150)

test(
  'any template, rewritten, says the same but for its images and what is in them',
  () => {
    let done = 0
    const made = fc.gen()
    fc.assert(
      fc.property(made, fc.nat({ max: 2 }), fc.boolean(), (choose, naming, keepMetadata) => {
        const maker = newMaker((choices) => choose(fc.nat, { max: choices - 1 }))
        const generated = generate(maker)
        try {
          if (holds(generated, naming, keepMetadata)) done++
        } catch (error) {
          const files = Object.entries(generated.files).map(([name, text]) => `--- ${name}\n${text}`)
          throw new Error(`${String(error)}\n${files.join('\n')}`, { cause: error })
        }
      }),
      { numRuns: RUNS, seed: seed(), endOnFailure: process.env.KILN_FUZZ_SHRINK === undefined },
    )
    // Most are not refused, or this would prove nothing.
    expect(done).toBeGreaterThan(RUNS * 0.6)
  },
  timeout(RUNS),
)
