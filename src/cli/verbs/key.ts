import { resolve } from 'node:path'
import { importKey, signingKey } from '../../check/provenance/key.ts'
import { writeWhole } from '../../core/write.ts'
import { defineVerb } from '../verb.ts'

export const verb = defineVerb({
  name: 'key',
  summary: 'Show the public key that images made here are signed with',
  description:
    'Prints the key as PEM, for those who verify images with kiln verify --key. It is made when it is needed for the ' +
    'first time; its private part never leaves the folder "keys" beside the images, where only you can read it.',
  options: [
    { name: 'import', value: 'FILE', help: 'sign with this Ed25519 private key (PEM) from now on' },
    { name: 'output', short: 'o', value: 'FILE', help: 'write it there; else to standard output' },
    { name: 'id', help: 'print its id instead: SHA-256 of the public key' },
  ],
  positionals: [],
  examples: [{ line: 'kiln key -o kiln.pub', does: 'the public key as a file' }],
  run: async (context, args) => {
    const key =
      args.import === undefined
        ? await signingKey(context.config)
        : await importKey(context.config, resolve(context.cwd, args.import))
    context.document({ id: key.id, public: key.publicPem, path: key.publicPath })
    const text = args.id ? `${key.id}\n` : key.publicPem
    if (args.output === undefined) context.say(text.trimEnd())
    else await writeWhole(resolve(context.cwd, args.output), text)
    return 0
  },
})
