import { describe, expect, test } from 'vitest'
import { registerSecret } from '../../core/redact.ts'
import { masked } from './mask.ts'
import { pageFor, seen } from './testing.ts'
import { breakable } from './words.ts'

const HEAD = 'heat_template_version: 2018-08-31\n'

describe('hidden values', () => {
  test('are on no line of the difference, nor anywhere else', async () => {
    const text = `${HEAD}parameters:
  image: {type: string, hidden: true, default: trixie}
  pin: {type: string, hidden: true, default: '77'}
  pw: {type: string, hidden: true}
resources:
  a: {type: OS::Nova::Server, properties: {image: {get_param: image}}}
  sub:
    type: My::Sub
`
    const nested = `${HEAD}resources:\n  a: {type: OS::Nova::Server, properties: {image: debian-12}}\n`
    const environment = 'parameters:\n  pw: o\nresource_registry:\n  My::Sub: sub.yaml\n'
    const page = await pageFor(
      { 'in.yaml': text, 'sub.yaml': nested, 'env.yaml': environment },
      { environments: ['env.yaml'] },
    )
    const lines = page.split('\n').filter((line) => line.startsWith('<tr class="same"'))
    expect(
      lines.some((line) =>
        line.includes('pin: {type: string, hidden: true, default: <span class="omitted">hidden</span>}'),
      ),
    ).toBe(true)
    expect(page).not.toContain("'77'")
    expect(page).toContain('hidden, not shown')
    expect(seen(page)).not.toContain('trixie')
  })

  test('of any parameter that a resource repeats', async () => {
    const secret = 'correct-horse_battery.staple'
    const text = `${HEAD}parameters: {pw: {type: string, hidden: true}}
resources:
  a:
    type: OS::Nova::Server
    properties:
      name: {get_param: pw}
      image: debian-13
      key_name: ${secret}
  ${secret}:
    type: OS::Nova::Server
    properties: {image: debian-13, name: {get_param: pw}}
`
    const page = await pageFor({ 'in.yaml': text }, { parameters: { pw: secret } })
    expect(seen(page)).toContain('key_name: hidden')
    for (const part of ['correct', 'horse', 'battery', 'staple']) expect(page).not.toContain(part)
  })

  test('not in halves either: where pieces of a line meet, or names may be broken', () => {
    registerSecret('one-two-three')
    const pieces = [
      { text: 'a one-', changed: false },
      { text: 'two', changed: true },
      { text: '-three b', changed: false },
    ]
    const shown = masked(pieces, []).filter(({ hidden }) => !hidden)
    expect(shown.map(({ text }) => text)).toEqual(['a ', ' b'])
    expect(breakable('x/one-two-three/y').text).not.toContain('two')
  })
})
