import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { Interrupted, KilnError, messageOf } from '../../core/error.ts'
import type { Access } from '../access.ts'
import { fetchFile } from '../fetch.ts'
import { ask } from '../http.ts'
import type { Shared, SharedOptions } from './shared.ts'

/** A web server: files are got with GET, and put with PUT where it allows that, as WebDAV and object stores do. */
export function sharedWeb(address: string, access: Access, { signal }: SharedOptions): Shared {
  const base = address.replace(/\/+$/, '')
  const urlOf = (name: string) => `${base}/${name}`
  return {
    where: base,
    has: async (name) => {
      const answer = await ask(urlOf(name), { method: 'HEAD', access, signal })
      answer.drop()
      return answer.status >= 200 && answer.status < 300
    },
    take: async (name, to, expected = {}) => {
      try {
        // Built at once is better than waited for long.
        await fetchFile(urlOf(name), to, expected, { access, signal, attempts: 2 })
        return true
      } catch (error) {
        if (error instanceof KilnError && (error.data.status === 404 || error.data.status === 410))
          return false
        throw error
      }
    },
    give: async (name, from) => {
      const { size } = await stat(from)
      const failed = (why: string, cause?: unknown) =>
        new KilnError('KILN_CACHE_UNUSABLE', `Nothing could be put into the shared cache ${base}: ${why}.`, {
          cause,
          hint: 'The server must allow PUT below this address; a login for it is given as for a repository. Or leave KILN_CACHE_PUSH out.',
        })
      try {
        const body = { size, open: () => createReadStream(from) }
        const answer = await ask(urlOf(name), { method: 'PUT', body, access, signal, follow: false })
        answer.drop()
        if (answer.status < 200 || answer.status >= 300)
          throw failed(`it answered ${answer.status} ${answer.statusText}`.trimEnd())
      } catch (error) {
        if (signal?.aborted) throw new Interrupted()
        throw error instanceof KilnError ? error : failed(messageOf(error), error)
      }
    },
  }
}
