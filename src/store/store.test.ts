import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { sha256 } from '../core/digest.ts'
import { isAlive, ownName } from '../core/owner.ts'
import { run } from '../tools/run.ts'
import { claim, sweepClaims } from './claim.ts'
import { openStore } from './store.ts'

const folder = mkdtempSync(join(tmpdir(), 'kiln-store-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('store', () => {
  test('an object is found by its digest once it was adopted', async () => {
    const store = await openStore(folder)
    await using work = await store.workFolder()
    const file = join(work.path, 'x')
    writeFileSync(file, 'content')
    const digest = sha256('content')
    expect(await store.has(digest)).toBe(false)
    await store.adopt(file, digest)
    expect(await store.has(digest)).toBe(true)
    expect(readFileSync(store.objectPath(digest), 'utf8')).toBe('content')
  })
  test('a link is no object', async () => {
    const store = await openStore(folder)
    await using work = await store.workFolder()
    symlinkSync('/etc/passwd', join(work.path, 'x'))
    await expect(store.adopt(join(work.path, 'x'), sha256('x'))).rejects.toMatchObject({
      code: 'KILN_SANDBOX_FAILED',
    })
    expect(await store.has(sha256('x'))).toBe(false)
  })
  test('a record comes back as it was; a broken one counts as none', async () => {
    const store = await openStore(folder)
    await store.writeRecord('versions', 'k', { a: [1] })
    expect(await store.readRecord('versions', 'k')).toEqual({ a: [1] })
    writeFileSync(join(folder, 'versions', 'k.json'), '{"a":')
    expect(await store.readRecord('versions', 'k')).toBeUndefined()
    expect(await store.readRecord('versions', 'never')).toBeUndefined()
  })
  test('opening it removes what dead processes left, and nothing of living ones', async () => {
    const dead = join(folder, 'tmp', '999999999-1-abc')
    mkdirSync(join(dead, 'deep'), { recursive: true })
    const store = await openStore(folder)
    await using work = await store.workFolder()
    await openStore(folder)
    expect(existsSync(dead)).toBe(false)
    expect(existsSync(work.path)).toBe(true)
  })
  test('a killed process may have left folders deeper than a path can be long', async () => {
    const dead = join(folder, 'tmp', '999999999-1-deep')
    await run([
      'sh',
      '-ec',
      'mkdir -p "$1"; cd "$1"; n=0; while [ $n -lt 400 ]; do mkdir abcdefghijklmno; cd -P abcdefghijklmno; n=$((n + 1)); done',
      'sh',
      dead,
    ])
    await openStore(folder)
    expect(existsSync(dead)).toBe(false)
    expect(readdirSync(join(folder, 'tmp'))).toEqual([])
  })
  test('nobody else looks into the work that is going on', async () => {
    await openStore(folder)
    expect(statSync(join(folder, 'tmp')).mode & 0o777).toBe(0o700)
  })
  test('a work folder goes when it is disposed of', async () => {
    const store = await openStore(folder)
    {
      await using work = await store.workFolder()
      writeFileSync(join(work.path, 'x'), '')
    }
    expect(readdirSync(join(folder, 'tmp'))).toEqual([])
  })
  test('a folder that cannot be made is said to be unusable', async () => {
    writeFileSync(join(folder, 'file'), '')
    await expect(openStore(join(folder, 'file', 'store'))).rejects.toMatchObject({
      code: 'KILN_STORE_UNUSABLE',
    })
  })
})

describe('names of owners', () => {
  test('ours is alive, one with our pid and another start time is not', () => {
    expect(isAlive(ownName())).toBe(true)
    expect(isAlive(`${process.pid}-1-x`)).toBe(false)
    expect(isAlive('no-name')).toBe(false)
  })
})

describe('claim', () => {
  const claims = join(folder, 'claims')
  test('the second waits for the first', async () => {
    const order: string[] = []
    const first = await claim(claims, 'k', () => order.push('first waits'))
    const second = claim(claims, 'k', () => {
      order.push('second waits')
      void first[Symbol.asyncDispose]().then(() => order.push('first gone'))
    }).then((held) => {
      order.push('second holds')
      return held
    })
    await (await second)[Symbol.asyncDispose]()
    expect(order).toEqual(['second waits', 'first gone', 'second holds'])
  })
  test('a dead holder does not hold', async () => {
    mkdirSync(claims, { recursive: true })
    symlinkSync('999999999-1-abc', join(claims, 'dead'))
    let waited = false
    await using _held = await claim(claims, 'dead', () => (waited = true))
    expect(waited).toBe(false)
    expect(readlinkSync(join(claims, 'dead'))).toContain(`${process.pid}-`)
  })
  test('sweeping takes away what the dead hold and left half-made, and nothing of the living', async () => {
    const swept = join(folder, 'swept')
    await using _held = await claim(swept, 'held', () => {})
    const dead = '999999999-1-abc'
    for (const name of ['k', `k.gone-${dead}`, 'other']) symlinkSync(dead, join(swept, name))
    writeFileSync(join(swept, 'no claim'), ownName())
    await sweepClaims(swept)
    expect(readdirSync(swept)).toEqual(['held'])
    await sweepClaims(join(folder, 'no-such-folder'))
  })
  test('of many at once exactly one holds at a time', async () => {
    let inside = 0
    let most = 0
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        await using _held = await claim(claims, 'many', () => {})
        most = Math.max(most, ++inside)
        await new Promise((resolve) => setTimeout(resolve, 2))
        inside--
      }),
    )
    expect(most).toBe(1)
  })
})
