import { settle } from '../evaluate/result.ts'
import { dumpsIndented, isList, isMap, str } from '../python.ts'
import type { Need } from '../types.ts'
import type { Config } from './cfn-init.ts'
import type { Made } from './cfn-sections.ts'
import { decode, has, isHidden, isSanePath, type Named, textAt, valueAt } from './parts.ts'

/** A file of cfn-init: text, a map as JSON, a link (mode 120xxx), or a URL. */
export function fileNeed({ name: path, label, result: file }: Named, config: Config, made: Made): Need {
  const isStatic = settle(file).status === 'resolved'
  const source = textAt(file, 'source')
  const written = valueAt(file, 'mode')
  const mode =
    typeof written === 'string' && /^[0-7]{1,6}$/.test(written) ? Number.parseInt(written, 8) : undefined
  const link = mode !== undefined && (mode & 0o170000) === 0o120000
  const text = contentOf(file)
  const content =
    text === undefined ? undefined : decode(text, textAt(file, 'encoding') ?? 'plain', () => undefined)
  const why = !isSanePath(path)
    ? 'its path is not one for a file in an image'
    : config.afterCommands
      ? 'commands of an earlier config may be needed first'
      : has(file, 'source')
        ? 'it is downloaded from a URL that no digest pins'
        : has(file, 'context')
          ? 'it is a template that is filled in at boot'
          : written !== undefined && written !== null && mode === undefined
            ? 'its mode is not an octal number in quotes, on which cfn-init stops'
            : content === undefined
              ? 'its content is not there or its encoding is not known'
              : link && text === ''
                ? 'it is a link to nothing'
                : link && settle(file).deps.params.size > 0
                  ? 'it depends on parameters, and cfn-init would write through the link'
                  : undefined
  // heat-cfntools knows no links: it would write the text as it stands, through the link, over what that leads to.
  const made1 = made('files', label, file, { why, removable: link })
  const visible = !isHidden(file) && isStatic
  const owner = visible ? textAt(file, 'owner') : undefined
  const group = visible ? textAt(file, 'group') : undefined
  return {
    kind: 'file',
    path,
    static: isStatic,
    ...(visible && link && text !== undefined
      ? { linkTo: text }
      : visible && content !== undefined
        ? { content }
        : {}),
    ...(visible && source !== undefined ? { source } : {}),
    ...(mode === undefined || !visible ? {} : { mode: mode & 0o7777 }),
    ...(owner === undefined ? {} : { owner }),
    ...(group === undefined ? {} : { group }),
    ...made1,
  }
}

function contentOf(file: Parameters<typeof valueAt>[0]): string | undefined {
  const body = valueAt(file, 'content')
  if (body === undefined || body === null) return undefined
  return isMap(body) || isList(body) ? dumpsIndented(body) : str(body)
}
