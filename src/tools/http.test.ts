import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { ask } from './http.ts'

let server: Server | undefined
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

type Came = { readonly bytes: number; readonly whole: boolean; readonly request: IncomingMessage }

/** A server that counts what comes. `handle` may answer before all is there. */
async function counting(
  handle?: (response: ServerResponse) => void,
): Promise<{ url: string; came: Promise<Came> }> {
  const { promise, resolve } = Promise.withResolvers<Came>()
  server = createServer((request, response) => {
    let bytes = 0
    handle?.(response)
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length
    })
    request.on('close', () => resolve({ bytes, whole: request.complete, request }))
    request.on('error', () => {})
    request.on('end', () => response.writableEnded || response.end('taken'))
  })
  await new Promise<void>((listening) => server!.listen(0, '127.0.0.1', listening))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, came: promise }
}

async function* pieces(count: number, size: number, fails = false) {
  for (let i = 0; i < count; i++) yield new Uint8Array(size)
  if (fails) throw new Error('the source failed')
}

test('a stream is sent with its length, a header with it', async () => {
  const { url, came } = await counting()
  const body = { size: 5_000_000, open: () => pieces(50, 100_000) }
  const answer = await ask(url, { method: 'PUT', body, headers: { 'x-word': 'yes' } })
  expect(answer.status).toBe(200)
  expect(Buffer.concat(await Array.fromAsync(answer.body)).toString()).toBe('taken')
  const { bytes, whole, request } = await came
  expect([bytes, whole, request.headers['content-length'], request.headers['x-word']]).toEqual([
    5_000_000,
    true,
    '5000000',
    'yes',
  ])
})

test.each([
  ['that fails', () => pieces(5, 100_000, true), 'the source failed'],
  ['that fails at its very end', () => pieces(10, 100_000, true), 'the source failed'],
  ['that is too short', () => pieces(5, 100_000), 'fewer bytes to send'],
  ['that is too long', () => pieces(11, 100_000), 'more bytes to send'],
])('a source %s never looks whole to the other side', async (_what, open, message) => {
  const { url, came } = await counting()
  await expect(ask(url, { method: 'PUT', body: { size: 1_000_000, open } })).rejects.toThrow(message)
  expect((await came).whole).toBe(false)
})

test('an answer that comes before all is sent ends the sending and closes the source', async () => {
  const { url } = await counting((response) => response.writeHead(409).end('no'))
  let closed = false
  const open = async function* () {
    try {
      for (;;) yield new Uint8Array(1_000_000)
    } finally {
      closed = true
    }
  }
  const answer = await ask(url, { method: 'PUT', body: { size: 1e12, open } })
  expect(answer.status).toBe(409)
  answer.drop()
  await expect.poll(() => closed).toBe(true)
})

test('a redirect is an answer where it is not to be followed', async () => {
  const { url } = await counting((response) => response.writeHead(302, { location: '/elsewhere' }).end())
  const answer = await ask(url, { follow: false })
  answer.drop()
  expect([answer.status, answer.header('location'), answer.header('never')]).toEqual([
    302,
    '/elsewhere',
    undefined,
  ])
})
