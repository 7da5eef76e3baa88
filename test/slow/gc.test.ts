import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { ALL, GcHome } from '../whole/gc-home.ts'

test('two builds that share a base come to their end while everything is removed that may be, again and again', async () => {
  await using home = await GcHome.make()
  let going = true
  const builds = Promise.all([home.build('one'), home.build('two')]).finally(() => {
    going = false
  })
  let rounds = 0
  for (; going; rounds++) {
    await home.gc(...ALL)
    await sleep(100)
  }
  await builds
  expect(rounds).toBeGreaterThan(5)
  expect(await home.hollow()).toEqual([])
})
