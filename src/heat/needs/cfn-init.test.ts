import { describe, expect, test } from 'vitest'
import { planOf, rewritten } from '../testing.ts'

const template = (metadata: string, userData = "'#!/bin/sh\n\n  cfn-init'") =>
  `AWSTemplateFormatVersion: '2010-09-09'
Parameters:
  P: {Type: String, Default: pv}
  L: {Type: CommaDelimitedList}
Conditions: {Usual: {'Fn::Equals': [{Ref: P}, pv]}}
Resources:
  S:
    Type: AWS::EC2::Instance
    Metadata: {'AWS::CloudFormation::Init': ${metadata}}
    Properties: {ImageId: i, UserData: ${userData}}
`
const config = (body: string) => `{config: ${body}}`

/** By id, `removable`, `baked`, or why not. */
function verdicts(metadata: string, userData?: string): Record<string, string> {
  const plan = planOf(template(metadata, userData))
  expect(plan.reasons).toEqual([])
  return Object.fromEntries(
    plan.instances[0]!.needs.filter(({ from }) => from === 'cfn-init').map((need) => [
      need.id.slice(4),
      need.bake ? (need.removable ? 'removable' : 'baked') : need.why!,
    ]),
  )
}

describe('which configs count', () => {
  const one = '{packages: {yum: {a: []}}}'
  const script = (...calls: string[]) => JSON.stringify(['#!/bin/bash', ...calls, ''].join('\n'))
  const used = (sets: string, userData: string) =>
    Object.entries(verdicts(`{configSets: ${sets}, a: ${one}, b: ${one}, c: ${one}}`, userData))
      .filter(([, verdict]) => verdict === 'removable')
      .map(([id]) => id[0])
      .join('')

  test.each<[string, string, string]>([
    ['{default: [a]}', 'cfn-init', 'a'],
    ['{default: a}', 'cfn-init', 'a'],
    ['{default: [{ConfigSet: more}], more: [{ConfigSet: deep}, b], deep: [c]}', 'cfn-init', 'cb'],
    ['{default: [{ConfigSet: more}], more: [{ConfigSet: default}, b]}', 'cfn-init', 'b'],
    ['{default: [a], x: [b]}', 'cfn-init -c x', 'b'],
    ['{default: [a], x: [b]}', '/opt/aws/bin/cfn-init -v --configsets=x,default -s s', 'ba'],
    ['{default: [a], x: [b]}', "subprocess.call(['cfn-init', '-c', 'x'])", 'b'],
    ['{default: [a], x: [b]}', 'cfn-init -s s \\\n  -c x', 'b'],
    ['{x: [a]}', 'cfn-init', ''],
    ['{default: [nobody, a]}', 'cfn-init', 'a'],
  ])('sets %s, call %s: %s', (sets, call, names) => {
    expect(used(sets, script(call))).toBe(names)
  })

  test('every call counts, one without -c asks for the default set; comments and file names are no calls', () => {
    expect(used('{default: [a], x: [b], y: [c]}', script('cfn-init', 'cfn-init -c x'))).toBe('ab')
    expect(
      used(
        '{default: [a], x: [b]}',
        script('# cfn-init -c x', 'tail /var/log/cfn-init.log -c x', 'cfn-init'),
      ),
    ).toBe('a')
  })

  test('a set that is not known may be any', () => {
    const call = `{'Fn::Join': ['', ["#!/bin/sh\\ncfn-init -c ", {Ref: 'AWS::StackName'}, "\\n"]]}`
    expect(used('{x: [a], y: [b]}', call)).toBe('ab')
    expect(used('{default: [{Ref: "AWS::StackName"}]}', script('cfn-init'))).toBe('abc')
  })

  test('files of configs behind commands may rest on them, those before and packages do not', () => {
    const files = '{files: {/f: {content: x}}, packages: {yum: {p: []}}'
    expect(
      verdicts(`{configSets: {default: [a, b]}, a: ${files}, commands: {x: {command: y}}}, b: ${files}}}`),
    ).toMatchObject({
      'a/files//f': 'baked',
      'b/files//f': 'commands of an earlier config may be needed first',
      'b/packages/yum/p': 'removable',
    })
  })
})

describe('what is not wholly known', () => {
  test('a section, a list of packages or a config that is not known keeps what it stands beside', () => {
    const metadata = config('{packages: {yum: {Ref: L}, apt: {a: []}}}').replace(
      '{Ref: L}',
      '{Ref: "AWS::StackName"}',
    )
    expect(verdicts(metadata)).toEqual({
      'config/packages/yum/?': 'it is only known when the stack runs',
      'config/packages/apt/a': 'removable',
    })
    const { text, residue } = rewritten(planOf(template(metadata)))
    expect(text).toContain('packages: {yum: {Ref: "AWS::StackName"}}')
    expect(residue.map(({ what }) => what)).toContain('packages (yum)')
    expect(verdicts(config('{Ref: "AWS::StackName"}'))).toEqual({
      'config/config/?': 'it is only known when the stack runs',
    })
    expect(verdicts(config('{packages: {yum: [a, b]}, files: text}'))).toEqual({
      'config/packages/yum/?': 'it is not a map',
      'config/files/?': 'it is not a map',
    })
    expect(verdicts(config('null'))).toEqual({})
  })

  test('what a condition chose depends on its parameters', () => {
    const plan = planOf(
      template(
        config(
          "{packages: {yum: {'Fn::If': [Usual, {a: []}, {b: []}]}}, groups: {'Fn::If': [Usual, {g: {}}, {}]}}",
        ),
      ),
    )
    expect(plan.instances[0]?.needs.slice(0, 2)).toMatchObject([
      { name: 'a', bake: true, removable: false, params: ['P'] },
      { name: 'g', bake: true, removable: false, params: ['P'] },
    ])
  })

  test('what a condition left out is missed by its neighbours', () => {
    const text = `heat_template_version: 2021-04-16
parameters: {p: {type: boolean, default: false}}
resources:
  s:
    type: OS::Nova::Server
    metadata: {'AWS::CloudFormation::Init': {config: {packages: {apt: {a: [], b: {if: [{get_param: p}, []]}}}}}}
    properties: {image: i}
`
    expect(planOf(text).instances[0]?.needs).toMatchObject([
      { name: 'a', bake: true, removable: false, params: ['p'] },
    ])
  })
})

