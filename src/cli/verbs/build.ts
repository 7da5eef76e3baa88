import { constants } from 'node:fs'
import { chmod, copyFile, rename, rm } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { build, type Version } from '../../build/index.ts'
import { lockBeside, staleText } from '../../build/locked.ts'
import { verify } from '../../build/verify.ts'
import { makeFolder } from '../../core/folder.ts'
import { partBeside, sweepParts } from '../../core/part.ts'
import { replaceable } from '../../core/replace.ts'
import { parseTarget } from '../../publish/index.ts'
import { imageName } from '../../publish/name.ts'
import { readRecipe } from '../../recipe/recipe.ts'
import { bytes, duration } from '../render/format.ts'
import { recipeSummary } from '../show/recipe.ts'
import { unequalError } from '../show/verified.ts'
import { defineVerb } from '../verb.ts'

export const verb = defineVerb({
  name: 'build',
  summary: 'Build the image that a recipe describes',
  description:
    'Locks the recipe if kiln.lock beside it does not fit, and builds what is not in the store yet. The image stays in ' +
    'the store; --output copies it to a file, --target publishes it, and neither is done while a secret is inside that ' +
    'the recipe does not allow.',
  options: [
    { name: 'output', short: 'o', value: 'FILE', help: 'write the image (qcow2) there' },
    { name: 'target', value: 'TARGET', repeatable: true, help: 'publish the image there, as dir:FOLDER' },
    { name: 'verify', help: 'build twice, the second time without layers, and fail where they differ' },
    { name: 'update', help: 'lock anew: newer packages, if there are any' },
    {
      name: 'vendor',
      value: 'DIR',
      help: 'take all inputs from this archive (kiln lock --vendor), nothing from a network',
    },
    { name: 'allow-expired', help: 'when locking, take repositories whose Release has expired, too' },
  ],
  positionals: [{ name: 'recipe', help: 'file of the recipe' }],
  examples: [{ line: 'kiln build examples/web/recipe.yaml -o web.qcow2', does: 'build, and copy the image' }],
  run: async (given, args) => {
    const path = resolve(given.cwd, args.recipe)
    const { config } = given
    const context = {
      ...given,
      folder: dirname(path),
      config: args.vendor === undefined ? config : { ...config, vendor: resolve(given.cwd, args.vendor) },
    }
    const recipe = await readRecipe(path)
    const targets = args.target.map((text) => parseTarget(text, context))
    // Before the build: it would be a pity to learn it after.
    for (const target of targets) await target.ready()
    const output =
      args.output === undefined
        ? undefined
        : await replaceable(resolve(context.cwd, args.output), args.output)
    const { lock, stale } = await lockBeside(
      recipe,
      path,
      { update: args.update, allowExpired: args.allowExpired },
      context,
    )
    if (stale && !args.update)
      context.events.emit({
        type: 'note',
        level: 'info',
        message: `The lock was stale and has been made anew: ${staleText(stale)}.`,
      })
    const verified = args.verify ? await verify(recipe, lock, context) : undefined
    if (verified && !verified.same) throw unequalError(recipe.name, verified)
    const version = verified?.version ?? (await build(recipe, lock, context))
    const artifact = version.artifacts[0]!
    const name = imageName(recipe.name, version)
    const placed: string[] = []
    if (output !== undefined || targets.length > 0) {
      const [{ gate }, { evidence }] = await Promise.all([
        import('../../check/gate.ts'),
        import('../../check/evidence.ts'),
      ])
      const [passed] = await gate([{ version, name }], context)
      if (output !== undefined) await copyTo(artifact.path, output)
      const companions = evidence(version, name, passed!, context)
      for (const target of targets)
        placed.push((await target.publish({ name, version, companions }, context)).where)
    }
    const where = output ?? placed[0] ?? artifact.path
    context.document({
      digest: version.digest,
      key: version.key,
      path: where,
      size: artifact.size,
      virtualSize: version.virtualSize,
      reused: version.reused,
      seconds: version.seconds,
      stages: version.stages,
      ...(verified ? { verified: { digest: verified.second, workspace: verified.workspace } } : {}),
    })
    if (verified) context.say('Built twice, with the same bytes both times.')
    context.say(sentences(version, [...(output === undefined ? [] : [output]), ...placed], where))
    return 0
  },
})

function sentences(version: Version, places: readonly string[], store: string): string {
  const { recipe, os } = version
  const size = bytes(version.artifacts[0]?.size ?? 0)
  const how = version.reused ? 'was in the store' : `built in ${duration(version.seconds)}`
  return [
    `${recipe.name} ${how}: ${os}, ${recipeSummary(recipe)}; ${size}, digest ${version.digest.slice(0, 12)}.`,
    ...(places.length > 0 ? places : [store]),
  ].join('\n')
}

/** A copy of its own: the store's file must not change when somebody starts a guest from this one. */
async function copyTo(from: string, to: string): Promise<void> {
  await makeFolder(dirname(to))
  await sweepParts(dirname(to))
  const part = partBeside(to)
  await using undo = new AsyncDisposableStack()
  undo.defer(() => rm(part, { force: true }))
  // The store's files are read-only; this one is the user's.
  await copyFile(from, part, constants.COPYFILE_FICLONE)
  await chmod(part, 0o644)
  await rename(part, to)
}
