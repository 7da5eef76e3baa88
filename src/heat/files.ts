import { closeSync, constants, fstatSync, openSync, readFileSync, realpathSync } from 'node:fs'
import { isAbsolute, join, relative, sep } from 'node:path'
import { isErrno } from '../core/error.ts'
import type { FileAnswer, Files, Refusal } from './types.ts'

/** Larger files are no templates, scripts or configuration. */
const LARGEST = 8 * 1024 * 1024

/** The files below `root`, links resolved; nothing outside is ever read. Answers are kept: a file is read once. */
export function localFiles(root: string): Files {
  const answers = new Map<string, FileAnswer>()
  let base: string | undefined
  const read = (path: string): FileAnswer => {
    if (path.includes('\0') || isAbsolute(path)) return { ok: false, why: 'outside' }
    try {
      base ??= realpathSync(root)
      const real = realpathSync(join(base, path))
      const inside = relative(base, real)
      if (inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside))
        return { ok: false, why: 'outside' }
      const fd = openSync(real, constants.O_RDONLY | constants.O_NONBLOCK)
      try {
        const stat = fstatSync(fd)
        if (!stat.isFile()) return { ok: false, why: 'not-a-file' }
        if (stat.size > LARGEST) return { ok: false, why: 'too-large' }
        return { ok: true, path: inside.split(sep).join('/'), bytes: readFileSync(fd) }
      } finally {
        closeSync(fd)
      }
    } catch (thrown) {
      if (isErrno(thrown, 'ENOENT') || isErrno(thrown, 'ENOTDIR')) return { ok: false, why: 'absent' }
      return { ok: false, why: 'unreadable' }
    }
  }
  return {
    read: (path) => {
      let answer = answers.get(path)
      if (answer === undefined) {
        answer = read(path)
        answers.set(path, answer)
      }
      return answer
    },
  }
}

/** Files that are held in memory, by path; for what was rewritten and for tests. */
export function memoryFiles(contents: ReadonlyMap<string, string | Uint8Array>, below?: Files): Files {
  return {
    read: (path) => {
      const content = contents.get(path)
      if (content !== undefined)
        return {
          ok: true,
          path,
          bytes: typeof content === 'string' ? new TextEncoder().encode(content) : content,
        }
      return below?.read(path) ?? { ok: false, why: 'absent' }
    },
  }
}

/** `name` as it stands in the file `from`, as a path below the root with `.` and `..` worked out; undefined if it leaves the root. */
export function resolvePath(from: string, name: string): string | undefined {
  if (name === '' || isAbsolute(name) || name.includes('\0') || name.includes('\\')) return undefined
  const parts = from.split('/').slice(0, -1)
  for (const part of name.split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..') parts.push(part)
    else if (parts.pop() === undefined) return undefined
  }
  return parts.join('/')
}

/** Why a file was not handed out, to follow its name in a sentence. */
export function refusal(why: Refusal): string {
  switch (why) {
    case 'absent':
      return 'is not there'
    case 'outside':
      return 'is outside of the root directory'
    case 'not-a-file':
      return 'is not a file'
    case 'too-large':
      return 'is larger than any template or file of one'
    case 'unreadable':
      return 'may not be read by this user, or its disk failed'
  }
}
