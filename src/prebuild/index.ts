import type * as Whole from './prebuild.ts'

export { type PlanDocument, planDocument } from './document.ts'
export type { MadeImage } from './make.ts'
export type { PrebuildPlan } from './plan.ts'
export type { PlanPageRequest, PrebuildRequest, PrebuildResult } from './prebuild.ts'
export { type PlanRequest, planPrebuild } from './prepare.ts'

// What builds, fetches and boots is read when it is wanted: a plan is asked for far more often.
/** See {@link Whole.prebuild}. */
export const prebuild: typeof Whole.prebuild = async (...request) =>
  (await import('./prebuild.ts')).prebuild(...request)

/** See {@link Whole.planPage}. */
export const planPage: typeof Whole.planPage = async (...request) =>
  (await import('./prebuild.ts')).planPage(...request)
