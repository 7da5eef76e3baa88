import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { sha256 } from '../core/digest.ts'
import { fetchFile, fetchText } from './fetch.ts'

const folder = mkdtempSync(join(tmpdir(), 'kiln-fetch-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** A real server for one test; the handler is told how often it was asked. */
async function served<T>(
  handler: (asked: number) => RequestListener,
  use: (url: string) => Promise<T>,
): Promise<T> {
  let asked = 0
  const server = createServer((request, response) => handler(++asked)(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/file`)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

const answer =
  (body: string, status = 200): RequestListener =>
  (_request, response) =>
    response.writeHead(status).end(body)
const target = () => join(folder, String(Math.random()))

describe('fetchFile', () => {
  test('writes and hashes what came', async () => {
    const file = target()
    const got = await served(
      () => answer('hello'),
      (url) => fetchFile(url, file, { size: 5, sha256: sha256('hello') }),
    )
    expect(got).toEqual({ digest: sha256('hello'), size: 5 })
    expect(readFileSync(file, 'utf8')).toBe('hello')
  })
  test('tries again when the server cannot for the moment', async () => {
    const got = await served(
      (n) => (n < 3 ? answer('busy', 503) : answer('at last')),
      (url) => fetchFile(url, target()),
    )
    expect(got.size).toBe(7)
  })
  test('does not try again for what is not there', async () => {
    let asked = 0
    const failed = served(
      (n) => {
        asked = n
        return answer('no', 404)
      },
      (url) => fetchFile(url, target()),
    )
    await expect(failed).rejects.toMatchObject({ code: 'KILN_FETCH_FAILED', data: { status: 404 } })
    expect(asked).toBe(1)
  })
  test('a wrong digest is an error, not a reason to try until it fits', async () => {
    let asked = 0
    const failed = served(
      (n) => {
        asked = n
        return answer('evil!')
      },
      (url) => fetchFile(url, target(), { sha256: sha256('hello') }),
    )
    await expect(failed).rejects.toMatchObject({ code: 'KILN_FETCH_MISMATCH' })
    expect(asked).toBe(1)
  })
  test('an answer without end is cut off at the expected size', async () => {
    const endless: RequestListener = (_request, response) => {
      const pour = () => {
        while (!response.destroyed && response.write('x'.repeat(65536)));
      }
      response.on('drain', pour)
      pour()
    }
    await expect(
      served(
        () => endless,
        (url) => fetchFile(url, target(), { size: 1000 }),
      ),
    ).rejects.toMatchObject({
      code: 'KILN_FETCH_MISMATCH',
    })
  })
  test('a cut connection is tried again', async () => {
    const cut: RequestListener = (_request, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('part')
      setTimeout(() => response.destroy(), 5)
    }
    const got = await served(
      (n) => (n === 1 ? cut : answer('whole')),
      (url) => fetchFile(url, target()),
    )
    expect(got.size).toBe(5)
  })
  test('nobody there: the address and what to do', async () => {
    const failed = fetchFile('http://127.0.0.1:9/x', target(), {}, { attempts: 1 })
    await expect(failed).rejects.toMatchObject({
      code: 'KILN_FETCH_FAILED',
      hint: expect.stringContaining('KILN_MIRROR_DEBIAN'),
    })
    await expect(failed).rejects.toThrow('http://127.0.0.1:9/x cannot be reached')
  })
})

describe('fetchText', () => {
  test('there is none: undefined', async () =>
    expect(
      await served(
        () => answer('', 404),
        (url) => fetchText(url),
      ),
    ).toBeUndefined())
})
