import { overview, verbHelp } from '../help.ts'
import { loadVerb, verbNames } from '../registry.ts'
import { defineVerb } from '../verb.ts'

export const verb = defineVerb({
  name: 'help',
  summary: 'Show what Kiln can do, or how one verb is used',
  options: [],
  positionals: [{ name: 'verb', optional: true, help: 'the verb to explain' }],
  run: async (context, { verb: name }) => {
    const verbs = await Promise.all((name === undefined ? verbNames() : [name]).map(loadVerb))
    context.say(
      name === undefined ? overview(verbs, context.terminal) : verbHelp(verbs[0]!, context.terminal),
    )
    context.document(
      verbs.map(({ name, summary, description, options, positionals, examples }) => ({
        name,
        summary,
        description,
        options,
        positionals,
        examples,
      })),
    )
    return 0
  },
})
