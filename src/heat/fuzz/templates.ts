import { children } from './children.ts'
import { fileOf, type Generated, type Maker } from './maker.ts'
import { alias, list, map, named, raw, type Tree, text } from './tree.ts'

/** A template with its nested templates and environments, made up by `pick`. */
export function generate(maker: Maker): Generated {
  const { pick, hot } = maker
  const names = ['web', 'db_1', 'App', 'x-y', 'größe', 'n0'].slice(0, 1 + pick(6))
  const resources: Record<string, Tree> = {}
  for (const name of names) Object.assign(resources, resource(maker, name, Object.keys(resources)))
  const sections = hot
    ? {
        heat_template_version: pick(2) ? text('2018-08-31') : raw('2016-10-14'),
        ...(pick(2) ? { description: text('Größe: 1\n') } : {}),
        parameters: parameters(maker),
        conditions: map({
          on: map({ equals: list(raw('1'), raw('1.0')) }),
          off: map({ equals: list(text('1'), raw('1')) }),
        }),
        resources: map(resources),
        outputs: map({ o: map({ value: map({ get_param: text('base') }) }) }),
      }
    : {
        [maker.aws ? 'AWSTemplateFormatVersion' : 'HeatTemplateFormatVersion']: text(
          maker.aws ? '2010-09-09' : '2012-12-12',
        ),
        Parameters: parameters(maker),
        Mappings: map({
          Arch: map({ small: map({ Arch: text('32') }), 'm1.xlarge': map({ Arch: text('64') }) }),
          Image: map({ F17: map({ '32': text('F17-i386'), '64': text('F17-x86_64') }), '32': map({}) }),
        }),
        Resources: map(resources),
        Outputs: map({ O: map({ Value: map({ Ref: text('base') }) }) }),
      }
  const order = Object.entries(sections)
  if (pick(2) && !maker.aliases) order.reverse()
  const main = fileOf(maker, map(Object.fromEntries(order)))
  return { files: { ...maker.files, 'main.yaml': main }, environments: [...maker.environments] }
}

function parameters({ hot, pick }: Maker): Tree {
  const declared = (type: string, value: Tree) =>
    hot
      ? map({ type: text(type), default: value })
      : map({ Type: text(type === 'json' ? 'Json' : 'String'), Default: value })
  const odd = [raw('1.10'), raw('010'), text('x: y'), raw('12345678901234567890'), text('yes')][pick(5)]!
  return map({
    base: declared('string', text('debian-12')),
    other: declared('string', odd),
    props: declared('json', map({ image: text('from-json'), name: text('n') })),
  })
}

/** Where an image's name comes from. */
function image(maker: Maker): Tree {
  const { pick, hot } = maker
  const param = hot ? map({ get_param: text('base') }) : map({ Ref: text('base') })
  if (!hot) {
    const arch = map({
      'Fn::FindInMap': list(text('Arch'), text(pick(2) ? 'small' : 'm1.xlarge'), text('Arch')),
    })
    return [
      text('debian-13'),
      param,
      map({ 'Fn::FindInMap': list(text('Image'), text('F17'), arch) }),
      map({ 'Fn::Join': list(text('-'), list(text('deb'), param)) }),
      map({ 'Fn::Select': list(raw('1'), list(text('a'), param)) }),
    ][pick(5)]!
  }
  return [
    text('debian-13'),
    param,
    param,
    map({ get_param: list(text('props'), text('image')) }),
    map({ list_join: list(text('-'), list(text('deb'), param)) }),
    map({ str_replace: map({ params: map({ $v: raw('1') }), template: text('image-$v') }) }),
    map({ if: list(text(pick(2) ? 'on' : 'off'), param, text('corp web')) }),
    raw('12345678901234567890'),
  ][pick(8)]!
}

/** Properties that have nothing to do with the image, odd in every way. */
function odd(maker: Maker): Record<string, Tree> {
  const { pick } = maker
  const values: [string, Tree][] = [
    ['name', text('größe')],
    ['key_name', map({ [maker.hot ? 'get_param' : 'Ref']: text('other') })],
    ['32', raw('1e3')],
    ['7', list(raw('12345678901234567890'), raw('1.0'), raw('-0'))],
    ['tags', map({ '10': text('a'), '9': text('# b'), z: raw('null') })],
    ['config', text('line one\n  line two\n')],
  ]
  return Object.fromEntries(values.filter(() => pick(3) === 0))
}

