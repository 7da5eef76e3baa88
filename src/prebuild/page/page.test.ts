import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { pageFor, seen } from './testing.ts'

const HEAD = 'heat_template_version: 2018-08-31\n'
const server = (name: string, image: string, packages = 'nginx') =>
  `  ${name}:\n    type: OS::Nova::Server\n    properties:\n      image: ${image}\n      user_data_format: RAW\n      user_data: |\n        #cloud-config\n        packages: [${packages}]\n        runcmd: [hello]\n`
const hot = (...servers: readonly string[]) => `${HEAD}resources:\n${servers.join('')}`

describe('the document', () => {
  const text = hot(server('web', 'debian-13'))

  test('the same input gives the same bytes', async () => {
    expect(await pageFor({ 'in.yaml': text })).toBe(await pageFor({ 'in.yaml': text }))
  })

  test('its policy allows its own style sheet and nothing else', async () => {
    const page = await pageFor({ 'in.yaml': text })
    const [, policy] = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)!
    const [, styles] = /<style>(.*?)<\/style>/s.exec(page)!
    const digest = createHash('sha256').update(styles!).digest('base64')
    expect(policy).toBe(
      `default-src &#39;none&#39;; style-src &#39;sha256-${digest}&#39;; img-src data:; base-uri &#39;none&#39;; form-action &#39;none&#39;`,
    )
    expect(page.indexOf('Content-Security-Policy')).toBeLessThan(page.indexOf('<style>'))
  })

  test('it names nothing outside of itself, and its links lead somewhere', async () => {
    const page = await pageFor({ 'in.yaml': hot(server('a', 'debian-13'), server('b', 'corp-base')) })
    const addresses = [...page.matchAll(/\s(?:href|src)="([^"]*)"/g)].map((match) => match[1]!)
    const inner = addresses.filter((address) => address !== 'data:,')
    expect(inner.every((address) => address.startsWith('#'))).toBe(true)
    const ids = [...page.matchAll(/\sid="([^"]*)"/g)].map((match) => match[1]!)
    expect(new Set(ids).size).toBe(ids.length)
    expect(inner.filter((address) => !ids.includes(address.slice(1)))).toEqual([])
    expect(page).not.toMatch(/@import|url\(|<script|<link(?! rel="icon" href="data:,")/i)
  })
})

