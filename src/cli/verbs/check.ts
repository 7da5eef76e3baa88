import { readFile } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { toolsOf } from '../../build/index.ts'
import {
  allPromises,
  checkDocument,
  checkError,
  checkImage,
  checkLines,
  FIRMWARES,
  type Firmware,
  imageFormat,
  promisesOf,
} from '../../check/index.ts'
import { inputError } from '../../core/error.ts'
import { readRecipe } from '../../recipe/recipe.ts'
import { findImage } from '../find-image.ts'
import { defineVerb } from '../verb.ts'

export const verb = defineVerb({
  name: 'check',
  summary: 'Boot an image and look whether it is what its recipe promised',
  description:
    'Starts the image under QEMU on a throw-away disk above it, on each firmware, and waits until it is up: login ' +
    'prompt, cloud-init done, no failed unit. Then packages, services, files, users and groups are looked at from ' +
    'inside. Without --recipe, what is promised comes from the description beside the image, if there is one. ' +
    'Without KVM the processor is emulated and a boot takes about a minute.',
  options: [
    { name: 'firmware', value: 'LIST', help: 'bios, uefi, secureboot, separated by commas; else bios,uefi' },
    { name: 'recipe', value: 'FILE', help: 'recipe that says what the image must hold' },
    { name: 'package', value: 'NAME', repeatable: true, help: 'a package that must be installed' },
    { name: 'service', value: 'NAME', repeatable: true, help: 'a service that must be enabled and running' },
    { name: 'user-data', value: 'FILE', help: 'user data for the guest' },
    {
      name: 'seed',
      value: 'KIND',
      choices: ['nocloud', 'configdrive', 'metadata', 'metadata6'],
      help: 'how the guest gets its data; metadata6 is over IPv6 alone; else nocloud',
    },
    {
      name: 'bus',
      value: 'NAME',
      choices: ['virtio-blk', 'virtio-scsi'],
      help: 'how the disk is attached; else virtio-blk',
    },
    {
      name: 'format',
      value: 'NAME',
      choices: ['qcow2', 'raw', 'vmdk'],
      help: 'format of the image; else what its first bytes say',
    },
    { name: 'limit', value: 'SECONDS', help: 'longest time for one boot; else 900 emulated, 300 with KVM' },
    { name: 'logs', value: 'FOLDER', help: 'keep the whole consoles there' },
  ],
  positionals: [{ name: 'image', help: "file of a disk image, or a name that 'kiln images' lists" }],
  examples: [
    { line: 'kiln check web.qcow2 --recipe web.yaml', does: 'on BIOS and UEFI, against its recipe' },
    {
      line: 'kiln check web.qcow2 --firmware secureboot --json',
      does: 'signed boot only, all that was seen as JSON',
    },
  ],
  run: async (context, args) => {
    const { path, record } = await findImage(context, args.image)
    const format = args.format ?? (await imageFormat(path))
    const recipe = args.recipe ? await readRecipe(resolve(context.cwd, args.recipe)) : record?.recipe
    const firmware = firmwares(args.firmware)
    const limit = seconds(args.limit)
    const userData = args.userData && (await userDataFile(resolve(context.cwd, args.userData)))
    const tools = await toolsOf(context)
    const name = basename(path)
    const report = await checkImage({
      tools: tools.path,
      image: path,
      format,
      name,
      firmware,
      promises: allPromises(recipe ? promisesOf(recipe) : {}, {
        packages: args.package,
        services: args.service.map((service) => ({ name: service, enabled: true, running: true })),
      }),
      seed: { kind: args.seed ?? 'nocloud', userData },
      ...(args.bus ? { bus: args.bus } : {}),
      ...(limit === undefined ? {} : { limit }),
      ...(args.logs ? { logs: resolve(context.cwd, args.logs) } : {}),
      events: context.events,
      signal: context.signal,
    })
    context.document(checkDocument(report))
    context.say(checkLines(report).join('\n'))
    if (!report.ok) throw checkError(report, name)
    return 0
  },
})

function firmwares(list: string | undefined): Firmware[] {
  const names = (list ?? 'bios,uefi').split(',').map((name) => name.trim())
  const unknown = names.find((name) => !FIRMWARES.includes(name as Firmware))
  if (unknown !== undefined)
    throw inputError('KILN_OPTION_VALUE', `--firmware does not know "${unknown}".`, {
      hint: `It takes ${FIRMWARES.join(', ')}, separated by commas.`,
    })
  return [...new Set(names as Firmware[])]
}

function seconds(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (Number.isInteger(value) && value >= 30 && value <= 86_400) return value
  throw inputError('KILN_OPTION_VALUE', `--limit "${text}" is not a number of seconds from 30 to 86400.`)
}

async function userDataFile(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path)
  } catch (error) {
    throw inputError('KILN_FILE_MISSING', `The user data ${path} cannot be read.`, {
      hint: 'Check the path given with --user-data.',
      cause: error,
    })
  }
}
