import { resolve } from 'node:path'
import { lockBeside } from '../../build/locked.ts'
import { lockPathOf } from '../../lock/beside.ts'
import { allPackages, lockDigest } from '../../lock/lock.ts'
import { readRecipe } from '../../recipe/recipe.ts'
import { count } from '../render/format.ts'
import { defineVerb } from '../verb.ts'

export const verb = defineVerb({
  name: 'lock',
  summary: 'Pin every input of a recipe by address, size and digest',
  description:
    'Writes kiln.lock beside the recipe. A lock that fits the recipe is kept as it is; --update makes a new one from ' +
    'what the repositories offer today. Building from a lock needs no network once its inputs were fetched.',
  options: [{ name: 'update', help: 'lock anew even when the lock fits' }],
  positionals: [{ name: 'recipe', help: 'file of the recipe' }],
  run: async (context, args) => {
    const path = resolve(context.cwd, args.recipe)
    const recipe = await readRecipe(path)
    const { lock, reused } = await lockBeside(recipe, path, args.update, context)
    const packages = allPackages(lock).length
    context.document({
      path: lockPathOf(path),
      digest: lockDigest(lock),
      recipe: lock.recipe,
      os: lock.os,
      epoch: lock.epoch,
      packages,
      reused,
    })
    const date = new Date(lock.epoch * 1000).toISOString().slice(0, 10)
    context.say(
      `${lockPathOf(path)} ${reused ? 'fits already' : 'written'}: ${count(packages, 'package')} of ${lock.os} as of ${date}.`,
    )
    return 0
  },
})
