import { resolve } from 'node:path'
import type { BaseMap, LookedAt } from './bases/index.ts'
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
  const basesFile = request.bases === undefined ? undefined : resolve(request.cwd, request.bases)
  const bases: BaseMap =
    basesFile === undefined
      ? new Map()
      : await (await import('./bases/map.ts')).readBaseMap(basesFile, request.bases!)
  const packageMap =
    request.packageMap === undefined
      ? noPackageMap
      : await (await import('./needs/package-map.ts')).readPackageMap(
          resolve(request.cwd, request.packageMap),
          request.packageMap,
        )
  const template = await readTemplate(request)
  const images = await lookedAt(bases, basesFile, template)
  const plan = planImages(template.analysis, { template: template.name, bases, images, packageMap })
  return { template, plan }
}

/** What is in the disk images that the template's bases are mapped to. Most maps name none. */
async function lookedAt(
  bases: BaseMap,
  file: string | undefined,
  { analysis }: ReadTemplate,
): Promise<ReadonlyMap<string, LookedAt>> {
  if (file === undefined || ![...bases.values()].some((mapped) => 'image' in mapped)) return new Map()
  const named = analysis.instances.map(({ image }) => image)
  const asked = analysis.imageRequests.map(({ properties }) => String(properties.get('os') ?? '').trim())
  return (await import('./bases/image.ts')).lookAtImages(bases, [...named, ...asked], file)
}
