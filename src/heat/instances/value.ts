import { whole } from '../evaluate/helpers.ts'
import { failure, known, type Result, withDeps } from '../evaluate/result.ts'
import { convert } from '../parameters/schema.ts'
import { isList, isMap } from '../python.ts'
import { property } from '../template/scope.ts'
import type { Value } from '../types.ts'

/** The value of an `OS::Heat::Value`, as its `type` makes it; undefined if it has none. */
export function typedValue(properties: Result): Result | undefined {
  const value = property(properties, 'value')
  const type = property(properties, 'type')
  if (value === undefined || type === undefined || (type.kind === 'scalar' && type.value === null))
    return value
  if (type.kind !== 'scalar')
    return type.kind === 'hole' ? type : failure('the type of a value is not a text', type.deps)
  // A list or a map keeps its shape: parts of it may be known while others are not.
  if ((value.kind === 'list' && type.value === 'comma_delimited_list') || value.kind === 'hole')
    return withDeps(value, type.deps)
  if (value.kind === 'map' && type.value === 'json') return withDeps(value, type.deps)
  const settled = whole(value)
  if ('stop' in settled) return withDeps(settled.stop, type.deps)
  const made = ofType(type.value, settled.value)
  return withDeps(
    made === undefined
      ? failure(`a value is not of its type ${String(type.value)}`, settled.deps)
      : known(made, settled.deps),
    type.deps,
  )
}

/** Stricter than for parameters: the engine takes it as a property. */
function ofType(type: Value, value: Value): Value | undefined {
  const plain = !isList(value) && !isMap(value)
  switch (type) {
    case 'string':
      return plain ? converted('string', value) : undefined
    case 'number':
      return plain ? converted('number', value) : undefined
    case 'boolean':
      if (typeof value === 'boolean') return value
      return typeof value === 'string' && /^(?:true|false)$/i.test(value)
        ? value.toLowerCase() === 'true'
        : undefined
    case 'json': {
      const data = typeof value === 'string' ? converted('json', value) : value
      return isMap(data) ? data : undefined
    }
    case 'comma_delimited_list':
      return isList(value) ? value : undefined
    default:
      return undefined
  }
}

function converted(type: 'string' | 'number' | 'json', value: Value): Value | undefined {
  const result = convert(type, value)
  return 'value' in result ? result.value : undefined
}
