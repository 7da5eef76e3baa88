import { kilnVersion } from '../../core/version.ts'
import { defineVerb } from '../verb.ts'

export const verb = defineVerb({
  name: 'version',
  summary: 'Show the versions of Kiln and of Node',
  options: [],
  positionals: [],
  run: async (context) => {
    const version = kilnVersion()
    context.say(`kiln ${version} (Node ${process.versions.node})`)
    context.document({ kiln: version, node: process.versions.node })
    return 0
  },
})
