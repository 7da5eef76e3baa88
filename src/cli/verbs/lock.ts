import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { lockBeside, staleness, staleText } from '../../build/locked.ts'
import { vendorInputs } from '../../build/vendor.ts'
import { inputError } from '../../core/error.ts'
import { lockPathOf, readLock } from '../../lock/beside.ts'
import { allPackages, lockDigest } from '../../lock/lock.ts'
import { readRecipe } from '../../recipe/recipe.ts'
import { bytes, count } from '../render/format.ts'
import { lockText } from '../show/lock.ts'
import { type Context, defineVerb, type ExitStatus } from '../verb.ts'

export const verb = defineVerb({
  name: 'lock',
  summary: 'Pin every input of a recipe by address, size and digest',
  description:
    'Writes kiln.lock beside the recipe. A lock that fits the recipe is kept as it is; one of a changed recipe is made ' +
    'anew, and what changed is said. --update asks the repositories what they offer today and shows what is different, ' +
    'security fixes first; with names of packages only these change, and what they must bring along. Building from a ' +
    'lock needs no network once its inputs were fetched.',
  options: [
    { name: 'update', help: 'take what the repositories offer today; only the PACKAGEs if there are any' },
    { name: 'dry-run', short: 'n', help: 'show what would change, write nothing' },
    { name: 'check', help: 'only say whether the lock fits, with exit status 2 when not' },
    {
      name: 'vendor',
      value: 'DIR',
      help: 'write all that the lock names there, for builds without a network',
    },
    { name: 'allow-expired', help: 'take repositories whose Release has expired, too' },
  ],
  positionals: [
    { name: 'recipe', help: 'file of the recipe' },
    { name: 'package', optional: true, repeatable: true, help: 'with --update: packages to update' },
  ],
  examples: [
    { line: 'kiln lock web.yaml --update', does: 'newer packages, if there are any, and which' },
    {
      line: 'kiln lock web.yaml --vendor archive',
      does: 'all inputs in a folder; kiln build --vendor reads it',
    },
    { line: 'kiln lock web.yaml --update openssl', does: 'openssl alone, and what it must bring along' },
  ],
  run: async (context, args) => {
    const { path, packages } = await arranged(context.cwd, [args.recipe, ...args.package])
    const recipe = await readRecipe(path)
    if (packages.length > 0 && !args.update)
      throw inputError('KILN_EXTRA_ARGUMENT', `kiln lock has no use for '${packages[0]}' without --update.`, {
        hint: 'kiln lock RECIPE --update PACKAGE updates single packages of a lock.',
      })
    if (args.check) return check(context, path)
    const { update, dryRun, allowExpired } = args
    const beside = await lockBeside(recipe, path, { update, packages, dryRun, allowExpired }, context)
    const { lock, state, stale, changes } = beside
    const archive =
      args.vendor === undefined
        ? undefined
        : await vendorInputs(lock, resolve(context.cwd, args.vendor), context)
    context.document({
      path: beside.path,
      state,
      written: !dryRun && (state === 'written' || state === 'updated'),
      digest: lockDigest(lock),
      recipe: lock.recipe,
      os: lock.os,
      epoch: lock.epoch,
      packages: allPackages(lock).length,
      reused: state === 'fits' || state === 'current',
      ...(stale ? { stale } : {}),
      changes,
      ...(archive ? { archive } : {}),
    })
    context.say(lockText(beside, { dryRun, terminal: context.terminal }))
    if (archive)
      context.say(
        `${args.vendor} holds ${archive.added === 0 ? 'all' : 'now all'} ${count(archive.files, 'file')} that it names: ${bytes(archive.bytes)}, ${archive.added} new.`,
      )
    return 0
  },
})

/** `--update openssl web.yaml` reads as well as the other way round: the recipe is the first that is a file. */
async function arranged(cwd: string, words: readonly string[]) {
  const paths = words.map((word) => resolve(cwd, word))
  const found = await Promise.all(paths.map((path) => stat(path).catch(() => undefined)))
  const at = Math.max(
    0,
    found.findIndex((file) => file !== undefined && !file.isDirectory()),
  )
  return { path: paths[at]!, packages: words.filter((_, n) => n !== at) }
}

/** @throws KilnError `KILN_LOCK_STALE` when the lock beside the recipe does not fit, or there is none. */
async function check(context: Context, recipePath: string): Promise<ExitStatus> {
  const path = lockPathOf(recipePath)
  const lock = await readLock(path)
  if (!lock)
    throw inputError('KILN_LOCK_STALE', `There is no lock ${path}.`, { hint: 'kiln lock RECIPE makes one.' })
  const stale = staleness(lock, await readRecipe(recipePath))
  if (stale)
    throw inputError('KILN_LOCK_STALE', `The lock ${path} does not fit the recipe: ${staleText(stale)}.`, {
      hint: 'kiln lock RECIPE makes a new one.',
      data: { stale },
    })
  context.document({ path, state: 'fits', digest: lockDigest(lock), packages: allPackages(lock).length })
  context.say(`${path} fits.`)
  return 0
}
