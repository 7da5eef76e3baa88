import { expect, test } from 'vitest'
import { entriesIn } from './folder.ts'

function short(name: string, fields: { attributes?: number; flags?: number } = {}): Buffer {
  const entry = Buffer.alloc(32)
  entry.write(name, 0, 'latin1')
  entry[11] = fields.attributes ?? 32
  entry[12] = fields.flags ?? 0
  // 2023-11-14 22:13:20.
  entry.writeUInt16LE((22 << 11) | (13 << 5) | 10, 22)
  entry.writeUInt16LE(((2023 - 1980) << 9) | (11 << 5) | 14, 24)
  entry.writeUInt16LE(7, 26)
  entry.writeUInt32LE(99, 28)
  return entry
}

/** The parts of a long name, the last one first, before the entry that they belong to. */
function long(name: string, of: Buffer, wrong = 0): Buffer {
  let sum = wrong
  for (const byte of of.subarray(0, 11)) sum = (((sum & 1) << 7) + (sum >> 1) + byte) & 0xff
  const units = Buffer.from(`${name}\0`.padEnd(Math.ceil((name.length + 1) / 13) * 13, '\uffff'), 'utf16le')
  const parts: Buffer[] = []
  for (let n = 0; n * 26 < units.length; n++) {
    const own = units.subarray(n * 26, n * 26 + 26)
    const part = Buffer.alloc(32)
    part[0] = n + 1
    part[11] = 15
    part[13] = sum
    own.copy(part, 1, 0, 10)
    own.copy(part, 14, 10, 22)
    own.copy(part, 28, 22, 26)
    parts.unshift(part)
  }
  parts[0]![0]! |= 0x40
  return Buffer.concat(parts)
}

const names = (...parts: Buffer[]) => entriesIn(Buffer.concat(parts)).entries.map(({ name }) => name)

test('long names, short names and their letters', () => {
  const one = short('LONGNA~1TXT')
  expect(names(long('A long näme 大 🙂 of text.txt', one), one)).toEqual(['A long näme 大 🙂 of text.txt'])
  expect(
    names(short('README  TXT'), short('LOWER   TXT', { flags: 0x18 }), short('BASE    TXT', { flags: 8 })),
  ).toEqual(['README.TXT', 'lower.txt', 'base.TXT'])
  expect(names(short('CAF\x82       '), short('\x05BC        '))).toEqual(['CAFé', 'σBC'])
})

test('a long name that does not belong to its entry is not its name', () => {
  const one = short('SHORT   TXT')
  expect(names(long('other.txt', one, 1), one)).toEqual(['SHORT.TXT'])
  expect(names(long('a name that has more than one part.txt', one).subarray(32), one)).toEqual(['SHORT.TXT'])
  expect(names(long('with/slash', one), one)).toEqual(['SHORT.TXT'])
  expect(names(long('lone \ud800', one), one)).toEqual(['lone \ufffd'])
})

test('deleted entries, labels, dots and what lies behind the end are left out', () => {
  const { entries, label } = entriesIn(
    Buffer.concat([
      short('MY DISK    ', { attributes: 8 }),
      short('.          ', { attributes: 16 }),
      short('..         ', { attributes: 16 }),
      short('\xe5ONE    TXT'),
      short('DIR        ', { attributes: 17 }),
      Buffer.alloc(32),
      short('BEHIND     '),
    ]),
  )
  expect(label).toBe('MY DISK')
  expect(entries).toEqual([
    {
      name: 'DIR',
      folder: true,
      readOnly: true,
      size: 99,
      cluster: 7,
      mtime: 1_700_000_000_000_000_000n,
      index: 4,
    },
  ])
})
