import { inputError } from '../../core/error.ts'
import { directoryTarget, parseTarget } from '../../publish/index.ts'
import { collect } from '../../store/gc/gc.ts'
import { freedDocument, freedLines } from '../show/freed.ts'
import { defineVerb } from '../verb.ts'

/** What was used within a month is likely to be used again. */
const DAYS = 30

export const verb = defineVerb({
  name: 'gc',
  summary: 'Free what no image needs',
  description:
    'Removes from the store what no lock file names, no published image was made as, no running build needs and nobody ' +
    'has used for some days: images, layers, packages, indexes, bug reports, old tools, and what killed processes left. ' +
    'Everything that goes can be made or fetched again. Others may build meanwhile.',
  options: [
    { name: 'dry-run', short: 'n', help: 'say what would go, remove nothing' },
    { name: 'keep-days', value: 'N', help: `keep what was used within N days; else ${DAYS}` },
    {
      name: 'max-size',
      value: 'SIZE',
      help: 'then the least recently used, until the store takes at most SIZE',
    },
    { name: 'target', value: 'TARGET', repeatable: true, help: 'images published there count, too' },
  ],
  positionals: [],
  examples: [
    { line: 'kiln gc --dry-run', does: 'what would go, and how much that frees' },
    { line: 'kiln gc --keep-days 7 --max-size 20G', does: 'keep a week, and of that at most 20 GiB' },
  ],
  run: async (context, args) => {
    const targets = [
      directoryTarget(context.config.images),
      ...args.target.map((text) => parseTarget(text, context)),
    ]
    const maxSize = args.maxSize === undefined ? undefined : sizeOf(args.maxSize)
    const report = await collect({
      store: context.config.store,
      keepDays: args.keepDays === undefined ? DAYS : daysOf(args.keepDays),
      maxSize,
      dryRun: args.dryRun,
      published: async () => {
        const images = await Promise.all(targets.map((target) => target.list()))
        return new Set(images.flat().map(({ record }) => record.key))
      },
      signal: context.signal,
    })
    context.document(freedDocument(report, args.dryRun))
    context.say(freedLines(report, { dryRun: args.dryRun, maxSize }, context.terminal))
    return report.failed.length > 0 ? 1 : 0
  },
})

function daysOf(text: string): number {
  const days = Number(text)
  if (/^\d+(\.\d+)?$/.test(text) && days <= 36_500) return days
  throw inputError('KILN_OPTION_VALUE', `--keep-days '${text}' is not a number of days.`)
}

function sizeOf(text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?$/i.exec(text) ?? []
  if (number === undefined)
    throw inputError('KILN_OPTION_VALUE', `--max-size '${text}' is not a size.`, {
      hint: 'Write it as 20G or 500M.',
    })
  return Math.floor(Number(number) * 1024 ** ('KMGT'.indexOf(unit!.toUpperCase() || '-') + 1))
}
