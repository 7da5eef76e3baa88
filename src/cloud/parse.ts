import type { z } from 'zod'
import { oddAnswer, type Session } from './session.ts'

/** What `schema` makes of an answer. @throws KilnError `KILN_CLOUD_ANSWER`. */
export function parseAnswer<S extends z.ZodType>(
  schema: S,
  session: Session,
  service: string,
  path: string,
  answer: unknown,
): z.infer<S> {
  const parsed = schema.safeParse(answer)
  if (parsed.success) return parsed.data
  const { path: where, message } = parsed.error.issues[0]!
  throw oddAnswer(session.settings.name, service, path, `${where.join('.') || 'it'}: ${message}`)
}
