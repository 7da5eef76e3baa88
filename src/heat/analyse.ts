import { inputError, KilnError } from '../core/error.ts'
import { type Environment, readEnvironments } from './environment/environment.ts'
import { known } from './evaluate/result.ts'
import { newBudget } from './evaluate/scope.ts'
import { refusal } from './files.ts'
import { describe } from './instances/describe.ts'
import { Finder } from './instances/find.ts'
import type { Findings, Found } from './instances/findings.ts'
import { type ImageFinding, imageOf } from './instances/image.ts'
import { fileReader } from './instances/properties.ts'
import { noteUnused, requestOf } from './instances/requests.ts'
import { residueOf } from './needs/residue.ts'
import { readSchema, SchemaProblem } from './parameters/schema.ts'
import { isMap, str } from './python.ts'
import { decodeText } from './read/bytes.ts'
import { TemplateScope } from './template/scope.ts'
import { readTemplate, type Template } from './template/template.ts'
import type { AnalyseOptions, Analysis, ImageRequest, Instance, Reason, Verdict } from './types.ts'

/** What `rewrite` works from. */
export interface Plan {
  readonly scope: TemplateScope
  readonly places: readonly Placed[]
  readonly environment: Environment
}

export interface Placed {
  readonly found: Found
  readonly finding: ImageFinding & { kind: 'image' | 'resource' }
  readonly instance: Instance
}

/**
 * Reads a template with its environments and files and says what each instance is built from and what it needs.
 * Faults of the template or of parameters are in the answer (`outcome: 'fail'`); a main template that is not there throws an input error.
 */
export function analyse(options: AnalyseOptions): Analysis {
  const answer = options.files.read(options.template)
  if (!answer.ok)
    throw inputError('KILN_TEMPLATE_UNREADABLE', `The template ${options.template} ${refusal(answer.why)}.`)
  try {
    const text = decodeText(answer.bytes, options.template)
    const template = readTemplate(text, options.template, { lenientAws: options.lenientAws === true })
    return analyseTemplate(template, options)
  } catch (error) {
    if (!(error instanceof KilnError) || error.fault !== 'input') throw error
    return refused(options, { code: error.code, message: error.message })
  }
}

function refused(options: AnalyseOptions, reason: Reason): Analysis {
  return {
    outcome: 'fail',
    images: [],
    missing: [],
    reasons: [reason],
    skipped: [],
    warnings: [],
    instances: [],
    imageRequests: [],
    residue: [],
    source: { options, plan: undefined },
  }
}

function analyseTemplate(template: Template, options: AnalyseOptions): Analysis {
  // Only what several environment files say of one parameter needs its type.
  let types: ReturnType<typeof declaredTypes> | undefined
  const typeOf = (name: string) => {
    types ??= declaredTypes(template)
    return types.get(name)
  }
  const environment = readEnvironments(
    options.environments ?? [],
    options.files,
    options.parameters ?? new Map(),
    typeOf,
  )
  const reasons: Reason[] = []
  const budget = newBudget()
  const finder = new Finder({
    files: options.files,
    environment,
    budget,
    lenientAws: options.lenientAws === true,
    allowRemote: options.allowRemote === true,
  })
  const scope = new TemplateScope({
    template,
    path: options.template,
    root: true,
    budget,
    given: {
      value: (name) =>
        environment.parameters.has(name) ? known(environment.parameters.get(name)!) : undefined,
      fallback: (name) => environment.defaults.get(name),
      hidden: (name) => environment.encrypted.has(name),
    },
    file: fileReader(options.files),
    facade: () => undefined,
    attribute: (asking, resource, path) => finder.attribute(asking, resource, path),
    complain: (_name, message) => reasons.push({ code: 'KILN_PARAMETER_VALUE', message }),
  })
  for (const message of scope.schemaProblems) reasons.push({ code: 'KILN_TEMPLATE_INVALID', message })
  const unknown = [...environment.parameters.keys()].filter((name) => !template.parameters.has(name))
  if (unknown.length > 0)
    reasons.push({
      code: 'KILN_PARAMETER_UNKNOWN',
      message: `the template does not declare the parameter${unknown.length > 1 ? 's' : ''} ${unknown.join(', ')}`,
    })
  // A given value that breaks a constraint fails even if no image needs it.
  for (const name of environment.parameters.keys()) scope.parameter(name)

  if (scope.schemaProblems.length === 0) finder.main(scope)
  const { findings } = finder
  const { places, requests } = place(findings, scope, { scanScripts: options.scanScripts === true })
  reasons.push(...findings.reasons)
  const instances = places.map((placed) => placed.instance)
  const missing = [...findings.missing].sort()
  const outcome: Verdict =
    reasons.length > 0 || missing.length > 0 ? 'fail' : instances.length > 0 ? 'build' : 'nothing-to-build'
  const plan: Plan = { scope, places, environment }
  return {
    outcome,
    images: instances.map(({ path, image }) => ({ path, image })),
    missing,
    reasons,
    skipped: findings.skipped,
    warnings: findings.warnings,
    instances,
    imageRequests: requests,
    residue: instances.flatMap((instance) => residueOf(instance)),
    source: { options, plan },
  }
}

function declaredTypes(template: Template) {
  const types = new Map<string, ReturnType<typeof readSchema>['type']>()
  for (const [name, declared] of template.parameters) {
    if (!isMap(declared)) continue
    try {
      types.set(str(name), readSchema(str(name), declared, template.version).type)
    } catch (problem) {
      if (!(problem instanceof SchemaProblem)) throw problem
    }
  }
  return types
}

function place(
  findings: Findings,
  main: TemplateScope,
  needs: { readonly scanScripts: boolean },
): { places: Placed[]; requests: ImageRequest[] } {
  const places: Placed[] = []
  const requests = new Map<string, ImageRequest>()
  for (const found of findings.found) {
    const finding = imageOf(found)
    switch (finding.kind) {
      case 'skip':
        findings.skipped.push({ path: found.path, why: finding.why })
        break
      case 'missing':
        for (const name of finding.names) findings.missing.add(name)
        break
      case 'fault':
        findings.reasons.push({ code: finding.code, path: found.path, message: finding.message })
        break
      case 'resource': {
        const request = requestOf(found, finding.refers, findings)
        if (request === undefined) break
        requests.set(request.path, request)
        places.push({
          found,
          finding,
          instance: describe(found, finding, findings, main, needs, request.path),
        })
        break
      }
      case 'image':
        if (finding.deps.hidden.size > 0)
          findings.warnings.push({
            code: 'KILN_TEMPLATE_IMAGE_HIDDEN',
            path: found.path,
            message: `${found.path}: its image comes from the hidden parameter ${[...finding.deps.hidden].join(', ')}, but the name of an image is not kept secret`,
          })
        places.push({ found, finding, instance: describe(found, finding, findings, main, needs) })
        break
    }
  }
  noteUnused(findings, new Set(requests.keys()))
  return { places, requests: [...requests.values()] }
}
