export type { Family } from './distributions.ts'
export type { BaseMap } from './map.ts'
export { type Base, type BaseSystem, mappingHint, resolveBase } from './resolve.ts'
