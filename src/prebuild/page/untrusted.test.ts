import { describe, expect, test } from 'vitest'
import { pageFor, seen } from './testing.ts'

/** Templates that want more than to be shown. */

const ELEMENTS =
  'html head meta link title style body a header p span h1 h2 h3 dl div dt dd nav ul ol li main section article table caption thead tbody tr th td code br wbr footer ins del mark'.split(
    ' ',
  )
const ATTRIBUTES =
  'lang charset http-equiv content name rel href class id aria-hidden aria-label aria-labelledby role scope colspan data-label tabindex title'.split(
    ' ',
  )

/** Elements and attributes of a page that are not ours. A page holds no < and > but those of tags. */
function foreign(page: string): string[] {
  const body = page.replace(/<style>.*?<\/style>/s, '<style></style>').replace('<!DOCTYPE html>', '')
  const tags = [...body.matchAll(/<([^>]*)>/g)].map((match) => match[1]!)
  const rest = body.replace(/<[^>]*>/g, '')
  return [
    ...tags.flatMap((tag) => {
      const [, name, attributes] = /^\/?([a-z0-9]+)((?: [a-z-]+="[^"]*")*)$/.exec(tag) ?? []
      if (name === undefined || !ELEMENTS.includes(name)) return [tag]
      const names = [...attributes!.matchAll(/ ([a-z-]+)="/g)].map((match) => match[1]!)
      return names.filter((each) => !ATTRIBUTES.includes(each)).map((each) => `${tag}: ${each}`)
    }),
    ...(rest.match(/[<>]/g) ?? []),
  ]
}

const EVIL = `"'></code></td></table></script><script>alert(1)</script><img src=x onerror=alert(2)>`
/** Heat takes no slash in the name of a resource. */
const NAME = EVIL.replaceAll('/', '')
const quoted = JSON.stringify
const HEAD = 'heat_template_version: 2018-08-31\n'

describe('a template that wants to be more than text', () => {
  test('names, values, images and contents are shown, not run', async () => {
    const config = `#cloud-config\npackages: [nginx]\nwrite_files:\n- path: ${quoted(`/etc/${EVIL.replaceAll('/', '_')}`)}\n  content: x\n`
    const text = `${HEAD}description: ${quoted(EVIL)}
parameters:
  ${quoted(EVIL)}: {type: string, default: debian-13}
resources:
  ${quoted(NAME)}:
    type: OS::Nova::Server
    # ${EVIL}
    properties:
      image: {get_param: ${quoted(EVIL)}} # ${EVIL}
      user_data_format: RAW
      user_data: ${quoted(config)}
  unknown:
    type: OS::Nova::Server
    properties: {image: ${quoted(EVIL)}}
`
    const page = await pageFor(
      { [`${EVIL.replaceAll('/', '_')}.yaml`]: text },
      { template: `${EVIL.replaceAll('/', '_')}.yaml` },
    )
    expect(foreign(page)).toEqual([])
    // In the head, in messages, in tables, and in the difference.
    expect(page).toContain('class="come"')
    expect(seen(page).split('alert(2)').length).toBeGreaterThan(12)
  })

  test('in messages of a plan that fails', async () => {
    const text = `${HEAD}parameters: {${quoted(EVIL)}: {type: string}}\nresources:\n  ${quoted(NAME)}: {type: OS::Nova::Server, properties: {image: {get_param: ${quoted(EVIL)}}}}\n  b: {type: OS::Nova::Server, properties: {image: {get_resource: ${quoted(NAME)}}}}\n`
    const page = await pageFor({ 'in.yaml': text })
    expect(foreign(page)).toEqual([])
    expect(seen(page)).toContain(EVIL)
    expect(foreign(await pageFor({ 'in.yaml': EVIL }))).toEqual([])
  })

  test('what turns the direction of text or is not seen is shown', async () => {
    const text = `${HEAD}resources:\n  a\u202eb\u200b:\n    type: OS::Nova::Server\n    properties:\n      image: debian-13 # \u2066admin\u2069\n`
    const page = await pageFor({ 'in.yaml': text })
    expect(page).not.toMatch(/[\u202e\u200b\u2066\u2069]/)
    expect(seen(page)).toContain('aU+202EbU+200B')
    expect(seen(page)).toContain('U+2066adminU+2069')
  })

  test('line breaks in names make no lines of their own in what is in the way', async () => {
    const name = 'x\nThe images are fine'
    const text = `${HEAD}resources:\n  ${quoted(name)}: {type: OS::Nova::Server, properties: {image: ${quoted('a\nb')}}}\n`
    expect(seen(await pageFor({ 'in.yaml': text }))).toContain(
      'base image a b of x The images are fine is not',
    )
  })
})

describe('large templates', () => {
  const servers = (count: number) =>
    Array.from({ length: count }, (_, i) => ({
      [`s${i}`]: { type: 'OS::Nova::Server', properties: { image: 'debian-13', name: 'x'.repeat(300) } },
    }))
  const json = (list: object[]) =>
    JSON.stringify({ heat_template_version: '2018-08-31', resources: Object.assign({}, ...list) })

  test('half a megabyte in one line: what does not change in it is left out', async () => {
    const one = {
      s: { type: 'OS::Nova::Server', properties: { image: 'debian-13', name: 'y'.repeat(510 * 1024) } },
    }
    const text = json([one])
    expect(text.length).toBeGreaterThan(510 * 1024)
    const page = await pageFor({ 'in.yaml': text })
    expect(page.length).toBeLessThan(40_000)
    expect(seen(page)).toMatch(/… 522,\d{3} characters …/)
    expect(page).toContain('<mark>&quot;debian-13&quot;</mark>')
  })

  test('a thousand instances in one line, and in many', async () => {
    const text = json(servers(1000))
    const page = await pageFor({ 'in.yaml': text })
    expect(seen(page)).toContain('1,000 instances would start from 1 image.')
    expect(page.length).toBeLessThan(1_500_000)
    const lines = JSON.stringify(JSON.parse(text), undefined, 1)
    expect(seen(await pageFor({ 'in.yaml': lines }))).toContain('1,000 lines added,\n1,000 lines removed')
  })
})
