import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { type Duplex, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { clock } from '../src/core/clock.ts'

/** An HTTP proxy on the loopback whose answers come no faster than it was told, all connections together. */
export interface SlowMirror extends AsyncDisposable {
  readonly port: number
  /** Bytes handed on so far. */
  readonly bytes: () => number
}

/** What may come at once after a pause, bytes: a tenth of a second at 100 Mbit/s is a switch's buffer. */
const BURST = 256 * 1024

/** Opens a proxy for what a package manager asks: GET of whole addresses, and CONNECT where the mirror has TLS. */
export async function openSlowMirror(bitsPerSecond: number): Promise<SlowMirror> {
  const bucket = tokenBucket(bitsPerSecond / 8, BURST)
  let bytes = 0
  const slowly = () =>
    new Transform({
      transform(chunk: Uint8Array, _encoding, done) {
        bucket(chunk.length).then(() => {
          bytes += chunk.length
          done(undefined, chunk)
        }, done)
      },
    })
  const sockets = new Set<Duplex>()

  const server = createServer((asked: IncomingMessage, answer: ServerResponse) => {
    const { proxy: _hop, 'proxy-connection': _also, connection: _too, ...headers } = asked.headers
    const failed = () => {
      if (answer.headersSent) answer.destroy()
      else answer.writeHead(502).end()
    }
    let url: URL
    try {
      url = new URL(asked.url ?? '')
    } catch {
      answer.writeHead(400).end()
      return
    }
    const onward = request(url, { method: asked.method ?? 'GET', headers }, (answered) => {
      answer.writeHead(answered.statusCode ?? 502, answered.headers)
      pipeline(answered, slowly(), answer).catch(failed)
    })
    onward.on('error', failed)
    asked.pipe(onward)
  })
  server.on('connect', (asked: IncomingMessage, guest: Duplex) => {
    const [host, port] = (asked.url ?? '').split(':')
    const mirror: Socket = connect(Number(port ?? 443), host, () => {
      guest.write('HTTP/1.1 200 Connection established\r\n\r\n')
      guest.pipe(mirror)
      pipeline(mirror, slowly(), guest).catch(() => {})
    })
    sockets.add(mirror)
    mirror.on('error', () => guest.destroy())
    mirror.on('close', () => sockets.delete(mirror))
    guest.on('error', () => mirror.destroy())
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve, reject) => {
    server.on('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    bytes: () => bytes,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Resolves when `bytes` more may go: `rate` bytes a second, `burst` of them at once after a pause. In order of asking. */
export function tokenBucket(rate: number, burst: number): (bytes: number) => Promise<void> {
  let tokens = burst
  let last = clock.monotonic()
  let before: Promise<void> = Promise.resolve()
  const take = async (bytes: number) => {
    const now = clock.monotonic()
    tokens = Math.min(burst, tokens + ((now - last) / 1000) * rate) - bytes
    last = now
    // What goes beyond is paid back by waiting, so that no piece is too large for the bucket.
    if (tokens < 0) await sleep((-tokens / rate) * 1000)
  }
  return (bytes) => {
    before = before.then(() => take(bytes))
    return before
  }
}
