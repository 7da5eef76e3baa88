import type { Result } from '../evaluate/result.ts'
import { resolvePath } from '../files.ts'
import { type AttributeReader, TemplateScope } from '../template/scope.ts'
import type { Template } from '../template/template.ts'
import type { Reason } from '../types.ts'
import type { Findings, Use } from './findings.ts'
import { Library } from './library.ts'
import { childParameter, facadePart, fileReader } from './properties.ts'
import { awsStack, heatStack, isElsewhere } from './stacks.ts'
import type { Definition, FindOptions, Here } from './walk.ts'

/** Nested templates go this deep below the main one. */
const DEEPEST = 5
/** More templates than this in one analysis is a mistake or an attack. */
const MOST_USES = 2000

/** How a nested template is named, and by what. `from`: the file that the name is relative to. */
interface Named {
  readonly name: string
  readonly from: string
  readonly by: Use['by']
  /** Values for its parameters, if they are not the resource's properties. */
  readonly given?: (name: string) => Result | undefined
}

/** A nested template that has been read. */
interface Child {
  readonly template: Template
  readonly file: string
  readonly by: Use['by']
  readonly given: (name: string) => Result | undefined
}

/** The ways into nested templates. Why there is none is noted in the findings, and the way is undefined. */
export class Nested {
  readonly #options: FindOptions
  readonly #findings: Findings
  readonly #library: Library
  readonly #attribute: AttributeReader
  readonly #heres = new Map<TemplateScope, Here>()
  /** By the path of the resource: who only looks at its outputs gets the same as who walks through it. */
  readonly #entered = new Map<string, Here | undefined>()
  #uses = 0

  constructor(options: FindOptions, findings: Findings, attribute: AttributeReader) {
    this.#options = options
    this.#attribute = attribute
    this.#findings = findings
    this.#library = new Library(options.files, options.lenientAws)
  }

  /** The beginning of a walk. */
  start(scope: TemplateScope): Here {
    const trail = [scope.path]
    const here = { scope, prefix: '', depth: 0, indexes: [], uses: [], trail, without: new Set<string>() }
    this.#heres.set(scope, here)
    return here
  }

  /** The way to a template that has been entered. */
  hereOf(scope: TemplateScope): Here | undefined {
    return this.#heres.get(scope)
  }

  /** Into the template that a type, the registry or a property names. */
  named(here: Here, definition: Definition, named: Named): Here | undefined {
    return this.#once(definition, () => this.#named(here, definition, named))
  }

  /** Into the template of an `OS::Heat::Stack` or `AWS::CloudFormation::Stack`: it is a property. */
  stack(here: Here, definition: Definition): Here | undefined {
    return this.#once(definition, () => this.#stack(here, definition))
  }

  #once(definition: Definition, enter: () => Here | undefined): Here | undefined {
    const { path } = definition
    if (!this.#entered.has(path)) {
      // Whoever comes here again before this is done is on a circle.
      this.#entered.set(path, undefined)
      this.#entered.set(path, enter())
    }
    return this.#entered.get(path)
  }

  #named(here: Here, definition: Definition, { name, from, by, given }: Named): Here | undefined {
    const { path, properties } = definition
    if (isRemote(name) || isRemote(from)) return this.#remote(path, isRemote(name) ? name : from + name)
    const file = resolvePath(from, name)
    if (file === undefined)
      return this.#fault(path, `the nested template '${name}' of ${path} is not below the root directory`)
    const template = this.#library.read(file, path)
    if ('code' in template) return this.#refuse(template)
    const values = given ?? ((parameter) => childParameter(properties, parameter))
    return this.#enter(here, definition, { template, file, by, given: values })
  }

  #stack(here: Here, definition: Definition): Here | undefined {
    const { path } = definition
    const stack =
      definition.type === 'OS::Heat::Stack'
        ? heatStack(here.scope, definition)
        : awsStack(definition.properties)
    if (isElsewhere(definition.properties)) {
      const message = `${path} is made in a region or cloud of its own: the images of its instances must be there, too`
      this.#findings.warnings.push({ code: 'KILN_TEMPLATE_REGION', path, message })
    }
    const from = here.scope.path
    const by = 'property'
    switch (stack.kind) {
      case 'missing':
        for (const name of stack.names) this.#findings.missing.add(name)
        return undefined
      case 'unknown':
        if (stack.remote && this.#options.allowRemote) return this.#remote(path, 'only known at run time')
        return this.#fault(path, `the nested template of ${path} ${stack.why}`)
      case 'file':
        return this.#named(here, definition, { name: stack.name, from, by, given: stack.given })
      case 'text': {
        const template = this.#library.parse(stack.text, `${from} (${path})`, path)
        if ('code' in template) return this.#refuse(template)
        return this.#enter(here, definition, { template, file: `${from}#${path}`, by, given: stack.given })
      }
    }
  }

  #enter(here: Here, definition: Definition, child: Child): Here | undefined {
    const { path } = definition
    const { file, by } = child
    if (here.trail.includes(file) || here.depth >= DEEPEST) {
      const what = here.trail.includes(file) ? 'uses itself' : `is nested deeper than ${DEEPEST} levels`
      return this.#fault(path, `the nested template ${file} ${what}`)
    }
    if (++this.#uses > MOST_USES) {
      if (this.#uses > MOST_USES + 1) return undefined
      return this.#fault(path, `there are more than ${MOST_USES} nested templates`)
    }
    const scope = this.#scope(definition, child)
    const use: Use = { path, parent: here.scope, place: definition.place, scope, by }
    const inside: Here = {
      scope,
      prefix: `${path}/`,
      depth: here.depth + 1,
      indexes: definition.indexes,
      uses: [...here.uses, use],
      trail: [...here.trail, file],
      without: here.without,
    }
    this.#heres.set(scope, inside)
    return inside
  }

  #scope(definition: Definition, { template, file, given }: Child): TemplateScope {
    const { path, metadata } = definition
    const { environment, budget, files } = this.#options
    const invalid = (code: string, message: string) => this.#findings.reasons.push({ code, path, message })
    const scope = new TemplateScope({
      template,
      path: file,
      root: false,
      budget,
      given: {
        value: given,
        fallback: (name) => environment.defaults.get(name),
        hidden: (name) => environment.encrypted.has(name),
      },
      file: fileReader(files),
      facade: (part) => facadePart(metadata, part),
      attribute: this.#attribute,
      complain: (_name, message) => invalid('KILN_PARAMETER_VALUE', `${path}: ${message}`),
    })
    for (const problem of scope.schemaProblems) invalid('KILN_TEMPLATE_INVALID', `${file}: ${problem}`)
    return scope
  }

  #remote(path: string, url: string): undefined {
    const message = `the nested template '${url}' of ${path} is behind a URL and is not fetched`
    const reason: Reason = { code: 'KILN_TEMPLATE_REMOTE', path, message }
    if (this.#options.allowRemote) this.#findings.warnings.push(reason)
    else this.#findings.reasons.push(reason)
  }

  #fault(path: string, message: string): undefined {
    this.#refuse({ code: 'KILN_TEMPLATE_NESTED', path, message })
  }

  #refuse(reason: Reason): undefined {
    this.#findings.reasons.push(reason)
  }
}

/** True for what stands behind a URL. */
function isRemote(name: string): boolean {
  return /^(?:https?|ftp|s3|swift):\/\//i.test(name)
}
