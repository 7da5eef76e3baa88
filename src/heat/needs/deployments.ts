import { items } from '../evaluate/helpers.ts'
import { NO_DEPS, type Result } from '../evaluate/result.ts'
import type { Found, FoundDeployment } from '../instances/findings.ts'
import { property, TemplateScope } from '../template/scope.ts'
import type { Need } from '../types.ts'
import { base, isNone, itemsOf } from './parts.ts'
import { scriptNeeds } from './scripts.ts'
import { textOf } from './taint.ts'

/** Whatever the hook, the image needs these to run one. */
const AGENT = ['os-collect-config', 'os-apply-config', 'os-refresh-config', 'heat-config']
const HOOKS: ReadonlyMap<string, readonly string[]> = new Map([
  ['script', ['heat-config-script']],
  ['json-file', ['heat-config-json-file']],
  ['hiera', ['heat-config-hiera', 'hiera']],
  ['apply-config', ['heat-config-apply-config']],
  ['cfn-init', ['heat-config-cfn-init', 'heat-cfntools']],
  ['puppet', ['heat-config-puppet', 'puppet']],
  ['ansible', ['heat-config-ansible', 'ansible']],
  ['chef', ['heat-config-chef', 'chef', 'git']],
  ['salt', ['heat-config-salt', 'salt-minion']],
  ['docker-cmd', ['heat-config-docker-cmd', 'docker']],
  ['docker-compose', ['heat-config-docker-compose', 'docker', 'docker-compose']],
  ['kubelet', ['heat-config-kubelet', 'kubelet']],
  ['os-apply-config', []],
])
const UNGROUPED = new Set(['Heat::Ungrouped', 'ungrouped', 'cloud-config', ''])
const UNKNOWN = '(not known)'

/** The hooks that deployments to this instance need in its image. What they run is never baked. */
export function deploymentNeeds(
  found: Found,
  deployments: readonly FoundDeployment[],
  options: { readonly scanScripts: boolean },
): Need[] {
  const needs: Need[] = []
  for (const deployment of deployments) {
    const server = property(deployment.properties, 'server') ?? property(deployment.properties, 'servers')
    if (server === undefined || !points(server, deployment.scope, found)) continue
    for (const group of new Set(groupsOf(deployment))) {
      if (UNGROUPED.has(group)) continue
      const hook = HOOKS.get(group)
      const made = base({
        id: `deploy:${deployment.path}/${group}`,
        from: 'deployment',
        deps: NO_DEPS,
        status: 'resolved',
        never: 'deployments run at boot, with inputs of the running stack',
      })
      const requires = [...AGENT, ...(hook ?? [])]
      needs.push({
        ...{ kind: 'hook', group, deployment: deployment.path, known: hook !== undefined, requires },
        ...made,
      })
    }
    if (options.scanScripts) needs.push(...scripts(deployment))
  }
  return needs
}

/** What scripts of a deployment name that run when the stack is made. */
function scripts({ path, properties }: FoundDeployment): Need[] {
  const config = configOf(properties)
  const when = property(properties, 'actions')
  const atFirst =
    when === undefined ||
    (items(when)?.some((one) => one.kind === 'scalar' && one.value === 'CREATE') ?? false)
  if (config === undefined || !atFirst || typeOf(config) !== 'OS::Heat::SoftwareConfig') return []
  const { scope, resource } = config
  const { group, text } = {
    group: groupIn(property(scope.properties(resource), 'group')),
    text: property(scope.properties(resource), 'config'),
  }
  if (group !== 'script' || text === undefined) return []
  const whole = textOf(text, (mask) => property(scope.masked(mask).properties(resource), 'config'))
  return whole === undefined ? [] : scriptNeeds(whole, path)
}

/** True if `result` stands for, or holds, the instance's resource. */
function points(result: Result, scope: TemplateScope, found: Found): boolean {
  const name = String(found.place[1])
  if (result.kind === 'hole') {
    if (result.refers) return result.refers.scope === found.scope && result.refers.resource === name
    return (
      scope === found.scope &&
      [...result.deps.runtime].some(
        (what) => what === `get_attr:${name}` || what.startsWith(`get_attr:${name}.`),
      )
    )
  }
  if (result.kind === 'list') return items(result)!.some((item) => points(item, scope, found))
  if (result.kind === 'map') return [...result.entries.values()].some((item) => points(item(), scope, found))
  return false
}

interface Config {
  readonly scope: TemplateScope
  readonly resource: string
}

function configOf(properties: Result): Config | undefined {
  const config = property(properties, 'config')
  const refers = config?.kind === 'hole' ? config.refers : undefined
  return refers?.scope instanceof TemplateScope
    ? { scope: refers.scope, resource: refers.resource }
    : undefined
}

function typeOf({ scope, resource }: Config): unknown {
  return scope.resource(resource)?.get(scope.template.words.type)
}

/** The groups of a deployment's config. One that is not a resource of ours may have any. */
function groupsOf({ properties }: FoundDeployment): string[] {
  const written = property(properties, 'config')
  if (isNone(written)) return ['']
  const config = configOf(properties)
  if (config === undefined) return [UNKNOWN]
  const own = config.scope.properties(config.resource)
  if (typeOf(config) !== 'OS::Heat::SoftwareComponent') return [groupIn(property(own, 'group'))]
  const list = property(own, 'configs')
  if (isNone(list)) return []
  return itemsOf(list)?.map((item) => groupIn(property(item, 'tool'))) ?? [UNKNOWN]
}

function groupIn(result: Result | undefined): string {
  if (result === undefined || isNone(result)) return ''
  return result.kind === 'scalar' && typeof result.value === 'string' && result.deps.hidden.size === 0
    ? result.value
    : UNKNOWN
}
