/** Secrets that were handed to this process and must not leave it in a message, an event or a log. */
const secrets = new Set<string>()

/** Shortest value worth hiding: redacting `1` or `on` would tear every other message to pieces. */
const SHORTEST = 4

/** The user part of an address, behind its scheme. Without a longest scheme, `a.a.a.…` would be looked through from each `a`. */
const USER_PART = /\b([a-z][a-z0-9+.-]{0,30}:\/\/)[^\s/@'"]+@/gi

/** From now on `value` is replaced wherever {@link redact} is applied. Empty and very short values are ignored. */
export function registerSecret(value: string): void {
  if (value.length >= SHORTEST) secrets.add(value)
}

/** Forgets all of them: for tests that share a process. */
export function forgetSecrets(): void {
  secrets.clear()
}

/** `text` without registered secrets and without the user part of URLs (`https://user:pass@host/` → `https://***@host/`). */
export function redact(text: string): string {
  let out = text.replace(USER_PART, '$1***@')
  // Longest first: a secret that contains another one must not leave its remainder behind.
  for (const secret of [...secrets].sort((a, b) => b.length - a.length)) out = out.replaceAll(secret, '***')
  return out
}

/** Where in `text` what {@link redact} takes away stands, by UTF-16 offsets, in order; two may overlap. */
export function secretsIn(text: string): { readonly start: number; readonly end: number }[] {
  const found = [...text.matchAll(USER_PART)].map(({ 0: match, 1: scheme, index }) => ({
    start: index + scheme!.length,
    end: index + match.length - 1,
  }))
  for (const secret of secrets)
    for (let at = text.indexOf(secret); at >= 0; at = text.indexOf(secret, at + 1))
      found.push({ start: at, end: at + secret.length })
  return found.sort((a, b) => a.start - b.start)
}
