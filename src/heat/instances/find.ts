import { isTemplateName } from '../environment/registry.ts'
import { spend } from '../evaluate/scope.ts'
import { str } from '../python.ts'
import type { AttributeReader, TemplateScope } from '../template/scope.ts'
import type { Key, Value } from '../types.ts'
import { Attributes } from './attributes.ts'
import { conditionOf } from './conditions.ts'
import { type Findings, noteUnknown } from './findings.ts'
import { groupMembers, isGroup } from './groups.ts'
import { meaningOf } from './meaning.ts'
import { isPerMember } from './members.ts'
import { Nested } from './nested.ts'
import { isImageRequest } from './requests.ts'
import { instanceType, isStack, ownImages } from './types.ts'
import { type Definition, definitionOf, type FindOptions, type Here } from './walk.ts'

/** Goes through a template and all that it uses. */
export class Finder {
  readonly findings: Findings = {
    found: [],
    requests: [],
    deployments: [],
    missing: new Set(),
    reasons: [],
    warnings: [],
    skipped: [],
  }
  /** For the scopes of the templates that this goes through. */
  readonly attribute: AttributeReader
  readonly #options: FindOptions
  readonly #nested: Nested

  constructor(options: FindOptions) {
    this.#options = options
    const attributes = new Attributes((scope, resource) =>
      meaningOf(this.#nested, options.environment.registry, scope, resource),
    )
    this.attribute = (scope, resource, path) => attributes.read(scope, resource, path)
    this.#nested = new Nested(options, this.findings, this.attribute)
  }

  /** Goes through the main template. */
  main(scope: TemplateScope): void {
    this.#walk(this.#nested.start(scope))
  }

  /** `here` undefined: there is no way in, and why is noted already. */
  #walk(here: Here | undefined): void {
    if (here === undefined) return
    const { scope } = here
    for (const [key, value] of scope.template.resources) {
      spend(scope.budget, 1)
      const resource = value as ReadonlyMap<Key, Value>
      if (this.#enabled(here, here.prefix + str(key), resource))
        this.#definition(here, definitionOf(here, key, resource))
    }
  }

  /** Works out `condition`; what is not known is noted. Only resources that matter to images ask for parameters. */
  #enabled(here: Here, path: string, definition: ReadonlyMap<Key, Value>): boolean {
    const { scope } = here
    const result = conditionOf(scope, definition)
    // Some members of a group have it: what it is built from counts.
    if (result === undefined || isPerMember(result)) return true
    if (result.kind === 'scalar' && result.value === true) return true
    if (!this.#matters(here, definition.get(scope.template.words.type) as string, path)) return false
    if (result.kind === 'scalar') this.findings.skipped.push({ path, why: 'its condition is false' })
    else
      noteUnknown(this.findings, result, (error) => ({
        code: 'KILN_TEMPLATE_CONDITION',
        path,
        message: `the condition of ${path} ${error ?? 'is only known at run time'}`,
      }))
    return false
  }

  #matters(here: Here, type: string, path: string): boolean {
    const target = this.#options.environment.registry.resolve(type, lastName(path), here.without)
    if (target.kind !== 'type') return true
    const resolved = target.type
    return (
      instanceType(resolved) !== undefined ||
      isTemplateName(resolved) ||
      isGroup(resolved) ||
      isStack(resolved)
    )
  }

  /** Goes on at what the registry says a definition is. */
  #definition(here: Here, definition: Definition): void {
    const { path } = definition
    const target = this.#options.environment.registry.resolve(definition.type, definition.name, here.without)
    switch (target.kind) {
      case 'loop': {
        const message = `the registry maps the type ${definition.type} of ${path} to itself`
        this.findings.reasons.push({ code: 'KILN_TEMPLATE_REGISTRY_LOOP', path, message })
        return
      }
      case 'template': {
        const inside = { ...here, without: new Set([...here.without, target.entry]) }
        const { name, from } = target
        this.#walk(this.#nested.named(inside, definition, { name, from, by: 'registry' }))
        return
      }
      case 'type':
        if (target.type !== 'OS::Heat::None') this.#resource(here, { ...definition, type: target.type })
        else if (instanceType(definition.type) !== undefined)
          this.findings.skipped.push({ path, why: 'the environment maps its type to nothing' })
    }
  }

  /** `definition` has its real type. */
  #resource(here: Here, definition: Definition): void {
    const { path, type, properties, metadata, place, indexes } = definition
    const { scope, uses } = here
    const kind = instanceType(type)
    if (isTemplateName(type))
      this.#walk(this.#nested.named(here, definition, { name: type, from: scope.path, by: 'type' }))
    else if (kind !== undefined)
      this.findings.found.push({ path, type, kind, scope, properties, metadata, place, indexes, uses })
    else if (isGroup(type))
      for (const member of groupMembers(scope, definition, this.findings)) this.#definition(here, member)
    else if (isStack(type)) this.#walk(this.#nested.stack(here, definition))
    else if (isImageRequest(type))
      this.findings.requests.push({ path, scope, name: definition.name, inGroup: place.length > 2 })
    else if (isDeployment(type)) this.findings.deployments.push({ path, type, scope, properties })
    else if (ownImages(type))
      this.findings.warnings.push({
        code: 'KILN_TEMPLATE_OWN_IMAGE',
        path,
        message: `${path} (${type}) gets its image from the service that runs it; Kiln leaves it alone`,
      })
  }
}

function isDeployment(type: string): boolean {
  return /^OS::Heat::(?:Software|Structured)Deployments?(?:Group)?$/.test(type)
}

function lastName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1).split('.')[0]!
}
