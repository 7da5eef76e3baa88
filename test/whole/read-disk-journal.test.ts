import { mkdtemp, open as openFile, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openDisk } from '../../src/disk/index.ts'
import type { Sandbox } from '../../src/tools/sandbox/sandbox.ts'
import { type Listing, listing } from './read-disk.ts'
import { suiteSandbox } from './suite.ts'

let sandbox: Sandbox
let folder: string
const sh = async (script: string, ...args: string[]) =>
  (await sandbox.run(['sh', '-euc', script, 'sh', ...args])).stdout

/** Four files of twelve blocks or more, and what is put over them: the journal's own mark at the start of one. */
const CONTENT = `cd /build; rm -rf tree; mkdir tree
  for name in a b c d; do head -c 49152 /dev/zero | tr '\\0' $name >tree/$name; done
  for n in 1 2 3; do head -c 49152 /dev/zero | tr '\\0' $n >new$n; done
  printf '\\300\\073\\071\\230' | cat - new2 new2 >marked`

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiln-journal-'))
  sandbox = await suiteSandbox()
  await sh(CONTENT)
})
afterAll(async () => {
  await sandbox?.[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

async function read(path: string): Promise<{ listing: Listing; journaled: number }> {
  await using disk = await openDisk(path)
  const fs = await disk.fileSystem((await disk.partitions())[0]!)
  return { listing: await listing(fs.tree!), journaled: fs.journaled }
}

const KINDS: Readonly<Record<string, { readonly make: string; readonly journal: string }>> = {
  'without checksums': { make: '-t ext3 -b 4096', journal: '' },
  'of 32 bits, blocks of 1 KiB': { make: '-t ext4 -b 1024 -O ^64bit,^metadata_csum', journal: '' },
  'of 64 bits': { make: '-t ext4 -b 4096 -O 64bit,^metadata_csum', journal: '' },
  'with checksums of version 2': { make: '-t ext4 -b 4096 -O 64bit,metadata_csum', journal: '-c -v 2' },
  'with checksums of version 2, 32 bits': {
    make: '-t ext4 -b 1024 -O ^64bit,metadata_csum',
    journal: '-c -v 2',
  },
  'with checksums of version 3': { make: '-t ext4 -b 4096 -O 64bit,metadata_csum', journal: '-c -v 3' },
}

/** Makes `journal.img`, whose files are given as they are, then with some transactions: `B_a` stands for the blocks of file a, `B_a1` for its first. */
async function make(kind: keyof typeof KINDS, commands: string): Promise<Listing> {
  const { make: args, journal } = KINDS[kind]!
  await sh(
    `cd /build; rm -f journal.img; truncate -s 32M journal.img; mke2fs -qF ${args} -E no_copy_xattrs -d tree journal.img`,
  )
  const { listing: before } = await read(sandbox.hostPath('/build/journal.img'))
  let script = commands.replace('jo', `jo ${journal}`)
  for (const name of ['a', 'b', 'c', 'd']) {
    const blocks = (await sh(`debugfs -R "blocks /${name}" /build/journal.img 2>/dev/null`))
      .trim()
      .split(/\s+/)
    script = script.replaceAll(`B_${name}1`, blocks[0]!).replaceAll(`B_${name}`, blocks.join(','))
  }
  await writeFile(join(folder, 'commands'), script)
  await sandbox.run(['sh', '-euc', 'cat >/build/commands; debugfs -wf /build/commands /build/journal.img'], {
    input: script,
  })
  return before
}

describe('a journal', () => {
  test.each(Object.keys(KINDS))('%s is played back as e2fsck plays it', async (kind) => {
    const old = await make(
      kind,
      `jo
jw -b B_a /build/new1
jw -b B_b,B_c1 /build/marked
jw -b B_a1 /build/marked
jw -b B_d1 /build/new3
jw -r B_d1
jw -c -b B_c /build/new3
jc
`,
    )
    const before = await read(sandbox.hostPath('/build/journal.img'))
    await sh('cd /build; cp journal.img fixed.img; e2fsck -fy fixed.img >/dev/null || [ $? -le 1 ]')
    const after = await read(sandbox.hostPath('/build/fixed.img'))
    expect(before.listing).toEqual(after.listing)
    expect(after.journaled).toBe(0)
    expect(before.journaled).toBeGreaterThan(20)
    // And that is not what lies in the files' own places, but where it was revoked.
    for (const name of ['a', 'b', 'c']) expect(old[name]!.sha256).not.toBe(after.listing[name]!.sha256)
    expect(old.d!.sha256).toBe(after.listing.d!.sha256)
  })

  test('that is damaged is played back up to there, and a damaged block is an error', async () => {
    const kind = 'with checksums of version 3'
    await make(kind, 'jo\njw -b B_a /build/new1\njw -b B_b /build/new2\njc\n')
    const image = join(folder, 'damaged.img')
    const whole = await readFile(sandbox.hostPath('/build/journal.img'))
    const [first, second] = [Buffer.alloc(4096, '1'), Buffer.alloc(4096, '2')]
    const text = await sh('debugfs -R "logdump -a" /build/journal.img 2>/dev/null')
    expect(text).toMatch(/commit block/)
    // The content of a block of the second transaction, in the journal.
    const inJournal = whole.indexOf(second)
    expect(inJournal).toBeGreaterThan(0)
    const at = (await readDamaged(image, whole, inJournal + 5)) as { code?: string }
    expect(at).toMatchObject({ code: 'KILN_FILE_SYSTEM_DAMAGED' })
    // Its end: so it never happened, the first one did.
    const mark = Buffer.from('c03b3998000000020000000', 'hex')
    const ends: number[] = []
    for (let n = whole.indexOf(mark); n >= 0; n = whole.indexOf(mark, n + 1)) if (n % 4096 === 0) ends.push(n)
    expect(ends.length).toBe(2)
    const found = (await readDamaged(image, whole, ends[1]! + 17)) as Listing
    const { listing: good } = await read(sandbox.hostPath('/build/journal.img'))
    expect(found.a).toEqual(good.a)
    expect(found.b!.sha256).not.toBe(good.b!.sha256)
    expect(whole.includes(first)).toBe(true)
  })
})

/** What is read of an image with one bit changed. */
async function readDamaged(image: string, whole: Buffer, at: number): Promise<unknown> {
  await writeFile(image, whole)
  await using file = await openFile(image, 'r+')
  await file.write(Buffer.from([whole[at]! ^ 1]), 0, 1, at)
  return read(image).then(
    ({ listing: found }) => found,
    (error: unknown) => error,
  )
}
