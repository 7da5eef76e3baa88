import { expect, test } from 'vitest'
import { memoryFiles } from '../files.ts'
import { fileReader } from './properties.ts'

test('a file that is not UTF-8 is base64 in lines of 76 characters, each with its end', () => {
  const bytes = Uint8Array.from({ length: 58 }, (_, i) => 200 + (i % 50))
  const read = fileReader(
    memoryFiles(
      new Map([
        ['one', bytes.slice(0, 57)],
        ['two', bytes],
      ]),
    ),
  )
  const line = Buffer.from(bytes.slice(0, 57)).toString('base64')
  expect(line).toHaveLength(76)
  expect(read('one', 'main.yaml')).toEqual({ text: `${line}\n` })
  expect(read('two', 'main.yaml')).toEqual({
    text: `${line}\n${Buffer.from(bytes.slice(57)).toString('base64')}\n`,
  })
})
