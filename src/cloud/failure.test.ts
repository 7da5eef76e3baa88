import { expect, test } from 'vitest'
import { serviceMessage } from './failure.ts'

test.each([
  [
    'Keystone',
    '{"error": {"code": 401, "message": "It is not you.", "title": "Unauthorized"}}',
    'It is not you.',
  ],
  ['Nova', '{"itemNotFound": {"code": 404, "message": "No <such> server"}}', 'No server'],
  [
    'Heat',
    '{"explanation": "The server could not comply", "code": 400, "error": {"message": "ERROR: (x) is wrong", "traceback": null}}',
    'ERROR: (x) is wrong',
  ],
  [
    'Glance',
    '<html>\n <head>\n  <title>415 Unsupported</title>\n </head>\n <body>\n  <h1>415 Unsupported</h1>\n  It is &quot;raw&quot; &amp; more<br /><br />\n\n </body>\n</html>',
    'It is "raw" & more',
  ],
  [
    'Glance in JSON',
    '{"message": "Taken.<br /><br />\\n\\n", "code": "409 Conflict", "title": "Conflict"}',
    'Taken.',
  ],
  ['nobody', '', ''],
  ['a list', '[1]', ''],
  ['null', 'null', ''],
  ['a terminal’s enemy', '{"message": "a\\u001b[2Jb\\u202ec"}', 'a [2Jb c'],
])('what %s says', (_who, text, said) => {
  expect(serviceMessage(text)).toBe(said)
})

test('a service that talks without end is cut short, and quickly', () => {
  expect(serviceMessage('<'.repeat(1_000_000)).length).toBeLessThan(700)
  expect(serviceMessage('<h1>'.repeat(200_000)).length).toBeLessThan(700)
})
