export type { Family } from './distributions.ts'
export type { BaseMap } from './map.ts'
export {
  type Base,
  type BaseSystem,
  isBuildable,
  type LookedAt,
  mappingHint,
  resolveBase,
} from './resolve.ts'
