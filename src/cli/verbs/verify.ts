import { readFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { SBOM_ENDING, STATEMENTS_ENDING } from '../../check/endings.ts'
import { imageFormat } from '../../check/format.ts'
import { envelopesOf } from '../../check/provenance/dsse.ts'
import { ownPublicKey, publicKeyOf } from '../../check/provenance/key.ts'
import { noPolicy, readPolicy } from '../../check/provenance/policy.ts'
import { type VerifyReport, verifyImage } from '../../check/provenance/verify.ts'
import { inputError, isErrno, KilnError } from '../../core/error.ts'
import { oneLine } from '../../core/text.ts'
import { findImage } from '../find-image.ts'
import { count } from '../render/format.ts'
import { defineVerb } from '../verb.ts'

export const verb = defineVerb({
  name: 'verify',
  summary: 'Look whether an image is what a trusted key has signed, and fits a policy',
  description:
    'Reads the signed statements beside the image (NAME.intoto.jsonl) and compares: the file, the disk in it, the lock in ' +
    'its description, its bill of materials, and what the policy asks for. Trusted are the keys that are given with --key ' +
    'or in the policy, else the one of this installation. Exit status 1 when a point does not hold, 2 when the image, a ' +
    'key or the policy cannot be read.',
  options: [
    { name: 'key', value: 'FILE', repeatable: true, help: 'public key (PEM) that is trusted' },
    { name: 'policy', value: 'FILE', help: 'what the image must be, in YAML' },
    { name: 'statements', value: 'FILE', help: 'the signed statements; else those beside the image' },
  ],
  positionals: [{ name: 'image', help: "file of a disk image, or a name that 'kiln images' lists" }],
  examples: [
    { line: 'kiln verify web.qcow2 --key kiln.pub', does: 'is it what the owner of that key built?' },
    { line: 'kiln verify web.qcow2 --policy production.yaml', does: 'may it be used in production?' },
  ],
  run: async (context, args) => {
    const { path, record } = await findImage(context, args.image)
    await imageFormat(path)
    const file = (name: string) => resolve(context.cwd, name)
    const policy = args.policy === undefined ? noPolicy : await readPolicy(file(args.policy))
    const given = await Promise.all(args.key.map(async (name) => publicKeyOf(await textOf(file(name)), name)))
    const own = given.length + policy.keys.length > 0 ? undefined : await ownPublicKey(context.config)
    const trusted = own ? [own] : given
    const beside = join(dirname(path), basename(path, '.qcow2'))
    const statements =
      args.statements === undefined
        ? await optional(`${beside}${STATEMENTS_ENDING}`)
        : await textOf(file(args.statements))
    const bill = await optional(`${beside}${SBOM_ENDING}`)
    const report = await verifyImage(
      {
        image: path,
        envelopes: envelopesOf(statements ?? ''),
        lock: record?.lock,
        companions: new Map(bill === undefined ? [] : [[`${basename(beside)}${SBOM_ENDING}`, bill]]),
      },
      trusted,
      policy,
      context.signal,
    )
    context.document({ ...report, image: path })
    context.say(lines(report).join('\n'))
    if (!report.ok) throw refused(args.image, report)
    return 0
  },
})

function lines({ points }: VerifyReport): string[] {
  return points.map(
    ({ ok, point, saw }) => `${ok ? 'ok    ' : 'FAILED'}  ${point.padEnd(10)}  ${oneLine(saw)}`,
  )
}

function refused(image: string, { points }: VerifyReport): KilnError {
  const bad = points.filter(({ ok }) => !ok)
  const [first, ...more] = bad.map(({ saw }) => oneLine(saw))
  return new KilnError(
    'KILN_VERIFY_FAILED',
    `${image} is not to be trusted: ${first}${more.length > 0 ? `, and ${count(more.length, 'point')} more` : ''}.`,
    {
      hint:
        bad[0]!.point === 'signature'
          ? "Give the public key of who built it with --key; 'kiln key' prints it there."
          : more.map((saw) => `${saw}.`).join('\n') || undefined,
      data: { failed: bad },
    },
  )
}

/** A text of a reasonable size. @throws KilnError `KILN_FILE_MISSING`. */
async function textOf(path: string): Promise<string> {
  const text = await optional(path)
  if (text === undefined) throw inputError('KILN_FILE_MISSING', `There is no file ${path}.`)
  return text
}

async function optional(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (['ENOENT', 'EISDIR', 'ENOTDIR'].some((code) => isErrno(error, code))) return undefined
    throw error
  }
}
