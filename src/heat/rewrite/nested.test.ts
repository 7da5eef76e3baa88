import { describe, expect, test } from 'vitest'
import { planOf, rewritten } from '../testing.ts'
import { rewrite } from './rewrite.ts'

const HEAD = 'heat_template_version: 2016-10-14\n'
const SERVER = 'OS::Nova::Server'
/** A nested template whose parameter is its image and nothing else. */
const CHILD = `${HEAD}parameters:
  image: {type: string}
resources:
  s: {type: ${SERVER}, properties: {image: {get_param: image}}}
`
/** One whose parameter has another user. */
const TWO = `${CHILD}  v: {type: OS::Cinder::Volume, properties: {image: {get_param: image}}}\n`
const OWN = CHILD.replace('{type: string}', '{type: string, default: k}')

type Texts = Readonly<Record<string, string>>

/** Rewrites with an image for each instance, named after it, and looks at the result. */
function each(files: Texts, environments: readonly string[] = []) {
  const plan = planOf(files, {}, { environments })
  const name = (path: string) => `built-${path.replaceAll('/', '-')}`
  const out = rewritten(plan, name)
  const again = planOf(
    { ...files, ...Object.fromEntries(out.files) },
    {},
    { environments: environments.map((path) => out.environments.get(path) ?? path) },
  )
  expect(again.images).toEqual(plan.images.map(({ path }) => ({ path, image: name(path) })))
  const copies = [...out.files.keys()].filter((path) => path !== 'main.yaml')
  return { ...out, copies, copy: out.files.get(copies[0] ?? '') }
}

describe('an image that is handed down changes where it is given', () => {
  test('two uses of one file, under two spellings of its name', () => {
    const main = `${HEAD}resources:
  a: {type: c.yaml, properties: {image: one}}
  b: {type: ./c.yaml, properties: {image: two}}
`
    const out = each({ 'main.yaml': main, 'c.yaml': CHILD })
    expect(out.copies).toEqual([])
    expect(out.text).toBe(main.replace('one', 'built-a-s').replace('two', 'built-b-s'))
  })

  test('through two levels, the parameter of the main template staying as it is', () => {
    const main = `${HEAD}parameters: {i: {type: string, default: q}}
resources:
  g:
    type: OS::Heat::ResourceGroup
    properties: {resource_def: {type: m.yaml, properties: {image: {get_param: i}}}}
outputs: {o: {value: {get_param: i}}}
`
    const out = each({ 'main.yaml': main, 'm.yaml': CHILD.replace(SERVER, 'c.yaml'), 'c.yaml': CHILD })
    expect(out.copies).toEqual([])
    expect(out.text).toBe(main.replace('image: {get_param: i}', 'image: built-g.resource_def-s-s'))
  })

  test('as a parameter of OS::Heat::Stack', () => {
    const main = `${HEAD}resources:
  a: {type: OS::Heat::Stack, properties: {template: {get_file: c.yaml}, parameters: {image: one}}}
`
    expect(each({ 'main.yaml': main, 'c.yaml': CHILD }).text).toBe(main.replace('one', 'built-a-s'))
  })

  test('by a type that the registry maps to a file', () => {
    const main = `${HEAD}resources:\n  a: {type: ${SERVER}, properties: {image: x}}\n`
    const files = {
      'main.yaml': main,
      'c.yaml': CHILD,
      'e.yaml': `resource_registry: {"${SERVER}": c.yaml}\n`,
    }
    const out = each(files, ['e.yaml'])
    expect([out.text, out.copies]).toEqual([main.replace('image: x', 'image: built-a-s'), []])
  })
})

