export { build, findVersion } from './build.ts'
export { lockRecipe, type Relocked, relock } from './lock.ts'
export { toolsOf } from './tools.ts'
export type * from './types.ts'
