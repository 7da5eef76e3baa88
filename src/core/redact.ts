/** Secrets that were handed to this process and must not leave it in a message, an event or a log. */
const secrets = new Set<string>()

/** Shortest value worth hiding: redacting `1` or `on` would tear every other message to pieces. */
const SHORTEST = 4

/** From now on `value` is replaced wherever {@link redact} is applied. Empty and very short values are ignored. */
export function registerSecret(value: string): void {
  if (value.length >= SHORTEST) secrets.add(value)
}

/** `text` without registered secrets and without the user part of URLs (`https://user:pass@host/` → `https://***@host/`). */
export function redact(text: string): string {
  let out = text.replace(/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@'"]+@/gi, '$1***@')
  // Longest first: a secret that contains another one must not leave its remainder behind.
  for (const secret of [...secrets].sort((a, b) => b.length - a.length)) out = out.replaceAll(secret, '***')
  return out
}
