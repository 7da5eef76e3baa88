import { resolve } from 'node:path'
import { noPackageMap } from './needs/index.ts'
import { asWritten, type PrebuildPlan, planImages } from './plan.ts'
import { type ReadTemplate, readTemplate, type TemplateOptions } from './request.ts'

/** What a user may ask of a prebuild, besides building. */
export interface PlanRequest extends TemplateOptions {
  /** File that says what base images are. */
  readonly bases?: string | undefined
  /** File that says what packages are called on the base. */
  readonly packageMap?: string | undefined
  /** File for a page that shows the plan, or what was built, as given. */
  readonly html?: string | undefined
  /** Change nothing but image references. */
  readonly keepMetadata?: boolean
}

/** Reads a template and says what would be built. Builds, fetches and writes nothing. */
export async function planPrebuild(request: PlanRequest): Promise<PrebuildPlan> {
  const { plan } = await prepare(request)
  return asWritten(plan, { keepMetadata: request.keepMetadata === true })
}

/** Reads what a request names, and plans. */
export async function prepare(request: PlanRequest): Promise<{ template: ReadTemplate; plan: PrebuildPlan }> {
  const bases =
    request.bases === undefined
      ? new Map()
      : await (await import('./bases/map.ts')).readBaseMap(resolve(request.cwd, request.bases), request.bases)
  const packageMap =
    request.packageMap === undefined
      ? noPackageMap
      : await (await import('./needs/package-map.ts')).readPackageMap(
          resolve(request.cwd, request.packageMap),
          request.packageMap,
        )
  const template = await readTemplate(request)
  return { template, plan: planImages(template.analysis, { template: template.name, bases, packageMap }) }
}
