import { dirname, resolve } from 'node:path'
import { lockBeside } from '../../build/locked.ts'
import { shell } from '../../build/shell.ts'
import { inputError } from '../../core/error.ts'
import { readRecipe } from '../../recipe/recipe.ts'
import { defineVerb } from '../verb.ts'

export const verb = defineVerb({
  name: 'shell',
  summary: "Open a shell in a build's tree, at any stage or where it failed",
  description:
    'Builds up to the stage, or takes its layers from the store, and opens a shell there in the same sandbox: no ' +
    'network, the same limits. What is changed in it is thrown away. A command after -- runs instead of the shell, and ' +
    'its exit status is handed on.',
  options: [
    { name: 'stage', value: 'NAME', help: 'the tree at the end of this stage; else of the last one' },
    { name: 'failed', help: 'the tree as the stage that fails leaves it' },
  ],
  positionals: [
    { name: 'recipe', help: 'file of the recipe' },
    {
      name: 'command',
      optional: true,
      repeatable: true,
      help: 'after --: a program of the tree, with arguments',
    },
  ],
  examples: [
    {
      line: 'kiln shell examples/web/recipe.yaml --stage packages',
      does: 'look at the tree before it is finished',
    },
    { line: 'kiln shell examples/web/recipe.yaml -- dpkg -l', does: 'what dpkg says in the image' },
  ],
  run: async (given, args) => {
    if (given.json)
      throw inputError(
        'KILN_OPTION_VALUE',
        "kiln shell has no answer in JSON: its output is the program's.",
        {
          hint: 'Leave --json out, or give it to the program, after --.',
        },
      )
    if (args.failed && args.stage !== undefined)
      throw inputError('KILN_OPTION_VALUE', '--failed and --stage name two places.', {
        hint: 'Give one of them: --failed is where the build ends by itself.',
      })
    const path = resolve(given.cwd, args.recipe)
    const context = { ...given, folder: dirname(path) }
    const recipe = await readRecipe(path)
    const { lock } = await lockBeside(recipe, path, {}, context)
    const note = (message: string) => context.events.emit({ type: 'note', level: 'info', message })
    const status = await shell(
      recipe,
      lock,
      {
        stage: args.stage,
        failed: args.failed,
        command: args.command,
        term: context.env.TERM,
        announce: ({ stage, failure }) => {
          if (failure) note(`${failure.message}`)
          else if (args.failed) note('No stage fails now.')
          note(
            `This is the tree of ${recipe.name} ${failure ? `as the stage ${stage} left it` : `after the stage ${stage}`}. ` +
              'There is no network, and what you change is thrown away.',
          )
        },
      },
      context.user(),
      context,
    )
    note(`What was changed in the tree of ${recipe.name} is thrown away.`)
    return status
  },
})
