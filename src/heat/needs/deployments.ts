import { items } from '../evaluate/helpers.ts'
import { NO_DEPS, type Reference, type Result } from '../evaluate/result.ts'
import type { Found, FoundDeployment } from '../instances/findings.ts'
import { property, TemplateScope } from '../template/scope.ts'
import type { Need } from '../types.ts'
import { base } from './parts.ts'

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

/** The hooks that deployments to this instance need in its image. What they run is never baked. */
export function deploymentNeeds(found: Found, deployments: readonly FoundDeployment[]): Need[] {
  const needs: Need[] = []
  for (const deployment of deployments) {
    const server = property(deployment.properties, 'server') ?? property(deployment.properties, 'servers')
    if (server === undefined || !points(server, deployment.scope, found)) continue
    for (const group of groupsOf(deployment)) {
      if (UNGROUPED.has(group)) continue
      const hook = HOOKS.get(group)
      const made = base({
        id: `deploy:${deployment.path}/${group}`,
        from: 'deployment',
        deps: NO_DEPS,
        status: 'resolved',
        never: 'deployments run at boot, with inputs of the running stack',
      })
      needs.push({
        kind: 'hook',
        group,
        deployment: deployment.path,
        known: hook !== undefined,
        requires: [...AGENT, ...(hook ?? [])],
        ...made,
      })
    }
  }
  return needs
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

function groupsOf(deployment: FoundDeployment): string[] {
  const config = property(deployment.properties, 'config')
  const refers: Reference | undefined = config?.kind === 'hole' ? config.refers : undefined
  if (!(refers?.scope instanceof TemplateScope)) return ['']
  const { scope, resource } = refers
  const properties = scope.properties(resource)
  const type = scope.resource(resource)?.get(scope.template.words.type)
  if (type === 'OS::Heat::SoftwareComponent') {
    const list = property(properties, 'configs')
    const tools = (list === undefined ? [] : (items(list) ?? [])).map((item) =>
      textOr(property(item, 'tool')),
    )
    return [...new Set(tools)]
  }
  return [textOr(property(properties, 'group'))]
}

function textOr(result: Result | undefined): string {
  return result?.kind === 'scalar' && typeof result.value === 'string' ? result.value : ''
}
