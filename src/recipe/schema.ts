import * as z from 'zod/mini'
import { pipPackage } from './requirement.ts'
import { isKind } from './secret-kinds.ts'

// The small variant of the library starts in a third of the time, and says nothing until it is told the language.
z.config(z.locales.en())

/**
 * What a recipe may say, once: file, command line and later the API derive from this. Names are those of the mission
 * document where it has them (`os`, `packages`, `pip_packages`, `custom_files`).
 */

/** Everything here becomes a file name, an argument or a line of a file in the guest: the patterns are the guard. */
const text = (pattern: RegExp, otherwise: string) => z.string().check(z.regex(pattern, otherwise))
const filled = z.string().check(z.minLength(1))

const packageName = text(/^[a-z0-9][a-z0-9+.-]*(:[a-z0-9]+)?$/i, 'is not the name of a package')
const version = text(/^[A-Za-z0-9.+~:*-]+$/, 'is not the version of a package')
const account = text(/^[A-Za-z_][A-Za-z0-9_.-]{0,31}$/, 'is not the name of a user or group')
const unit = text(/^[A-Za-z0-9:_.\\@-]{1,255}$/, 'is not the name of a service')
const absolutePath = z.string().check(
  z.regex(/^\/[^\0\n]*$/, 'is not an absolute path'),
  z.refine((path) => !path.split('/').includes('..'), 'must not hold ".."'),
  z.refine((path) => !path.endsWith('/'), 'is a folder'),
)
const id = z.number().check(z.int(), z.minimum(0), z.maximum(65533))

const packageMap = z.strictObject({ name: packageName, version: z.optional(version) })

/** `name`, `name=version`, or a map. The version may end in `*`. */
const packageSpec = z.union([
  z.pipe(
    z.string(),
    z.transform((input, context) => {
      const [name, wanted, ...more] = input.split('=')
      const parsed = packageMap.safeParse({ name, version: wanted })
      if (more.length > 0 || !parsed.success) {
        const message = `"${input}" is not a package: write name or name=version`
        context.issues.push({ code: 'custom', message, input })
        return z.NEVER
      }
      return parsed.data
    }),
  ),
  packageMap,
])

const customFile = z.strictObject({
  path: absolutePath,
  content: z.optional(z.string().check(z.describe('Text of the file'))),
  content_base64: z.optional(z.base64().check(z.describe('Bytes of the file'))),
  link: z.optional(filled.check(z.describe('Target: makes a symbolic link instead'))),
  mode: z.optional(text(/^0?[0-7]{3,4}$/, 'is not a mode: write it in octal, as "0644"')),
  owner: z._default(account, 'root'),
  group: z.optional(account),
})

const group = z.strictObject({
  name: account,
  gid: z.optional(id),
  system: z._default(z.boolean(), false),
  members: z._default(z.array(account), []),
})

const user = z.strictObject({
  name: account,
  uid: z.optional(id),
  home: z.optional(absolutePath),
  shell: z.optional(absolutePath),
  groups: z._default(z.array(account), []),
  system: z._default(z.boolean(), false),
})

/** A word of apt's sources that is a path, too. */
const suitePath = (what: string) =>
  z.string().check(
    z.regex(/^[A-Za-z0-9_./:+~-]+$/, `is not ${what}`),
    z.refine((path) => !path.split('/').includes('..'), 'must not hold ".."'),
    z.refine((path) => !path.startsWith('-'), `is not ${what}`),
  )

const repository = z.strictObject({
  name: z.string().check(
    z.regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/, 'is not the name of a file of apt sources'),
    z.refine((name) => name !== 'debian', "is the distribution's own"),
  ),
  uri: z.url({ protocol: /^https?$/ }).check(
    z.regex(/^[^\s\p{Cc}"'<>\\]+$/u, 'must not hold spaces or quotes'),
    z.refine((uri) => !/^\w+:\/\/[^/]*@/.test(uri), 'must not hold a password: it would be in the image'),
  ),
  suite: suitePath('a suite'),
  components: z._default(z.array(suitePath('a component')), ['main']),
  key: z.string().check(
    z.refine(
      (key) => key.includes('-----BEGIN PGP PUBLIC KEY BLOCK-----') && !key.includes('PRIVATE KEY'),
      'is not a public key in ASCII armour',
    ),
    z.describe('ASCII-armoured public key that signs it'),
  ),
  allow_expired: z.optional(
    z.boolean().check(z.describe('Take it though nobody vouches for its Release any more')),
  ),
})

/** Something that looks like a secret and is meant to be in the image. In its path `*` stands for a part of a name. */
const allowedSecret = z.strictObject({
  kind: z.string().check(z.refine(isKind, 'is none of the kinds of secrets that docs/security.md lists')),
  path: text(/^\/[^\0\n]+$/, 'is not an absolute path'),
})

const names = (list: readonly { readonly name: string }[]) => new Set(list.map(({ name }) => name))

const bytes = z.pipe(
  text(/^\d+(\.\d+)?\s*[KMGT]i?B?$/i, 'is not a size: write it as 10G'),
  z.transform((size) => {
    const [, number, unit] = /^([\d.]+)\s*([KMGT])/i.exec(size)!
    return Math.ceil(Number(number) * 1024 ** ('KMGT'.indexOf(unit!.toUpperCase()) + 1))
  }),
)

export const recipeSchema = z.strictObject({
  name: z._default(
    text(/^[a-z0-9][a-z0-9.-]{0,62}$/, 'must be lower-case letters, digits, dots and hyphens'),
    'image',
  ),
  from: z.union([
    z.strictObject({ os: filled, arch: z._default(z.enum(['amd64', 'arm64']), 'amd64') }),
    z.strictObject({ image: filled }),
  ]),
  backend: z._default(z.enum(['compose']), 'compose'),
  packages: z._default(z.array(packageSpec), []),
  recommends: z._default(
    z.boolean().check(z.describe('Install what packages recommend, too, as apt does inside a running guest')),
    false,
  ),
  pip_packages: z._default(z.array(pipPackage).check(z.describe('Packages of Python, from its indexes')), []),
  groups: z._default(z.array(group), []),
  users: z._default(z.array(user), []),
  custom_files: z._default(z.array(customFile), []),
  repositories: z._default(
    z.array(repository).check(z.refine((list) => names(list).size === list.length, 'two have the same name')),
    [],
  ),
  services: z._default(
    z.strictObject({ enable: z._default(z.array(unit), []), disable: z._default(z.array(unit), []) }),
    { enable: [], disable: [] },
  ),
  // Optional, and no part of a recipe's digest: it says what may be published, not what is made.
  allow_secrets: z.optional(z.array(allowedSecret)),
  disk: z._default(
    z.strictObject({
      size: z.optional(bytes.check(z.describe('Virtual size; default: what the content needs'))),
      firmware: z._default(z.array(z.enum(['bios', 'uefi'])).check(z.minLength(1)), ['bios', 'uefi']),
      formats: z._default(z.array(z.enum(['qcow2'])).check(z.minLength(1)), ['qcow2']),
    }),
    { firmware: ['bios', 'uefi'], formats: ['qcow2'] },
  ),
})

/** A recipe as a user may write it. */
export type RecipeInput = z.input<typeof recipeSchema>
/** A recipe with all defaults filled in. */
export type Recipe = z.output<typeof recipeSchema>
