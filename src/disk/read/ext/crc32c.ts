const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ 0x82f63b78 : c >>> 1
  return c
})

/** CRC-32C as ext4 and its journal use it: begun with what came before (at first all ones) and not inverted at the end. */
export function crc32c(bytes: Uint8Array, before = 0xffffffff): number {
  let crc = before
  for (let n = 0; n < bytes.length; n++) crc = TABLE[(crc ^ bytes[n]!) & 0xff]! ^ (crc >>> 8)
  return crc >>> 0
}