describe('what it says', () => {
  test('instances, their bases, what is baked, what stays and why', async () => {
    const page = seen(
      await pageFor({
        'in.yaml': hot(server('a', 'debian-13'), server('b', 'trixie'), server('c', 'debian-12', 'jq, curl')),
      }),
    )
    expect(page).toContain('3 instances would start from 2 images.')
    expect(page).toContain('trixie')
    expect(page).toContain('in-a-debian-13-amd64-xxxxxxxxxxxx')
    expect(page).toContain('in-c-debian-12-amd64-xxxxxxxxxxxx')
    expect(page).toMatch(/For 2 instances\s+a, b\s+Packages\s+nginx/)
    expect(page).toMatch(/For 1 instance\s+c\s+Packages\s+curl\s+jq/)
    expect(page).toMatch(/command runcmd\s+Commands are run at boot\./)
    expect(page).toContain('Only the build knows them')
  })

  test('the lines that change, with their numbers', async () => {
    const page = await pageFor({ 'in.yaml': hot(server('web', 'debian-13')) })
    expect(page).toMatch(
      /<tr class="gone"><td class="n">6<\/td><td class="n"><\/td><td class="s">−<\/td><td class="t"><del> {6}image: <mark>debian-13<\/mark><\/del>/,
    )
    expect(page).toMatch(
      /<tr class="come"><td class="n"><\/td><td class="n">6<\/td><td class="s">\+<\/td><td class="t"><ins> {6}image: <mark>in-web-debian-13-amd64-xxxxxxxxxxxx<\/mark>/,
    )
    expect(page).toMatch(/<tr class="gone"><td class="n">10<\/td>.* {8}packages: \[nginx\]<\/del>/)
    expect(seen(page)).toContain('1 line added,\n2 lines removed')
  })

  test('with --keep-metadata only the image changes, and packages are checked again', async () => {
    const page = seen(await pageFor({ 'in.yaml': hot(server('web', 'debian-13')) }, { keepMetadata: true }))
    expect(page).toContain('1 line added,\n1 line removed')
    expect(page).toContain('packages checked again')
  })

  test('all that is in the way, with the ways out', async () => {
    const text = `${HEAD}parameters: {image: {type: string}}\nresources:\n${server('a', '{get_param: image}')}${server('b', 'corp-base')}${server('c', 'Windows Server 2022')}`
    const page = seen(await pageFor({ 'in.yaml': text }))
    expect(page).toContain('Cannot be built yet')
    expect(page).toContain('parameters that have no value: image.')
    expect(page).toContain('--parameters "image=…"')
    expect(page).toContain('The base image corp-base of b is not in the catalogue.')
    expect(page).toContain('corp-base: {os: debian-13}')
    expect(page).toContain('Windows Server 2022 of c is Windows')
    expect(page).toContain('No new template would be written')
  })

  test('a template that cannot be read', async () => {
    const page = seen(await pageFor({ 'in.yaml': 'heat_template_version: [\n' }))
    expect(page).toContain('Cannot be built yet')
    expect(page).toMatch(/in\.yaml, line \d+, column \d+/)
  })

  test('a template without instances', async () => {
    const page = seen(await pageFor({ 'in.yaml': hot('  n: {type: OS::Neutron::Net}\n') }))
    expect(page).toContain('Nothing to build')
    expect(page).toContain('It stays as it is.')
    expect(page).not.toContain('Changes to the template')
  })

  test('a template without instances whose images nobody uses', async () => {
    const unused = '  img:\n    type: Kiln::Image\n    properties: {os: debian-13}\n'
    const page = seen(await pageFor({ 'in.yaml': hot('  n: {type: OS::Neutron::Net}\n', unused) }))
    expect(page).toContain('Nothing to build')
    expect(page).toContain('Only what nobody uses goes from it.')
    expect(page).toContain('0 lines added,\n3 lines removed')
  })

  test('parameters with their values', async () => {
    const text = `${HEAD}parameters: {distro: {type: string}, release: {type: string}}\nresources:\n${server('a', "{list_join: ['-', [{get_param: distro}, {get_param: release}]]}")}`
    const page = seen(await pageFor({ 'in.yaml': text }, { parameters: { distro: 'debian', release: '13' } }))
    expect(page).toMatch(/distro\s+debian\s+a\s+release\s+13\s+a/)
  })

  test('nested templates and environments that change too, whose names only the build knows', async () => {
    const nested = hot(server('x', 'debian-13'))
    const main = `${HEAD}resources:\n  one: {type: My::Own}\n  two: {type: sub/nested.yaml}\n`
    const page = await pageFor(
      {
        'in.yaml': main,
        'sub/nested.yaml': nested,
        'env.yaml': 'resource_registry: {"My::Own": sub/nested.yaml}\n',
      },
      { environments: ['env.yaml'] },
    )
    const text = seen(page)
    expect(text).toContain('sub/nested-xxxxxxxxxxxx.yaml')
    expect(page).toMatch(/<ins>.*type: <mark>sub\/nested-xxxxxxxxxxxx\.yaml<\/mark>/)
    // A name made from letters that stand for others would be none.
    expect(text).not.toMatch(/nested-[0-9a-f]{12}/)
  })

  test('a copy of an environment, which is to be given instead; what it hides is not on its lines', async () => {
    const environment =
      '\ufeffencrypted_param_names: [pw]\nparameters:\n  pw: o\nresource_registry:\n  "OS::Nova::Server": own.yaml\n'
    const page = await pageFor(
      {
        'in.yaml': `${HEAD}parameters: {pw: {type: string}}\nresources:\n  a: {type: OS::Nova::Server}\n`,
        'own.yaml': hot(server('inner', 'debian-13')),
        'env.yaml': environment,
      },
      { environments: ['env.yaml'] },
    )
    const text = seen(page)
    expect(text).toContain('as a copy, env-xxxxxxxxxxxx.yaml, to be given with -e in its place')
    expect(text).toContain('as a copy, own-xxxxxxxxxxxx.yaml: ')
    expect(page).toContain('own.yaml</mark>')
    expect(page).toContain('  pw: <span class="omitted">hidden</span>')
  })

  test('an image that a resource asks for, and that resource going', async () => {
    const text = `${HEAD}resources:
  web_image:
    type: Kiln::Image
    properties: {os: debian-13, packages: [nginx]}
  web:
    type: OS::Nova::Server
    properties: {image: {get_resource: web_image}}
`
    const page = seen(await pageFor({ 'in.yaml': text }))
    expect(page).toMatch(/web\s*OS::Nova::Server\s+debian-13\s*Debian 13\s*asked for by web_image/)
    expect(page).toMatch(/4 − type: Kiln::Image/)
    expect(page).toContain('the image it asked for is built')
  })

  test('no two images share a name that only stands for theirs', async () => {
    const page = seen(
      await pageFor({ 'in.yaml': hot(server('a.b', 'debian-13'), server('a-b', 'debian-13', 'jq')) }),
    )
    expect(page).toContain('in-a-b-debian-13-amd64-xxxxxxxxxxxx')
    expect(page).toContain('in-a-b-debian-13-amd64-xxxxxxxxxxx2')
  })
})
