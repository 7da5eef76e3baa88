import { resolve } from 'node:path'
import { lockedBeside } from '../../build/beside.ts'
import { why } from '../../build/why.ts'
import { inputError } from '../../core/error.ts'
import { readRecipe } from '../../recipe/recipe.ts'
import { whyLines } from '../show/why.ts'
import { defineVerb } from '../verb.ts'

export const verb = defineVerb({
  name: 'why',
  summary: 'Say which stages of a build will run, and which input made it so',
  description:
    'For each stage: hit, its result is in the store, or miss, with what is different from the nearest result that is ' +
    'there. Reads the lock beside the recipe; nothing is locked, fetched or built.',
  options: [],
  positionals: [
    { name: 'recipe', help: 'file of the recipe' },
    { name: 'stage', optional: true, help: 'only stages of this name, as base or packages' },
  ],
  examples: [{ line: 'kiln why examples/web/recipe.yaml packages', does: 'why packages are installed anew' }],
  run: async (context, args) => {
    const path = resolve(context.cwd, args.recipe)
    const recipe = await readRecipe(path)
    const answer = await why(recipe, await lockedBeside(recipe, path), context)
    const stages = answer.stages.filter(({ stage }) => args.stage === undefined || stage === args.stage)
    if (stages.length === 0)
      throw inputError('KILN_STAGE_UNKNOWN', `The build of ${recipe.name} has no stage ${args.stage}.`, {
        hint: `It has ${[...new Set(answer.stages.map(({ stage }) => stage))].join(', ')}.`,
      })
    context.document({ ...answer, stages })
    context.say(whyLines(recipe.name, { ...answer, stages }, context.terminal.colour))
    return 0
  },
})
