import { directoryTarget, parseTarget } from '../../publish/index.ts'
import { bytes, count } from '../render/format.ts'
import { table } from '../render/table.ts'
import { defineVerb } from '../verb.ts'

export const verb = defineVerb({
  name: 'images',
  summary: 'List the images that were published',
  options: [{ name: 'target', value: 'TARGET', help: 'where to look, as dir:FOLDER or glance:CLOUD' }],
  positionals: [],
  examples: [{ line: 'kiln images --target dir:out', does: 'those in the folder out' }],
  run: async (context, args) => {
    const target =
      args.target === undefined ? directoryTarget(context.config.images) : parseTarget(args.target, context)
    const images = await target.list()
    context.document(
      images.map(({ record, where }) => {
        // A folder's images know their locks, which are long.
        const { lock: _lock, version: _version, ...shown } = record as typeof record & { lock?: unknown }
        return { ...shown, where }
      }),
    )
    if (images.length === 0) context.say(`There are no images in ${target.id}.`)
    else {
      const rows = images.map(({ record }) => [
        record.name,
        record.os,
        bytes(record.file.size),
        record.made.replace('T', ' ').replace(/:\d\dZ$/, ''),
        record.digest.slice(0, 12),
        record.resolvedFrom ? `${record.resolvedFrom.template}: ${record.resolvedFrom.paths.join(', ')}` : '',
      ])
      context.say(table(['IMAGE', 'OS', '>SIZE', 'MADE (UTC)', 'DIGEST', 'FOR'], rows, context.terminal))
      context.say(`\n${count(images.length, 'image')} in ${target.id}`)
    }
    return 0
  },
})
