import type { Base } from './bases/index.ts'
import type { PrebuildPlan } from './plan.ts'

/** What `kiln prebuild --plan --json` prints: see `docs/prebuild.md`. */
export interface PlanDocument {
  readonly outcome: string
  readonly images: readonly { readonly path: string; readonly image: string }[]
  readonly missing: readonly string[]
  readonly reasons: readonly { readonly code: string; readonly message: string; readonly path?: string }[]
  readonly skipped: readonly { readonly path: string; readonly why: string }[]
  readonly recipes: readonly {
    readonly paths: readonly string[]
    readonly recipe: unknown
    /** Package managers that the template asks through. */
    readonly through: readonly string[]
  }[]
  readonly bases: readonly { readonly image: string; readonly source: Base['source'] }[]
  readonly residue: readonly { readonly path: string; readonly what: string; readonly why: string }[]
}

/** The verdict on a template and its parameters. Bases that cannot be built do not change it. */
export function planDocument(plan: PrebuildPlan): PlanDocument {
  const { outcome, images, missing, reasons, skipped } = plan.analysis
  return {
    outcome,
    images: images.map(({ path, image }) => ({ path, image })),
    missing,
    reasons: reasons.map(({ code, message, path }) => ({
      code,
      message,
      ...(path === undefined ? {} : { path }),
    })),
    skipped,
    recipes: plan.images.map(({ recipe, members, through }) => ({
      paths: members.map(({ instance }) => instance.path),
      recipe,
      through,
    })),
    bases: plan.bases.map(({ image, source }) => ({ image, source })),
    residue: plan.residue,
  }
}
