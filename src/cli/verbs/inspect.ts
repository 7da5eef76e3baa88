import { basename } from 'node:path'
import { inspectImage } from '../../check/inspect/index.ts'
import type { ListedFile } from '../../check/inventory/types.ts'
import { byBytes, step } from '../../core/events.ts'
import { findImage } from '../find-image.ts'
import { bytes } from '../render/format.ts'
import { inspectionLines } from '../show/inspection.ts'
import { defineVerb } from '../verb.ts'

/** Lines that are written together, and bytes between two events of progress. */
const BATCH = 500
const PROGRESS = 16 << 20

export const verb = defineVerb({
  name: 'inspect',
  summary: 'Say what is in an image, whoever made it',
  description:
    'Reads a raw or qcow2 disk without starting or mounting it: partition table, file systems, boot loaders, system, kernels, ' +
    'packages, enabled units, users, programs that run as somebody else, and what takes the room. With --json all of it, packages by name. ' +
    'Files are read on ext2, ext3, ext4 and vfat; packages are those of dpkg.',
  options: [
    { name: 'packages', help: 'list the packages with their versions' },
    { name: 'files', help: 'list every file instead, with mode, owner and SHA-256' },
  ],
  positionals: [{ name: 'image', help: "file of a disk image, or a name that 'kiln images' lists" }],
  examples: [
    { line: 'kiln inspect debian-13-genericcloud.qcow2', does: 'an image from elsewhere' },
    { line: 'kiln inspect web.qcow2 --files > web.files', does: 'a line for each file' },
  ],
  run: async (context, args) => {
    const { path } = await findImage(context, args.image)
    const files: ListedFile[] = []
    let lines: string[] = []
    const flush = () => {
      if (lines.length > 0) context.say(lines.join('\n'))
      lines = []
    }
    const onFile = (file: ListedFile) => {
      if (context.json) files.push(file)
      else if (lines.push(fileLine(file)) === BATCH) flush()
    }
    const inspection = await step(context.events, 'inspect', `reading ${basename(path)}`, (current, report) =>
      inspectImage(path, {
        ...(args.files ? { onFile } : {}),
        onBytes: byBytes(PROGRESS, current),
        signal: context.signal,
      }).then((found) => {
        if (found.system)
          report('done', `${found.system.totals.files} files, ${bytes(found.system.totals.bytes)}`)
        return found
      }),
    )
    flush()
    const { image, system, notes } = inspection
    context.document({ ...image, system: system ?? null, notes, ...(args.files ? { files } : {}) })
    if (!args.files) context.say(inspectionLines(inspection, args, context.terminal))
    return 0
  },
})

/** `file 0644 0:0 1234 <sha256> /path`: columns that can be split at spaces, the path last, without line breaks. */
function fileLine({
  path,
  kind = 'file',
  mode,
  uid,
  gid,
  size = 0,
  sha256,
  target,
  device,
  capabilities,
}: ListedFile): string {
  const content = sha256 ?? device?.join(':') ?? '-'
  const rest = [
    target === undefined ? '' : ` -> ${target}`,
    capabilities === undefined ? '' : ` ${capabilities}`,
  ]
  const line = `${kind} ${mode} ${uid}:${gid} ${size} ${content} ${path}${rest.join('')}`
  return line.replace(
    /[\0-\x1f\x7f]/g,
    (letter) => `\\x${letter.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
}
