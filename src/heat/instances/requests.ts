import type { Reference } from '../evaluate/result.ts'
import { settle } from '../evaluate/result.ts'
import { isMap, str } from '../python.ts'
import { TemplateScope } from '../template/scope.ts'
import type { ImageRequest, Value } from '../types.ts'
import { usedParameters } from './describe.ts'
import type { Findings, Found } from './findings.ts'

/** Types by which a template asks for an image by its content. */
export function isImageRequest(type: unknown): boolean {
  return type === 'Kiln::Image' || type === 'OS::Kiln::Image'
}

/** The `Kiln::Image` resource that an instance's image refers to; any other resource is a fault, noted in `findings`. */
export function requestOf(found: Found, refers: Reference, findings: Findings): ImageRequest | undefined {
  const scope = refers.scope instanceof TemplateScope ? refers.scope : found.scope
  const type = scope.resource(refers.resource)?.get(scope.template.words.type)
  if (!isImageRequest(type)) {
    findings.reasons.push({
      code: 'KILN_TEMPLATE_IMAGE_RUNTIME',
      path: found.path,
      message: `${found.path}: its image is the resource ${refers.resource}, which is only known when the stack runs`,
    })
    return undefined
  }
  const settled = settle(scope.properties(refers.resource))
  const use = found.uses.findLast((one) => one.scope === scope)
  const path = `${use === undefined ? '' : `${use.path}/`}${refers.resource}`
  if (settled.status === 'missing') {
    for (const name of settled.deps.missing) findings.missing.add(name)
    return undefined
  }
  if (settled.status !== 'resolved' || !isMap(settled.value) || settled.deps.hidden.size > 0) {
    const why =
      settled.status === 'error'
        ? settled.error
        : settled.deps.hidden.size > 0
          ? 'a hidden parameter is in it'
          : 'its properties are not known before the stack runs'
    findings.reasons.push({
      code: 'KILN_TEMPLATE_IMAGE',
      path,
      message: `${path}: the image cannot be worked out: ${why}`,
    })
    return undefined
  }
  const properties = new Map<string, Value>([...settled.value].map(([key, value]) => [str(key), value]))
  return { path, properties, resolvedFrom: usedParameters(settled.deps, scope) }
}
