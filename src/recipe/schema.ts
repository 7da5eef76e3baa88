import { z } from 'zod'

/**
 * What a recipe may say, once: file, command line and later the API derive from this. Names are those of the mission
 * document where it has them (`os`, `packages`, `pip_packages`, `custom_files`).
 */

// Everything here becomes a file name, an argument or a line of a file in the guest: the patterns are the guard.
const packageName = z.string().regex(/^[a-z0-9][a-z0-9+.-]*(:[a-z0-9]+)?$/i, 'is not the name of a package')
const version = z.string().regex(/^[A-Za-z0-9.+~:*-]+$/, 'is not the version of a package')
const account = z.string().regex(/^[A-Za-z_][A-Za-z0-9_.-]{0,31}$/, 'is not the name of a user or group')
const unit = z.string().regex(/^[A-Za-z0-9:_.\\@-]{1,255}$/, 'is not the name of a service')
const absolutePath = z
  .string()
  .regex(/^\/[^\0\n]*$/, 'is not an absolute path')
  .refine((path) => !path.split('/').includes('..'), 'must not hold ".."')
  .refine((path) => !path.endsWith('/'), 'is a folder')
const id = z.number().int().min(0).max(65533)

/** `name`, `name=version`, or a map. The version may end in `*`. */
const packageSpec = z.union([
  z.string().transform((text, context) => {
    const [name, wanted, ...more] = text.split('=')
    const parsed = z
      .object({ name: packageName, version: version.optional() })
      .safeParse({ name, version: wanted })
    if (more.length > 0 || !parsed.success) {
      context.addIssue({ code: 'custom', message: `"${text}" is not a package: write name or name=version` })
      return z.NEVER
    }
    return parsed.data
  }),
  z.strictObject({ name: packageName, version: version.optional() }),
])

const customFile = z.strictObject({
  path: absolutePath,
  content: z.string().optional().describe('Text of the file'),
  content_base64: z.base64().optional().describe('Bytes of the file'),
  link: z.string().min(1).optional().describe('Target: makes a symbolic link instead'),
  mode: z
    .string()
    .regex(/^0?[0-7]{3,4}$/, 'is not a mode: write it in octal, as "0644"')
    .optional(),
  owner: account.default('root'),
  group: account.optional(),
})

const group = z.strictObject({
  name: account,
  gid: id.optional(),
  system: z.boolean().default(false),
  members: z.array(account).default([]),
})

const user = z.strictObject({
  name: account,
  uid: id.optional(),
  home: absolutePath.optional(),
  shell: absolutePath.optional(),
  groups: z.array(account).default([]),
  system: z.boolean().default(false),
})

/** A word of apt's sources that is a path, too. */
const suitePath = (what: string) =>
  z
    .string()
    .regex(/^[A-Za-z0-9_./:+~-]+$/, `is not ${what}`)
    .refine((path) => !path.split('/').includes('..'), 'must not hold ".."')
    .refine((path) => !path.startsWith('-'), `is not ${what}`)

const repository = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/, 'is not the name of a file of apt sources')
    .refine((name) => name !== 'debian', "is the distribution's own"),
  uri: z
    .url({ protocol: /^https?$/ })
    .regex(/^[^\s\p{Cc}"'<>\\]+$/u, 'must not hold spaces or quotes')
    .refine((uri) => !/^\w+:\/\/[^/]*@/.test(uri), 'must not hold a password: it would be in the image'),
  suite: suitePath('a suite'),
  components: z.array(suitePath('a component')).default(['main']),
  key: z
    .string()
    .refine(
      (key) => key.includes('-----BEGIN PGP PUBLIC KEY BLOCK-----') && !key.includes('PRIVATE KEY'),
      'is not a public key in ASCII armour',
    )
    .describe('ASCII-armoured public key that signs it'),
  allow_expired: z.boolean().optional().describe('Take it though nobody vouches for its Release any more'),
})

const names = (list: readonly { readonly name: string }[]) => new Set(list.map(({ name }) => name))

const bytes = z
  .string()
  .regex(/^\d+(\.\d+)?\s*[KMGT]i?B?$/i, 'is not a size: write it as 10G')
  .transform((text) => {
    const [, number, unit] = /^([\d.]+)\s*([KMGT])/i.exec(text)!
    return Math.ceil(Number(number) * 1024 ** ('KMGT'.indexOf(unit!.toUpperCase()) + 1))
  })

export const recipeSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{0,62}$/, 'must be lower-case letters, digits, dots and hyphens')
    .default('image'),
  from: z.union([
    z.strictObject({ os: z.string().min(1), arch: z.enum(['amd64', 'arm64']).default('amd64') }),
    z.strictObject({ image: z.string().min(1) }),
  ]),
  backend: z.enum(['compose']).default('compose'),
  packages: z.array(packageSpec).default([]),
  recommends: z
    .boolean()
    .default(false)
    .describe('Install what packages recommend, too, as apt does inside a running guest'),
  groups: z.array(group).default([]),
  users: z.array(user).default([]),
  custom_files: z.array(customFile).default([]),
  repositories: z
    .array(repository)
    .refine((list) => names(list).size === list.length, 'two have the same name')
    .default([]),
  services: z
    .strictObject({ enable: z.array(unit).default([]), disable: z.array(unit).default([]) })
    .default({ enable: [], disable: [] }),
  disk: z
    .strictObject({
      size: bytes.optional().describe('Virtual size; default: what the content needs'),
      firmware: z
        .array(z.enum(['bios', 'uefi']))
        .min(1)
        .default(['bios', 'uefi']),
      formats: z
        .array(z.enum(['qcow2']))
        .min(1)
        .default(['qcow2']),
    })
    .default({ firmware: ['bios', 'uefi'], formats: ['qcow2'] }),
})

/** A recipe as a user may write it. */
export type RecipeInput = z.input<typeof recipeSchema>
/** A recipe with all defaults filled in. */
export type Recipe = z.output<typeof recipeSchema>