function server(maker: Maker): Tree {
  const { pick, hot } = maker
  const cfn = pick(3) === 0 || !hot
  const script = '#!/bin/sh\ncfn-init -s x\n'
  const cloud = `#cloud-config\n${pick(2) ? 'package_update: true\n' : ''}packages:\n  - nginx\n${pick(2) ? '# keep\nruncmd: [ls]\n' : ''}`
  const data = pick(4) === 0 ? undefined : text(cfn ? script : cloud)
  const own = maker.aliases && pick(4) === 0 ? named(maker.anchor('i'), scalarImage(maker)) : image(maker)
  const properties: Record<string, Tree> = hot
    ? {
        ...odd(maker),
        ...(pick(8) === 0
          ? { block_device_mapping_v2: list(map({ boot_index: raw('0'), image: own })) }
          : { image: own }),
        ...(data && !cfn ? { user_data_format: text('RAW') } : {}),
        ...(data ? { user_data: data } : {}),
      }
    : { ...odd(maker), ImageId: own, InstanceType: text('small'), ...(data ? { UserData: data } : {}) }
  const fromParameter = hot && pick(12) === 0
  const anchor = maker.aliases && !fromParameter && pick(3) === 0 ? maker.anchor('p') : undefined
  const whole = fromParameter ? map({ get_param: text('props') }) : map(properties, anchor)
  return map(
    {
      [hot ? 'type' : 'Type']: text(hot ? 'OS::Nova::Server' : 'AWS::EC2::Instance'),
      [hot ? 'metadata' : 'Metadata']: cfn ? init(maker) : undefined,
      ...(hot && pick(8) === 0 ? { condition: text(pick(2) ? 'on' : 'off') } : {}),
      [hot ? 'properties' : 'Properties']: whole,
    },
    maker.aliases && pick(4) === 0 ? maker.anchor('r') : undefined,
  )
}

function scalarImage({ pick }: Maker): Tree {
  return pick(2) ? text('debian-12') : raw('deb')
}

function init(maker: Maker): Tree {
  const { pick, hot } = maker
  const param = map({ [hot ? 'get_param' : 'Ref']: text('base') })
  const sections: [string, Tree][] = [
    ['packages', map({ apt: map({ nginx: list(), ...(pick(6) === 0 ? { curl: list(param) } : {}) }) })],
    ['groups', map({ web: map({}) })],
    ['users', map({ www: map({ groups: list(text('web')) }) })],
    ['files', map({ '/etc/motd': map({ content: text('hi\n'), mode: text('000644') }) })],
    ['commands', map({ '01_ls': map({ command: text('ls') }) })],
    ['services', map({ systemd: map({ nginx: map({ enabled: text('true') }) }) })],
  ]
  const config = map(Object.fromEntries(sections.filter(() => pick(2) === 0)))
  return map({ 'AWS::CloudFormation::Init': map({ config }), ...(pick(3) === 0 ? { '12': text('x') } : {}) })
}

function resource(maker: Maker, name: string, before: readonly string[]): Record<string, Tree> {
  const { pick, hot } = maker
  const word = (a: string, b: string) => (hot ? a : b)
  const bag = (type: string, properties: Tree) =>
    map({ [word('type', 'Type')]: text(type), [word('properties', 'Properties')]: properties })
  const type = word('OS::Nova::Server', 'AWS::EC2::Instance')
  const shared = (kind: string) => maker.anchors.filter((one) => one.startsWith(kind))
  const kind = pick(hot ? 12 : 8)
  if (maker.aliases && kind < 3) {
    const [p, r, i] = ['p', 'r', 'i'].map((letter) => shared(letter)[pick(2)])
    const image = word('image', 'ImageId')
    if (p && kind === 0) return { [name]: bag(pick(4) ? type : 'OS::Cinder::Volume', alias(p)) }
    if (p && kind === 1)
      return {
        [name]: bag(type, map({ '<<': alias(p), ...odd(maker) }, pick(3) ? undefined : maker.anchor('p'))),
      }
    if (i && kind === 1)
      return { [name]: bag(pick(3) ? type : 'OS::Cinder::Volume', map({ [image]: alias(i) })) }
    if (r)
      return { [name]: pick(2) ? alias(r) : map({ '<<': alias(r), [word('description', 'X')]: text('d') }) }
  }
  if (kind < 6) return { [name]: server(maker) }
  if (kind === 6)
    return { [name]: bag('OS::Cinder::Volume', map({ [word('image', 'ImageId')]: image(maker) })) }
  if (kind === 7 && !hot)
    return {
      [name]: bag(
        'AWS::AutoScaling::LaunchConfiguration',
        map({ ImageId: image(maker), InstanceType: text('m') }),
      ),
    }
  if (kind === 7) {
    const depends = [text(`${name}_img`), list(text(`${name}_img`), ...before.slice(0, 1).map(text))][pick(2)]
    return {
      [`${name}_img`]: bag('Kiln::Image', map({ os: text('debian-13'), packages: list(text('nginx')) })),
      [name]: map({
        type: text('OS::Nova::Server'),
        ...(pick(2) ? { depends_on: depends! } : {}),
        properties: map({ image: map({ get_resource: text(`${name}_img`) }) }),
      }),
    }
  }
  if (kind === 8) {
    const resource_def = server({ ...maker, pick: (n) => (n === 8 || n === 3 ? 1 : pick(n)), aliases: false })
    const auto = pick(2) === 0
    return {
      [name]: bag(
        auto ? 'OS::Heat::AutoScalingGroup' : 'OS::Heat::ResourceGroup',
        map({
          [auto ? 'resource' : 'resource_def']: resource_def,
          ...(auto ? { min_size: raw('0'), max_size: raw('0x2') } : {}),
        }),
      ),
    }
  }
  return { [name]: children(maker, image(maker)) }
}
