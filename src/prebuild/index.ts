export { type PlanDocument, planDocument } from './document.ts'
export type { MadeImage } from './make.ts'
export type { PrebuildPlan } from './plan.ts'
export {
  type PlanPageRequest,
  type PlanRequest,
  type PrebuildRequest,
  type PrebuildResult,
  planPage,
  planPrebuild,
  prebuild,
} from './prebuild.ts'
