import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { Interrupted } from '../../core/error.ts'
import { start } from '../run.ts'
import { converse, resized, typed } from './terminal.ts'

test('what is typed goes in messages of at most 65535 bytes', () => {
  expect(typed(Buffer.from('ab'))).toEqual(Buffer.from('d\0\x02ab'))
  const long = typed(Buffer.alloc(70_000, 'x'))
  expect(long.length).toBe(70_000 + 2 * 3)
  expect([...long.subarray(0, 3)]).toEqual([0x64, 0xff, 0xff])
  expect([...long.subarray(3 + 0xffff, 6 + 0xffff)]).toEqual([
    0x64,
    ...[70_000 - 0xffff].flatMap((n) => [n >> 8, n & 255]),
  ])
  expect(typed(Buffer.alloc(0)).length).toBe(0)
})

test('a size is rows and columns', () => {
  expect(resized({ rows: 41, columns: 300 })).toEqual(Buffer.from([0x77, 0, 41, 1, 44]))
})

const streams = () => ({ input: new PassThrough(), output: new PassThrough(), errors: new PassThrough() })

test('without a terminal the streams are handed on, and the exit status comes back', async () => {
  const user = streams()
  user.input.end('hello')
  const started = start(['sh', '-c', 'cat; echo wrong >&2; exit 4'])
  expect(await converse(started, user, undefined)).toBe(4)
  expect(user.output.read().toString()).toBe('hello')
  expect(user.errors.read().toString()).toBe('wrong\n')
})

test('on a terminal keys and sizes become messages, and it is as before afterwards', async () => {
  const user = streams()
  const raw: boolean[] = []
  let resize = () => {}
  let listening = 0
  const terminal = {
    size: () => ({ rows: 2, columns: 3 }),
    raw: (on: boolean) => void raw.push(on),
    onResize: (listener: () => void) => {
      resize = listener
      listening++
      return () => void listening--
    },
  }
  const started = start(['head', '-c', '9'])
  const done = converse(started, { ...user, terminal }, undefined)
  user.input.write('x')
  await new Promise((resolve) => setTimeout(resolve, 300))
  resize()
  expect(await done).toBe(0)
  expect(user.output.read()).toEqual(Buffer.concat([typed(Buffer.from('x')), resized(terminal.size())]))
  expect({ raw, listening, left: user.input.listenerCount('data') }).toEqual({
    raw: [true, false],
    listening: 0,
    left: 0,
  })
})

test('who stops it ends the program; the terminal is as before, too', async () => {
  const stop = new AbortController()
  const raw: boolean[] = []
  const terminal = {
    size: () => ({ rows: 1, columns: 1 }),
    raw: (on: boolean) => void raw.push(on),
    onResize: () => () => {},
  }
  const done = converse(start(['sleep', '1000']), { ...streams(), terminal }, stop.signal)
  setTimeout(() => stop.abort(), 50)
  await expect(done).rejects.toBeInstanceOf(Interrupted)
  expect(raw).toEqual([true, false])
})
