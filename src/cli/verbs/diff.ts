import { compareImages } from '../../check/inspect/index.ts'
import { byBytes, step } from '../../core/events.ts'
import { findImage } from '../find-image.ts'
import { comparisonLines } from '../show/comparison.ts'
import { defineVerb } from '../verb.ts'

/** Bytes between two events of progress. */
const PROGRESS = 16 << 20

export const verb = defineVerb({
  name: 'diff',
  summary: 'Say what differs between two images',
  description:
    'Reads two raw or qcow2 disks, whoever made them, without starting or mounting them: packages, files (content, mode, owner, ' +
    'attributes), units, users, kernels, partitions and sizes. Times of change do not count. Files that came with packages that ' +
    'changed are only counted, unless --files asks for all.',
  options: [
    { name: 'files', help: 'name every file that differs' },
    { name: 'exit-code', help: 'exit with 1 when they differ' },
  ],
  positionals: [
    { name: 'from', help: "file of a disk image, or a name that 'kiln images' lists" },
    { name: 'to', help: 'the image to compare it with' },
  ],
  examples: [
    { line: 'kiln diff web-old.qcow2 web-new.qcow2', does: 'what the new one brings' },
    { line: 'kiln diff web-1 web-2 --exit-code --quiet', does: 'for scripts: is it the same?' },
  ],
  run: async (context, args) => {
    const [from, to] = [await findImage(context, args.from), await findImage(context, args.to)]
    const comparison = await step(context.events, 'diff', 'comparing', (current, report) =>
      compareImages(from.path, to.path, {
        onBytes: byBytes(PROGRESS, current),
        signal: context.signal,
      }).then((found) => {
        report('done', found.same ? 'the same' : 'they differ')
        return found
      }),
    )
    context.document(comparison)
    context.say(comparisonLines(comparison, { allFiles: args.files }, context.terminal))
    return args.exitCode && !comparison.same ? 1 : 0
  },
})
