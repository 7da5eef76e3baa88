import type { Instance, Need } from '../../heat/index.ts'
import type { BaseSystem } from '../bases/index.ts'
import { resolveBase } from '../bases/index.ts'
import { draftRecipe } from './index.ts'

/* For tests: needs of one instance, and what becomes of them. */

export const common = { from: 'cfn-init', bake: true, params: [], hidden: false, removable: true } as const
let ids = 0
export const id = () => `need-${ids++}`

export const pkg = (
  name: string,
  manager: 'apt' | 'yum' | 'any' | 'rubygems' | 'python' | 'rpm',
  ...versions: string[]
): Need => ({
  ...common,
  id: id(),
  kind: 'package',
  manager,
  managerName: manager,
  name,
  versions,
})
export const file = (path: string, more: object = {}): Need => ({
  ...common,
  id: id(),
  kind: 'file',
  path,
  content: new TextEncoder().encode('hello\n'),
  static: true,
  ...more,
})
export const service = (name: string, enabled?: boolean): Need => ({
  ...common,
  id: id(),
  kind: 'service',
  manager: 'systemd',
  name,
  ...(enabled === undefined ? {} : { enabled }),
})
export const user = (name: string, more: object = {}): Need => ({
  ...common,
  id: id(),
  kind: 'user',
  name,
  groups: [],
  ...more,
})
export const group = (name: string, more: object = {}): Need => ({
  ...common,
  id: id(),
  kind: 'group',
  name,
  ...more,
})
export const repository = (entry: Record<string, string>): Need => ({
  ...common,
  from: 'cloud-config',
  id: id(),
  kind: 'repository',
  system: 'apt',
  name: 'my repo.list',
  entry: new Map(Object.entries(entry)),
})
export const hook = (...requires: string[]): Need => ({
  ...common,
  from: 'deployment',
  id: id(),
  kind: 'hook',
  group: 'script',
  deployment: 'deploy',
  requires,
  known: true,
})

export const instance = (needs: readonly Need[], more: Partial<Instance> = {}): Instance => ({
  path: 'web',
  type: 'OS::Nova::Server',
  property: 'image',
  image: 'debian-13',
  resolvedFrom: [],
  userData: {
    kind: 'none',
    format: 'RAW',
    runsCfnInit: false,
    configSets: [],
    runtime: false,
    missing: false,
  },
  needsCfnTools: false,
  needs,
  ...more,
})

export const systemOf = (name: string): BaseSystem => {
  const base = resolveBase(name)
  if (!('system' in base) || !base.system) throw new Error(`${name} has no system`)
  return base.system
}
export const draft = (
  needs: readonly Need[],
  os = 'debian-13',
  more: object = {},
  of: Partial<Instance> = {},
) => draftRecipe(instance(needs, of), { name: 'web', system: systemOf(os), ...more })