describe('else there is a copy for each content, named by it, beside the old one', () => {
  const main = `${HEAD}resources:
  a: {type: sub/c.yaml, properties: {image: one}}
  b: {type: sub/c.yaml, properties: {image: two}}
`
  test.each([
    ['the parameter has another user', TWO],
    [
      'its declaration does not allow the name',
      CHILD.replace('string}', 'string, constraints: [{length: {max: 3}}]}'),
    ],
    ['it is part of a text', CHILD.replace('{get_param: image}', '{list_join: ["", [{get_param: image}]]}')],
    ['it is looked at in a condition', `${CHILD}conditions: {c: {equals: [{get_param: image}, one]}}\n`],
  ])('%s', (_why, child) => {
    const out = each({ 'main.yaml': main, 'sub/c.yaml': child })
    expect(out.copies.length).toBe(2)
    for (const copy of out.copies) expect(copy).toMatch(/^sub\/c-[0-9a-f]{12}\.yaml$/)
    expect(out.text).toBe(
      main
        .replace('sub/c.yaml', out.copies[0]!)
        .replace('b: {type: sub/c.yaml', `b: {type: ${out.copies[1]}`),
    )
    const old = child.replace(/(s: .*image: )\{.*?\}(\}\})/, '$1built-a-s$2')
    expect(out.copy).toBe(old.replace('{list_join: ["", [built-a-s]]}', 'built-a-s'))
  })

  test('the parent gives nothing', () => {
    const out = each({
      'main.yaml': `${HEAD}resources: {a: {type: c.yaml}, b: {type: c.yaml}}\n`,
      'c.yaml': OWN,
    })
    expect(out.copies.length).toBe(2)
  })

  test('the same content is one copy, with each edit once', () => {
    const files = { 'main.yaml': main, 'sub/c.yaml': TWO }
    const out = rewritten(planOf(files))
    expect([...out.files.keys()].length).toBe(2)
    expect(out.edits.map(({ file, original }) => [file === 'main.yaml', original])).toEqual([
      [false, 'sub/c.yaml'],
      [true, 'main.yaml'],
      [true, 'main.yaml'],
    ])
  })

  test('members of a chain, each by its own file', () => {
    const chain = `${HEAD}resources:
  g:
    type: OS::Heat::ResourceChain
    properties:
      resources: [a.yaml, ${SERVER}, b.yaml]
      resource_properties: {image: x}
`
    const files = { 'main.yaml': chain, 'a.yaml': CHILD, 'b.yaml': CHILD }
    const out = rewritten(planOf(files))
    const copies = [...out.files.keys()].slice(1)
    expect(out.text).toBe(
      chain.replace('a.yaml', copies[0]!).replace('b.yaml', copies[1]!).replace('image: x', 'image: built-1'),
    )
  })

  test('a file without an ending, in a folder with a dot', () => {
    const stack = `${HEAD}resources:\n  a: {type: OS::Heat::Stack, properties: {template: {get_file: d.d/c}}}\n`
    expect(each({ 'main.yaml': stack, 'd.d/c': OWN }).copies[0]).toMatch(/^d\.d\/c-[0-9a-f]{12}$/)
  })
})

describe('by the registry', () => {
  test('the parent names the copy, so the environment stays', () => {
    const main = `${HEAD}resources: {a: {type: My::A}, b: {type: My::A}}\n`
    const files = {
      'main.yaml': main,
      'c.yaml': OWN,
      'env/e.yaml': 'resource_registry: {"My::A": ../c.yaml}\n',
    }
    const out = each(files, ['env/e.yaml'])
    expect(out.environments.size).toBe(0)
    expect(out.text).toMatch(/a: \{type: c-[0-9a-f]{12}\.yaml\}/)
  })

  const env = `parameter_defaults: {x: 1}   # kept\nresource_registry:\n  "${SERVER}": ../c.yaml  # ours\n`
  const self = (resources: string) => ({
    'main.yaml': `${HEAD}resources:\n${resources}`,
    'env/e.yaml': env,
    'c.yaml': OWN,
  })

  test('a file that wraps the very type it is registered for needs a copy of the environment', () => {
    const files = self(`  a: {type: ${SERVER}}\n`)
    const out = each(files, ['env/e.yaml'])
    expect(out.text).toBe(files['main.yaml'])
    const [copy] = out.copies
    const environment = out.environments.get('env/e.yaml')!
    expect(environment).toMatch(/^env\/e-[0-9a-f]{12}\.yaml$/)
    expect(out.files.get(environment)).toBe(env.replace('../c.yaml', `../${copy}`))
  })

  test('whoever else uses the entry must not get what changed', () => {
    const files = {
      ...self(`  a: {type: ${SERVER}}\n  b: {type: ${SERVER}}\n`),
      // Another entry, whose uses differ and are named by their parent.
      'my.yaml': 'resource_registry: {"My::C": two.yaml}\n',
      'two.yaml': TWO.replace(SERVER, 'Rackspace::Cloud::Server'),
    }
    files['main.yaml'] +=
      '  c: {type: My::C, properties: {image: x}}\n  d: {type: My::C, properties: {image: y}}\n'
    const plan = planOf(files, {}, { environments: ['env/e.yaml', 'my.yaml'] })
    const choose = (...paths: string[]) =>
      new Map(paths.map((path) => [path, { image: 'built-1', baked: 'all' as const }]))
    expect(() => rewrite(plan, choose('a/s'))).toThrow('b shares its entry of the registry with a')
    const out = rewrite(plan, choose('a/s', 'b/s', 'c/s'))
    expect([...out.environments.keys()]).toEqual(['env/e.yaml'])
    expect(out.text).toMatch(/c: \{type: two-[0-9a-f]{12}\.yaml/)
    expect(out.text).toContain('d: {type: My::C,')
  })

  test('that needs one content for all', () => {
    const files = self(`  a: {type: ${SERVER}}\n  b: {type: ${SERVER}}\n`)
    expect(() => each(files, ['env/e.yaml'])).toThrow('from one entry of env/e.yaml, and need different ones')
    expect(rewritten(planOf(files, {}, { environments: ['env/e.yaml'] })).environments.size).toBe(1)
  })
})
