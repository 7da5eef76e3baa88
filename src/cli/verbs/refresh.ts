import { resolve } from 'node:path'
import { staleText } from '../../build/locked.ts'
import { type Refreshed, refresh, refreshDocument, refreshError } from '../../check/refresh.ts'
import { count } from '../render/format.ts'
import { changesTable, summary } from '../show/lock.ts'
import { type Context, defineVerb } from '../verb.ts'

export const verb = defineVerb({
  name: 'refresh',
  summary: 'Take newer packages into images, and keep them only if they work',
  description:
    'For a timer or CI. Locks each recipe anew; where something is different, builds the image, boots it and looks ' +
    'whether it is what the recipe promises, and only then writes the new kiln.lock. Says nothing of recipes for which ' +
    'the repositories offer nothing else. Exit status 0: all is up to date now, whether something changed or not ' +
    '(--json says which); 1: an image could not be built or did not pass, and its lock is as before; 2: the input is ' +
    'at fault.',
  options: [
    { name: 'no-check', help: 'do not boot what was built' },
    { name: 'allow-expired', help: 'take repositories whose Release has expired, too' },
  ],
  positionals: [{ name: 'recipe', repeatable: true, help: 'files of recipes' }],
  examples: [
    { line: 'kiln refresh --quiet images/*/recipe.yaml', does: 'every night: speaks only of changes' },
  ],
  run: async (context, args) => {
    const all: Refreshed[] = []
    for (const recipe of args.recipe) {
      const options = { check: !args.noCheck, allowExpired: args.allowExpired }
      const one = await refresh(resolve(context.cwd, recipe), options, context)
      all.push(one)
      if (one.outcome === 'refreshed') context.say(text(one, context))
    }
    context.document(refreshDocument(all))
    const error = refreshError(all)
    if (error) throw error
    return 0
  },
})

function text(one: Extract<Refreshed, { outcome: 'refreshed' }>, { terminal }: Context): string {
  const checked = one.checked === undefined ? 'not booted' : `${count(one.checked, 'assertion')} hold`
  return [
    ...(one.stale ? [`The lock of ${one.name} was stale: ${staleText(one.stale)}.`] : []),
    `${one.name} is new: ${summary(one.changes) || 'the same packages'}; digest ${one.digest.slice(0, 12)}, ${checked}.`,
    ...(one.changes.length > 0 ? ['', changesTable(one.changes, terminal), ''] : []),
  ].join('\n')
}
