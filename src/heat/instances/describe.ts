import { type Deps, type Result, settle } from '../evaluate/result.ts'
import { needsOf } from '../needs/needs.ts'
import { describeUserData } from '../needs/user-data.ts'
import { str } from '../python.ts'
import type { TemplateScope } from '../template/scope.ts'
import type { Instance, UsedParameter } from '../types.ts'
import type { Findings, Found } from './findings.ts'
import type { ImageFinding } from './image.ts'
import { down } from './properties.ts'

/** All that others are told of an instance. */
export function describe(
  found: Found,
  finding: ImageFinding & { kind: 'image' | 'resource' },
  findings: Findings,
  main: TemplateScope,
  options: { readonly scanScripts: boolean },
  request?: string,
): Instance {
  const flavor = textOf(down(found.properties, found.kind.flavor))
  const userData = describeUserData(found)
  const needs = needsOf(found, userData, findings.deployments, options)
  const links = needs.flatMap((need) => (need.kind === 'file' && need.removable ? [need.path] : []))
  if (links.length > 0)
    findings.warnings.push({
      code: 'KILN_TEMPLATE_AWS_FILE',
      path: found.path,
      message: `${found.path}: heat-cfntools knows no links and would write through them; they are in the image, and leave the template: ${links.join(', ')}`,
    })
  return {
    path: found.path,
    type: found.type,
    property: finding.property,
    image: finding.kind === 'image' ? finding.image : request!,
    ...(request === undefined ? {} : { request }),
    resolvedFrom: finding.kind === 'image' ? usedParameters(finding.deps, main) : [],
    ...(flavor === undefined ? {} : { flavor }),
    userData: userData.summary,
    needsCfnTools: userData.summary.runsCfnInit,
    needs,
  }
}

function textOf(result: Result | undefined): string | undefined {
  if (result === undefined) return undefined
  const settled = settle(result)
  if (settled.status !== 'resolved' || settled.deps.hidden.size > 0) return undefined
  return typeof settled.value === 'string' || typeof settled.value === 'bigint'
    ? str(settled.value)
    : undefined
}

/** The parameters in `deps`, with the values of those that are not hidden. */
export function usedParameters(deps: Deps, scope: TemplateScope): UsedParameter[] {
  return [...deps.params].sort().map((name): UsedParameter => {
    if (deps.hidden.has(name) || scope.isHidden(name)) return { name, hidden: true }
    const result = scope.parameter(name)
    const settled = result === undefined ? undefined : settle(result)
    return settled?.status === 'resolved'
      ? { name, hidden: false, value: settled.value }
      : { name, hidden: false }
  })
}