describe('sections', () => {
  test('accounts: ids are numbers, names are names', () => {
    expect(
      verdicts(
        config(
          "{groups: {g: {gid: '5'}, h: {gid: x}, 'a b': {}, i: null}, users: {u: {uid: '50', groups: [g], homeDir: /u}, v: {uid: x}, w: {groups: ['-g']}, x: {homeDir: rel}, y: {groups: 'g, h'}}}",
        ),
      ),
    ).toEqual({
      'config/groups/g': 'removable',
      'config/groups/h': 'its gid is not a number',
      'config/groups/a b': 'its name is not one for a group',
      'config/groups/i': 'removable',
      'config/users/u': 'removable',
      'config/users/v': 'its uid is not a number',
      'config/users/w': 'its groups are not names of groups',
      'config/users/x': 'its name or home is not one for a user',
      'config/users/y': 'removable',
    })
  })

  test('files: as AWS means them where it matters', () => {
    expect(
      verdicts(
        config(`{files: {
          /link: {content: /target, mode: '120644'}, /nowhere: {content: '', mode: '120644'}, /empty: {content: ''}, /number: {content: 5},
          /base64: {content: aGk=, encoding: base64}, /other: {content: x, encoding: utf-16}, /bad: {content: '***', encoding: base64},
          /template: {content: '{{x}}', context: {x: y}}, /url: {source: 'http://x', content: y}, /octal: {content: x, mode: '999'}, /none: {}}}`),
      ),
    ).toEqual({
      'config/files//link': 'removable',
      'config/files//nowhere': 'it is a link to nothing',
      'config/files//empty': 'baked',
      'config/files//number': 'baked',
      'config/files//base64': 'baked',
      'config/files//other': 'its content is not there or its encoding is not known',
      'config/files//bad': 'its content is not there or its encoding is not known',
      'config/files//template': 'it is a template that is filled in at boot',
      'config/files//url': 'it is downloaded from a URL that no digest pins',
      'config/files//octal': 'its mode is not an octal number in quotes, on which cfn-init stops',
      'config/files//none': 'its content is not there or its encoding is not known',
    })
  })

  test('packages: versions where they count', () => {
    const needs = planOf(
      template(
        config(
          "{packages: {apt: {a: ['not a version!']}, yum: {b: ['not one!'], c: {}, d: 5, e: null}, dnf: {f: '1'}, zypper: {g: []}}}",
        ),
      ),
    ).instances[0]!.needs
    expect(needs.filter(({ kind }) => kind === 'package')).toMatchObject([
      { name: 'a', bake: true, versions: [] },
      { name: 'b', bake: false },
      { name: 'c', versions: [] },
      { name: 'd', versions: ['5'] },
      { name: 'e', versions: [] },
      { name: 'f', manager: 'dnf', versions: ['1'] },
      { name: 'g', manager: 'zypper' },
    ])
  })
})

describe('what leaves the template', () => {
  test('one manager’s list alone, when another has to stay', () => {
    const metadata = config(
      "{packages: {yum: {a: []}, apt: {b: [], '--odd': []}}, groups: {g: {}, h: {gid: x}}}",
    )
    const { text, residue } = rewritten(planOf(template(metadata)))
    expect(text).toContain("packages: {apt: {b: [], '--odd': []}}")
    expect(text).toContain('groups: {g: {}, h: {gid: x}}')
    expect(residue.filter(({ what }) => what.startsWith('packages'))).toEqual([
      {
        path: 'S',
        what: 'packages checked again',
        why: 'they are in the image already; others in their list have to stay',
      },
    ])
  })

  test('links, which heat-cfntools would write through; other files stay', () => {
    const metadata = config(
      "{files: {/plain: {content: x}, /link: {content: /target, mode: '120777'}, /base64: {content: aGk=, encoding: base64}, /p: {content: {Ref: P}, mode: '120777'}}}",
    )
    const plan = planOf(template(metadata))
    expect(plan.warnings).toMatchObject([{ code: 'KILN_TEMPLATE_AWS_FILE', path: 'S' }])
    const { text, residue } = rewritten(plan)
    expect(text).toContain(
      "files: {/plain: {content: x}, /base64: {content: aGk=, encoding: base64}, /p: {content: {Ref: P}, mode: '120777'}}",
    )
    expect(residue.filter(({ what }) => what.startsWith('file'))).toEqual([
      { path: 'S', what: 'file /plain written again', why: 'files are cheap to write, and right' },
      { path: 'S', what: 'file /base64 written again', why: 'files are cheap to write, and right' },
      {
        path: 'S',
        what: 'file /p',
        why: 'it depends on parameters, and cfn-init would write through the link',
      },
    ])
    expect(plan.residue.map(({ what }) => what)).not.toContain('file /link written again')
  })

  test('never the config itself', () => {
    const { text } = rewritten(
      planOf(template('{configSets: {default: [a, b]}, a: {packages: {apt: {x: []}}}, b: {users: {u: {}}}}')),
    )
    expect(text).toContain('{configSets: {default: [a, b]}, a: {}, b: {}}')
  })
})
