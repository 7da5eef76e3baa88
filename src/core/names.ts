/**
 * Names of files as they come from disks and archives: any bytes, mostly UTF-8. As text, a byte that is not part of
 * UTF-8 is the lone surrogate U+DC00 + byte (what Python calls surrogateescape), so nothing is lost on the way back.
 */

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The text of a name. */
export function nameOfBytes(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes)
  } catch {
    let text = ''
    for (let at = 0; at < bytes.length; ) {
      const length = sequence(bytes, at)
      text +=
        length === 0
          ? String.fromCharCode(0xdc00 + bytes[at]!)
          : strict.decode(bytes.subarray(at, at + length))
      at += length || 1
    }
    return text
  }
}

/** The bytes of a name that {@link nameOfBytes} gave. */
export function bytesOfName(name: string): Buffer {
  if (name.isWellFormed()) return Buffer.from(name)
  const parts: Buffer[] = []
  // By code points: a surrogate that is not one of a pair stands alone.
  for (const letter of name) {
    const code = letter.codePointAt(0)!
    parts.push(code >= 0xdc80 && code <= 0xdcff ? Buffer.from([code - 0xdc00]) : Buffer.from(letter))
  }
  return Buffer.concat(parts)
}

/** How many bytes from `at` on are one letter of UTF-8, 0 where they are none. */
function sequence(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!
  const length =
    first < 0x80 ? 1 : first < 0xc0 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf8 ? 4 : 0
  if (length === 0 || at + length > bytes.length) return 0
  try {
    strict.decode(bytes.subarray(at, at + length))
    return length
  } catch {
    return 0
  }
}
