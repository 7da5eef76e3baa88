import { VISIBILITIES, type Visibility } from '../../cloud/glance/visibility.ts'
import { inputError } from '../../core/error.ts'

/** What stands behind `glance:` on the command line. */
export interface GlanceOptions {
  /** Name of clouds.yaml, or `envvars`. */
  readonly cloud: string
  readonly visibility: Visibility
  /** Format of the file; default: the first that the version has. */
  readonly format?: string
  /** One of the cloud's stores. */
  readonly store?: string
  readonly tags: readonly string[]
}

const HINT =
  'Write glance:CLOUD, and behind it what is wanted besides: glance:prod,visibility=shared,format=qcow2,store=fast,tag=web.'

/**
 * @param text `CLOUD[,visibility=V][,format=F][,store=S][,tag=T]…`
 * @throws KilnError `KILN_TARGET_UNKNOWN`.
 */
export function parseGlance(text: string): GlanceOptions {
  const [cloud, ...words] = text.split(',')
  const wrong = (what: string) =>
    inputError('KILN_TARGET_UNKNOWN', `"glance:${text}" is not a target that Kiln knows: ${what}.`, {
      hint: HINT,
    })
  if (!cloud || cloud.includes('=')) throw wrong('it names no cloud')
  let options: GlanceOptions = { cloud, visibility: 'private', tags: [] }
  for (const word of words) {
    const [, name, value] = /^([a-z]+)=(.+)$/.exec(word) ?? []
    if (value === undefined) throw wrong(`"${word}" is no option with a value`)
    if (name === 'visibility') {
      const visibility = VISIBILITIES.find((each) => each === value)
      if (visibility === undefined) throw wrong(`visibility is one of ${VISIBILITIES.join(', ')}`)
      options = { ...options, visibility }
    } else if (name === 'format' || name === 'store') options = { ...options, [name]: value }
    else if (name === 'tag') options = { ...options, tags: [...options.tags, value] }
    else throw wrong(`it has no option "${name}"`)
  }
  return options
}
