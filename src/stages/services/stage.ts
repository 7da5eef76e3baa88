import { KilnError } from '../../core/error.ts'
import type { Recipe } from '../../recipe/recipe.ts'
import { guestScript, type Stage, type StageContext } from '../stage.ts'

export type ServicesOptions = Recipe['services']

/** Exit status of {@link SWITCH} when some units could not be switched; their names are its output. */
const SOME_FAILED = 9
/** All at once is quicker; one by one only to learn which of them fail. */
const SWITCH = `verb=$1; shift
systemctl "$verb" -- "$@" 2>/dev/null && exit 0
wrong=
for unit; do systemctl "$verb" -- "$unit" >&2 || { wrong=1; printf '%s\\n' "$unit"; }; done
[ -z "$wrong" ] || exit ${SOME_FAILED}`

/** Switches units on and off for the next boot. Nothing is started. */
export const servicesStage: Stage<ServicesOptions> = {
  name: 'services',
  version: 1,
  async run({ enable, disable }, context) {
    await switchUnits('enable', enable, context)
    await switchUnits('disable', disable, context)
  },
}

async function switchUnits(verb: 'enable' | 'disable', units: readonly string[], context: StageContext) {
  if (units.length === 0) return
  const { status, stdout, stderr } = await guestScript(context, SWITCH, [verb, ...units], {
    what: `systemctl ${verb}`,
    code: 'KILN_SERVICE_FAILED',
    accept: [0, SOME_FAILED],
  })
  if (status === 0) return
  const wrong = stdout.split('\n').filter((line) => units.includes(line))
  const [first] = wrong
  throw new KilnError(
    'KILN_SERVICE_FAILED',
    `The ${wrong.length === 1 ? 'service' : 'services'} ${wrong.join(', ')} cannot be ${verb}d in the image.`,
    {
      hint:
        'A package or file of the image must bring it. A template may call it otherwise than its base does:\n' +
        `in a file for --package-map, "services: {${first}: OTHER}" says how, "services: {${first}: []}" leaves it out.\n` +
        stderr,
      data: { services: wrong },
    },
  )
}
