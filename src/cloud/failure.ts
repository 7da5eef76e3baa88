import { KilnError } from '../core/error.ts'

/** Longest that is repeated of what a service says. */
const LONGEST = 600
const LOOKED_AT = 8192

/** Everything that could steer a terminal. */
const CONTROLS = /[\0-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]+/g

/**
 * What a service says of its refusal, without the dress: Keystone and Nova say `{NAME: {message}}`, Heat
 * `{error: {message}, explanation}`, Glance HTML or `{message: HTML}`. Empty where it says nothing.
 */
export function serviceMessage(text: string): string {
  let said = text
  try {
    said = messageIn(JSON.parse(text)) ?? ''
  } catch {
    // A page, or nothing.
  }
  const plain = said
    // Patterns look for the end of each beginning: a service without measure must not keep us.
    .slice(0, LOOKED_AT)
    .replace(/<(title|script|style|h1)\b[^>]*>.*?<\/\1>/gis, ' ')
    .replace(/<\/?[a-z][^>]*>/gi, ' ')
    .replace(/&(lt|gt|amp|quot|#39|#x27);/g, (_, name: string) => ENTITIES[name]!)
    .replace(CONTROLS, ' ')
    .replace(/ {2,}/g, ' ')
    .trim()
  return plain.length > LONGEST ? `${plain.slice(0, LONGEST)}…` : plain
}

const ENTITIES: Readonly<Record<string, string>> = {
  lt: '<',
  gt: '>',
  amp: '&',
  quot: '"',
  '#39': "'",
  '#x27': "'",
}

function messageIn(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const tree = value as Record<string, unknown>
  // Heat's explanation is of the status; what it says of the matter is in its error.
  const inner = Object.values(tree).find((each) => typeof each === 'object' && each !== null) as
    | Record<string, unknown>
    | undefined
  for (const message of [inner?.message, tree.message, tree.explanation, tree.title])
    if (typeof message === 'string' && message !== '') return message
  return undefined
}

/** Who asked whom for what, for errors. */
export interface Question {
  readonly cloud: string
  /** As in "images (Glance)". */
  readonly service: string
  readonly method: string
  readonly path: string
  /** The login was an application credential. */
  readonly byCredential: boolean
}

/** The error for an answer that is none of those wanted. `data.status` is its status, `data.said` its own message. */
export function refused(question: Question, status: number, statusText: string, text: string): KilnError {
  const said = serviceMessage(text)
  const { cloud, service, method, path, byCredential } = question
  const ours = status < 500 && status !== 429
  const special = byCredential && status === 403 && method === 'POST' && /\/stacks$/.test(path)
  return new KilnError(
    special ? 'KILN_CLOUD_TRUST_REFUSED' : ours ? 'KILN_CLOUD_REFUSED' : 'KILN_CLOUD_FAILED',
    special
      ? `The cloud ${cloud} lets no application credential create stacks: Heat would have to make a trust from it, and Keystone refuses that.`
      : `${service} of the cloud ${cloud} answered ${status} ${statusText} to ${method} ${path}${said ? `: ${said.replace(/\.$/, '')}` : ''}.`,
    {
      data: { status, cloud, method, path, said },
      hint: special
        ? 'Create stacks with a password or a federated login; everything else that Kiln does works with the application credential.'
        : hintFor(status, byCredential),
    },
  )
}

function hintFor(status: number, byCredential: boolean): string | undefined {
  if (status === 401) return 'The login has ended or was withdrawn: check it in clouds.yaml.'
  if (status === 403)
    return byCredential
      ? 'The application credential may lack a role, or be restricted: its user may be allowed what it is not.'
      : 'The user lacks a role for this in the project: ask the administrator of the cloud.'
  if (status === 413) return "A quota of the project is used up: 'openstack quota show' tells which."
  if (status === 429 || status === 503) return 'The cloud is busy: try again later.'
  if (status >= 500)
    return 'This is a fault of the cloud; its logs say more. What was done is kept: try again.'
  return undefined
}
