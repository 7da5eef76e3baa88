import { resolve } from 'node:path'
import { sbomOf } from '../../check/bill.ts'
import { SBOM_FORMATS } from '../../check/sbom/index.ts'
import { writeWhole } from '../../core/write.ts'
import { findImage } from '../find-image.ts'
import { defineVerb } from '../verb.ts'

export const verb = defineVerb({
  name: 'sbom',
  summary: 'Write the bill of materials of an image',
  description:
    'Every package in the image with its version, package-url, licences and, where Kiln built it, the digest of its file. ' +
    'Any Debian image can be read, also one that Kiln did not build; nothing is started or mounted.',
  options: [
    { name: 'output', short: 'o', value: 'FILE', help: 'write it there; else to standard output' },
    {
      name: 'format',
      value: 'NAME',
      choices: SBOM_FORMATS,
      help: 'cyclonedx (1.6) or spdx (2.3), both JSON; else cyclonedx',
    },
  ],
  positionals: [
    { name: 'image', help: "file of an image, a name that 'kiln images' lists, or the key of a version" },
  ],
  examples: [{ line: 'kiln sbom web.qcow2 --format spdx -o web.spdx.json', does: 'in SPDX' }],
  run: async (context, args) => {
    const found = /^[0-9a-f]{64}$/.test(args.image)
      ? { key: args.image }
      : await findImage(context, args.image)
    const text = await sbomOf(found, args.format ?? 'cyclonedx', context)
    context.document(JSON.parse(text))
    if (args.output === undefined) context.say(text.trimEnd())
    else await writeWhole(resolve(context.cwd, args.output), text)
    return 0
  },
})
