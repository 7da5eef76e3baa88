import { type Result, settle } from '../evaluate/result.ts'
import { property } from '../template/scope.ts'
import type { Need, UserData } from '../types.ts'
import { configNeeds } from './cfn-sections.ts'
import { base, entriesOf, isNone, itemsOf } from './parts.ts'

/** The part of the metadata that cfn-init reads. */
export const INIT = 'AWS::CloudFormation::Init'

/** One config of the block. */
export interface Config {
  /** Its name, or a number in place of one that must not be shown. */
  readonly name: string
  readonly body: Result
  /** Why nothing of it is baked. */
  readonly unused: string | undefined
  /** An earlier config of the same run has commands, which this one's files may build on. */
  readonly afterCommands: boolean
}

/** What cfn-init would do on this instance. */
export function cfnInitNeeds(metadata: Result, userData: UserData): Need[] {
  const init = property(metadata, INIT)
  if (init === undefined || isNone(init)) return []
  if (init.kind === 'map') return configs(init, userData).flatMap(configNeeds)
  const { deps, status } = settle(init)
  return [
    {
      kind: 'other',
      name: INIT,
      ...base({ id: 'cfn:init', from: 'cfn-init', deps, status, why: 'it is not a map' }),
    },
  ]
}

/** Configs in the order that cfn-init takes them, those that no selected set names behind. */
function configs(init: Result, userData: UserData): Config[] {
  const bodies = new Map<string, { body: Result; hidden: boolean }>()
  for (const { name, label, result } of entriesOf(init))
    if (name !== 'configSets') bodies.set(label, { body: result, hidden: name === '' && label !== '' })
  const sets = property(init, 'configSets')
  const order =
    sets === undefined || isNone(sets) ? ['config'] : selected(sets, userData.configSets, [...bodies.keys()])
  const out: Config[] = []
  let commands = false
  for (const name of order) {
    const body = bodies.get(name)?.body
    if (body === undefined || out.some((config) => config.name === name)) continue
    out.push({ name, body, unused: undefined, afterCommands: commands })
    const run = property(body, 'commands')
    if (!isNone(run) && !(run?.kind === 'map' && entriesOf(run).length === 0)) commands = true
  }
  for (const [name, { body, hidden }] of bodies)
    if (!order.includes(name))
      out.push({
        name,
        body,
        unused: `the user data asks for no set that holds the config ${hidden ? '(hidden)' : name}`,
        afterCommands: commands,
      })
  return out
}

/** The configs that the calls in the user data come to. Where a set is not known, all sets may be meant; `configs`: all there are. */
function selected(sets: Result, asked: readonly string[], configs: readonly string[]): string[] {
  const names = asked.length === 0 ? ['default'] : asked
  const all = entriesOf(sets)
  const wanted = names.some((name) => name.includes('\ufffc')) ? all.map(({ label }) => label) : names
  const order: string[] = []
  const seen = new Set<string>()
  const add = (label: string) => {
    if (seen.has(label)) return
    seen.add(label)
    const set = all.find((one) => one.label === label)?.result
    for (const item of itemsOf(set) ?? (set === undefined ? [] : [set])) {
      const nested = item.kind === 'map' ? property(item, 'ConfigSet') : undefined
      if (isOpen(item) || (nested !== undefined && isOpen(nested))) order.push(...configs)
      else if (item.kind === 'scalar' && typeof item.value === 'string') order.push(item.value)
      else if (nested?.kind === 'scalar' && typeof nested.value === 'string') add(nested.value)
    }
  }
  for (const name of wanted) add(name)
  return order
}

/** Not known, or not to be shown: it may mean any config. */
function isOpen(result: Result): boolean {
  return result.kind === 'hole' || result.deps.hidden.size > 0
}
