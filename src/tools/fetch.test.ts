import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { sha256 } from '../core/digest.ts'
import { fetchFile, fetchText } from './fetch.ts'
import { patience } from './http.ts'

const folder = mkdtempSync(join(tmpdir(), 'kiln-fetch-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Pauses that were taken, in milliseconds: nobody waits for them here. */
let paused: number[] = []
/** Looks whether the transfer that was begun last stands still: as if the time for that were over. */
let look = () => {}
const usual = { ...patience }
beforeEach(() => {
  paused = []
  Object.assign(patience, {
    jitter: () => 0.5,
    every: (_milliseconds: number, looks: () => void) => {
      look = looks
      return () => {}
    },
    pause: async (milliseconds: number) => {
      paused.push(milliseconds)
    },
  })
})
afterEach(() => Object.assign(patience, usual))

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

/** A name for each mirror's behaviour; `good` is what all others ought to be. */
const CONTENT = 'what the lock names\n'.repeat(100)
const EXPECTED = { size: CONTENT.length, sha256: sha256(CONTENT) }
const MIRRORS: Record<string, RequestListener> = {
  good: (_request, response) => response.end(CONTENT),
  dropped: answer('gone', 404),
  busy: answer('later', 503),
  wrong: answer(CONTENT.replace('lock', 'luck')),
  page: answer('<html>Please log in</html>'),
  short: (_request, response) => {
    response.writeHead(200, { 'content-length': CONTENT.length }).write(CONTENT.slice(0, 99))
    setImmediate(() => response.destroy())
  },
  // As HTTP/1.0 does it: nothing says that more should come.
  cut: (_request, response) => {
    response.socket!.end(`HTTP/1.0 200 OK\r\n\r\n${CONTENT.slice(0, 99)}`)
  },
  silent: () => look(),
  dripping: (_request, response) => {
    response.write('w')
    setImmediate(look)
  },
}

describe('several mirrors', () => {
  const asked: string[] = []
  /** Fetches with the mirrors `names` in this order, from one server that plays them all. */
  async function from(...names: readonly string[]) {
    asked.length = 0
    return served(
      () => (request, response) => {
        const name = request.url!.slice(1)
        asked.push(name)
        MIRRORS[name]!(request, response)
      },
      async (url) => {
        const mirrors = () => names.map((name) => new URL(name, url).href)
        const path = target()
        await fetchFile(url, path, EXPECTED, { mirrors })
        return readFileSync(path, 'utf8')
      },
    )
  }

  test.each(Object.keys(MIRRORS).filter((name) => name !== 'good'))(
    'after one that is %s, the next is asked',
    async (bad) => {
      expect(await from(bad, 'good')).toBe(CONTENT)
      expect(asked).toEqual([bad, 'good'])
      expect(paused).toEqual([])
    },
  )

  test.each(['dropped', 'wrong', 'page'])('one that is %s is not asked again', async (bad) => {
    await expect(from(bad, 'busy')).rejects.toMatchObject({ code: 'KILN_FETCH_FAILED' })
    expect(asked).toEqual([bad, 'busy', 'busy', 'busy', 'busy'])
  })

  test.each(['busy', 'short', 'cut', 'silent', 'dripping'])(
    'one that is %s is asked again, ever later, and named in the end',
    async (bad) => {
      await expect(from(bad)).rejects.toMatchObject({
        code: 'KILN_FETCH_FAILED',
        message: expect.stringContaining(`/${bad} `),
      })
      expect(asked).toEqual([bad, bad, bad, bad])
      expect(paused).toEqual([400, 800, 1600])
    },
  )

  test('every mirror is named with what was wrong with it, and what to do', async () => {
    await expect(from('dropped', 'wrong')).rejects.toMatchObject({
      message: expect.stringMatching(
        /^None of 2 mirrors has it: .*dropped answered 404.*; .*wrong answered has the SHA-256/,
      ),
      hint: expect.stringMatching(/--update.*--vendor/s),
    })
  })

  test('where none has it, that is what it says for programs, too', async () => {
    const nowhere = served(
      () => answer('', 404),
      (url) => fetchText(url, { mirrors: () => [`${url}/a`, `${url}/b`] }),
    )
    expect(await nowhere).toBeUndefined()
  })

  test('wrong bytes from all of them are a mismatch', async () => {
    await expect(from('wrong', 'page')).rejects.toMatchObject({ code: 'KILN_FETCH_MISMATCH' })
    expect(asked).toEqual(['wrong', 'page'])
  })

  test('a server that failed is asked last from then on, until it does well', async () => {
    let well = false
    const flaky: string[] = []
    await served(
      () => (request, response) => {
        flaky.push(request.url!)
        MIRRORS[well ? 'good' : 'short']!(request, response)
      },
      (first) =>
        served(
          () => (request, response) => MIRRORS[request.url === '/c' ? 'dropped' : 'good']!(request, response),
          async (second) => {
            for (const name of ['a', 'b', 'c', 'd']) {
              well = name === 'c'
              const mirrors = () => [first, second].map((url) => new URL(name, url).href)
              await fetchFile(first, target(), EXPECTED, { mirrors })
            }
          },
        ),
    )
    expect(flaky).toEqual(['/a', '/c', '/d'])
  })

  test('a server that says when to come back is not asked before', async () => {
    const listener =
      (n: number): RequestListener =>
      (_request, response) =>
        n === 1 ? response.writeHead(503, { 'retry-after': '7' }).end() : response.end(CONTENT)
    await served(listener, (url) => fetchFile(url, target(), EXPECTED))
    expect(paused).toEqual([7000])
  })
})

describe('redirects', () => {
  test('are followed, but not in a circle, and not to what is no web address', async () => {
    const listener: RequestListener = (request, response) =>
      request.url === '/file'
        ? response.writeHead(302, { location: '/there' }).end()
        : request.url === '/loop'
          ? response.writeHead(302, { location: '/loop' }).end()
          : request.url === '/etc'
            ? response.writeHead(302, { location: 'file:///etc/passwd' }).end()
            : response.end('there')
    await served(
      () => listener,
      async (url) => {
        expect(await fetchText(url)).toBe('there')
        await expect(fetchText(new URL('/loop', url).href)).rejects.toThrow('redirects in a circle')
        await expect(fetchText(new URL('/etc', url).href)).rejects.toThrow('file:')
      },
    )
  })
})
