import { expect, test } from 'vitest'
import { needTap, whyNoTap } from './tap.ts'

test('a device that opens is one', async () => {
  expect(await whyNoTap('/dev/null')).toBeUndefined()
  await expect(needTap('/dev/null')).resolves.toBeUndefined()
})
test.each([
  ['is not there', '/dev/null-and-void', 'this host has no /dev/null-and-void'],
  ['cannot be opened', '/dev', '/dev cannot be opened here (EISDIR)'],
])('one that %s is an error of the input that says so', async (_, device, why) => {
  expect(await whyNoTap(device)).toBe(why)
  await expect(needTap(device)).rejects.toMatchObject({
    code: 'KILN_NO_TAP',
    fault: 'input',
    message: `A guest cannot get a network of its own: ${why}.`,
  })
})
