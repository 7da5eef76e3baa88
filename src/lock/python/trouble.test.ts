import { expect, test } from 'vitest'
import type { KilnError } from '../../core/error.ts'
import type { Relay } from '../../tools/python/relay.ts'
import { refusePip } from './trouble.ts'

const offers = new Map([['jinja', [{ file: 'jinja-2-cp39-cp39-linux_x86_64.whl' }]]])
const relay = {
  addresses: ['http://127.0.0.1:81/0/'],
  offers: (name: string) => offers.get(name),
} as unknown as Relay
const asked = {
  image: 'web',

  indexes: ['https://i.example/simple/'],
  relay,
  fetching: { vendor: '/' },
}
const refused = async (stderr: string): Promise<KilnError> =>
  refusePip({ stderr }, asked).then(
    () => expect.unreachable(),
    (error) => error as KilnError,
  )

test.each([
  [
    'ERROR: Could not find a version that satisfies the requirement nowhere>1 (from lacks) (from versions: none)',
    'KILN_PIP_UNKNOWN',
    'No index has a package nowhere of Python (for lacks, for the image web).',
    /Looked for in: https:\/\/i\.example\/simple\//,
  ],
  [
    'ERROR: Could not find a version that satisfies the requirement jinja==9 (from versions: 1.0, 2.0)',
    'KILN_PIP_UNFIT',
    'No version of jinja is jinja==9 (for the image web).',
    /There are: 2\.0, 1\.0\./,
  ],
  [
    'ERROR: Could not find a version that satisfies the requirement jinja (from versions: none)',
    'KILN_PIP_UNFIT',
    "Nothing that the indexes offer of jinja fits this image's Python (for the image web).",
    /They offer: jinja-2-cp39/,
  ],
  [
    'The conflict is caused by:\n    a 1 depends on c>2\n    b 1 depends on c<2\n\nERROR: ResolutionImpossible: for help visit …',
    'KILN_PIP_CONFLICT',
    'The packages of Python for the image web cannot be installed together.',
    /^a 1 depends on c>2\nb 1 depends on c<2$/,
  ],
  [
    '  error: subprocess-exited-with-error\n  ╰─> [5 lines of output]\n      ValueError: no compiler\n      [end of output]',
    'KILN_PIP_BUILD_FAILED',
    'A source archive that the image web would get cannot be built: ValueError: no compiler.',
    /no network in a build/,
  ],
  [
    'ERROR: odd at http://127.0.0.1:81/0/x/ and http://127.0.0.1:81/file/3/x.whl',
    'KILN_PIP_FAILED',
    'pip could not choose packages for the image web.',
    /odd at https:\/\/i\.example\/simple\/x\/ and x\.whl/,
  ],
])('%s', async (stderr, code, message, hint) => {
  const error = await refused(stderr)
  expect(error).toMatchObject({ code, message, fault: 'input' })
  expect(error.hint).toMatch(hint)
})
