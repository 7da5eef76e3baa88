import type { PlaceRule } from '../types.ts'

/** Offsets of the lines of a file of accounts whose second field is one of these. */
function fields(text: string, is: (password: string) => boolean): number[] {
  const found: number[] = []
  for (const line of text.matchAll(/^[^:\n]+:([^:\n]*):[^\n]*$/gm)) if (is(line[1]!)) found.push(line.index)
  return found
}

/** Letters of the shortest hash there is, a salt and DES. */
const SHORTEST = 13

/** Behind `!` an account is locked, but a hash is there all the same. `*`, `!`, `x`, `*LK*` and the like are none. */
const isHash = (password: string) => {
  const hash = password.replace(/^!+/, '')
  return hash.length >= SHORTEST && !hash.startsWith('*')
}

/** Accounts with passwords. */
export const accountRules: readonly PlaceRule[] = [
  {
    kind: 'password-hash',
    what: 'hash of a password',
    path: /^etc\/(shadow|gshadow|passwd|group|master\.passwd|security\/opasswd)[-~]?(\.\w+)?$|^var\/backups\/(shadow|gshadow|passwd|group)\.bak$/,
    find: (text, path) =>
      path.endsWith('opasswd')
        ? [...text.matchAll(/^[^\n]*\$\w+\$/gm)].map(({ index }) => index)
        : fields(text, isHash),
  },
  {
    kind: 'password-hash',
    what: 'password of a database account',
    // The manual of the database, which is in a table beside it, has examples.
    path: /(^|\/)mysql\/(global_priv\.MAD|user\.(MYD|ibd))$/,
    find: (text) => [...text.matchAll(/(?:\*[0-9A-F]{40}|\$A\$\d{3}\$)/g)].map(({ index }) => index),
  },
  {
    kind: 'empty-password',
    what: 'account that needs no password',
    path: /^etc\/(shadow|passwd)$/,
    find: (text) => fields(text, (password) => password === ''),
  },
]
