/** Versions of the form on disk and of the form that programs see. */
const ON_DISK = 1
const SEEN = 2
/** Entries that name a user or a group. */
const NAMED: readonly number[] = [2, 8]
const NOBODY = 0xffffffff

/**
 * A POSIX ACL as `getfattr` gives it, from the shorter form on disk: there only entries that name somebody have an id.
 * Bytes that are no such form stay as they are.
 */
export function aclOfDisk(bytes: Buffer): Buffer {
  if (bytes.length < 4 || bytes.readUInt32LE(0) !== ON_DISK) return Buffer.from(bytes)
  const parts: Buffer[] = [word(SEEN)]
  for (let at = 4; at < bytes.length; ) {
    if (at + 4 > bytes.length) return Buffer.from(bytes)
    const named = NAMED.includes(bytes.readUInt16LE(at))
    if (named && at + 8 > bytes.length) return Buffer.from(bytes)
    parts.push(bytes.subarray(at, at + 4), named ? bytes.subarray(at + 4, at + 8) : word(NOBODY))
    at += named ? 8 : 4
  }
  return Buffer.concat(parts)
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
