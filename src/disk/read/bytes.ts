/** Bytes at rest: a disk, or a part of one. */
export interface Bytes {
  readonly size: number
  /**
   * Exactly these bytes. They may be shared with others who read: never write into them.
   * @throws KilnError when they do not all lie in it.
   */
  read(offset: number, length: number): Promise<Buffer>
}

/** Bytes `offset` to `offset + size` of others as bytes of their own. `beyond` makes the error of who reads outside. */
export function part(bytes: Bytes, offset: number, size: number, beyond: () => Error): Bytes {
  if (!inside(bytes.size, offset, size)) throw beyond()
  return {
    size,
    read: async (at, length) => {
      if (!inside(size, at, length)) throw beyond()
      return bytes.read(offset + at, length)
    },
  }
}

/** Whether `length` bytes from `offset` on lie in `size` bytes; false for what is no count of bytes. */
export function inside(size: number, offset: number, length: number): boolean {
  return (
    Number.isSafeInteger(offset) &&
    Number.isSafeInteger(length) &&
    offset >= 0 &&
    length >= 0 &&
    offset + length <= size
  )
}
