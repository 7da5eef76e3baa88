import { type Result, settle } from '../evaluate/result.ts'
import { isList, isMap, str } from '../python.ts'
import type { Need, Value } from '../types.ts'
import type { Made } from './cloud-config.ts'
import { decode, has, isSanePath, shownAt, textAt, valueAt } from './parts.ts'

const LARGEST_FILE = 4 * 1024 * 1024

/** One item of `write_files`. */
export function fileNeed(item: Result, index: number, made: Made): Need {
  const isStatic = settle(item).status === 'resolved'
  const path = shownAt(item, 'path') ?? ''
  const append = valueAt(item, 'append')
  const written = valueAt(item, 'permissions')
  const mode = modeOf(written)
  const body = valueAt(item, 'content') ?? null
  const text = body === null ? '' : str(body)
  const content =
    isMap(body) || isList(body) ? undefined : decode(text, textAt(item, 'encoding') ?? '', gunzip)
  const [owner, group] = (textAt(item, 'owner') ?? '').split(':')
  const why =
    item.kind !== 'map'
      ? 'it is not a map'
      : !isSanePath(path)
        ? 'its path is not one for a file in an image'
        : append !== undefined && append !== null && append !== false
          ? 'it is appended to what the image has'
          : has(item, 'source')
            ? 'it is downloaded at boot'
            : written !== undefined && written !== null && mode === undefined
              ? 'its permissions are not an octal number'
              : content === undefined
                ? 'its content or encoding is not known'
                : undefined
  const made1 = made(`write_files/${index}`, item, { why })
  const visible = isStatic && !made1.hidden
  return {
    kind: 'file',
    path,
    static: isStatic,
    ...(visible && content !== undefined ? { content } : {}),
    ...(mode === undefined || !visible ? {} : { mode }),
    ...(visible && owner ? { owner } : {}),
    ...(visible && group ? { group } : {}),
    ...made1,
  }
}

/** cloud-init takes a number as it is and a text as octal. */
function modeOf(value: Value | undefined): number | undefined {
  if (typeof value === 'bigint' && value >= 0n && value <= 0o7777n) return Number(value)
  if (typeof value === 'string' && /^(?:0o)?[0-7]{1,5}$/.test(value))
    return Number.parseInt(value.replace(/^0o/, ''), 8) & 0o7777
  return undefined
}

function gunzip(data: Uint8Array): Uint8Array | undefined {
  try {
    // Few templates need it, and loading it costs each start a tenth of what planning may.
    return process.getBuiltinModule('node:zlib').gunzipSync(data, { maxOutputLength: LARGEST_FILE })
  } catch {
    return undefined
  }
}
