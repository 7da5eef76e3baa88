import { readFile } from 'node:fs/promises'
import { defineVerb } from '../verb.ts'

export const verb = defineVerb({
  name: 'version',
  summary: 'Show the versions of Kiln and of Node',
  options: [],
  positionals: [],
  run: async (context) => {
    const text = await readFile(new URL('../../../package.json', import.meta.url), 'utf8')
    const { version } = JSON.parse(text) as { version: string }
    context.say(`kiln ${version} (Node ${process.versions.node})`)
    context.document({ kiln: version, node: process.versions.node })
    return 0
  },
})
