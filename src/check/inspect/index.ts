export { compareImages } from './compare.ts'
export type { Changed, Comparison, FileChange, Lists, NamedChange } from './difference-types.ts'
export { inspectImage } from './inspect.ts'
export type { Inspection } from './types.ts'
