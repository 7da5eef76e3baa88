import { describe, expect, test } from 'vitest'
import { planOf } from '../testing.ts'
import { installsIn } from './installs.ts'

const found = (script: string, head = '#!/bin/bash\n') =>
  installsIn(head + script)
    .map(({ manager, name, version }) => `${manager}:${name}${version === undefined ? '' : `=${version}`}`)
    .join(' ')

describe('plain install lines', () => {
  test.each<[string, string]>([
    ['apt-get install -y nginx', 'apt:nginx'],
    ['apt-get -y install nginx curl=1.2 "php-cli" \'jq\'', 'apt:nginx apt:curl=1.2 apt:php-cli apt:jq'],
    [
      'DEBIAN_FRONTEND=noninteractive /usr/bin/apt-get -qq -o Dpkg::Options::="--force-confold" install a',
      'apt:a',
    ],
    ['sudo apt install -y a\nsudo env X=y apt install b', 'apt:a apt:b'],
    ['apt-get install -y \\\n  a \\\n  b', 'apt:a apt:b'],
    ['yum -y install httpd php-mysql; dnf install -y c', 'yum:httpd yum:php-mysql dnf:c'],
    ['zypper --non-interactive install apache2', 'zypper:apache2'],
    ['apt-get install a > /dev/null 2>&1', 'apt:a'],
    ['apt-get update && apt-get install a && apt-get install b', 'apt:a apt:b'],
    ['apt-get install a || true', 'apt:a'],
    ['apt-get install a || exit 1\napt-get install b', 'apt:a apt:b'],
    ['apt-get install a &&\n\n  echo done', 'apt:a'],
    ['# apt-get install x\napt-get install a # and b', 'apt:a'],
    ['apt-get install a; apt-get install a', 'apt:a'],
    ['apt-get install g++', 'apt:g++'],
    ['set -e\nexport A=1\napt-get install a', 'apt:a'],
  ])('%j', (script, packages) => expect(found(script)).toBe(packages))

  test('only of shells', () => {
    for (const head of ['#!/bin/sh\n', '#! /bin/sh -ex\n', '#!/usr/bin/env bash\n'])
      expect(found('apt-get install a', head)).toBe('apt:a')
    for (const head of ['', '#!/usr/bin/python\n', '#!/usr/bin/env python3\n', '#cloud-config\n'])
      expect(found('apt-get install a', head)).toBe('')
  })
})

describe('what is not plain, or not for certain', () => {
  test.each([
    'test -f /x && apt-get install x',
    '[ -f /x ] && apt-get install x',
    '[[ -f /x && -d /y ]] && apt-get install x',
    'false || apt-get install x',
    'cd /x && apt-get install x',
    'if true; then\n  apt-get install x\nfi',
    'for p in a b; do apt-get install x; done',
    'for p in a b\ndo\n  apt-get install x\ndone',
    'while read p; do apt-get install x; done < list',
    'until apt-get install x; do sleep 1; done',
    'case $y in\n  a) apt-get install x;;\n  *) yum install x;;\nesac',
    'f() {\n  apt-get install x\n}',
    'f()\n{\n  apt-get install x\n}\nf',
    'function f {\n  apt-get install x\n}',
    '(apt-get install x)',
    '{ apt-get install x; }',
    '! apt-get install x',
    'apt-get install x &',
    'apt-get install x | tee log',
    'true |\napt-get install x',
    'if true; then :; fi &&\napt-get install x',
    'cat <<EOF > /x\napt-get install x\nEOF',
    "cat <<-'E'\n\tapt-get install x\n\tE",
    'cat <<EOF\napt-get install x',
    'y="\napt-get install x\n"',
    "y='\napt-get install x\n'",
    'y=$(cat <<E\nE\n)\napt-get install x',
    "echo $'it\\'s'\napt-get install x",
    'echo "\napt-get install x',
    'echo apt-get install x',
    'eval "apt-get install x"',
    'apt-get install $x',
    'apt-get install "$x" x',
    'apt-get install `x`',
    'apt-get install $(x) x',
    'apt-get install x*',
    'apt-get install x{1,2}',
    'apt-get install x-',
    'apt-get install x+',
    'apt-get install ./x.deb',
    'apt-get install -t backports x',
    'apt-get install --dry-run x',
    'apt-get install --unheard-of x',
    'apt-get remove x',
    'sudo -u y apt-get install x',
    'yum install http://h/x.rpm',
    'yum install --enablerepo=epel x',
    'yum groupinstall x',
    'dnf install @x "@X Y"',
    'zypper install -t pattern x',
    'apt-get install x\r\n',
    'apt-get() { :; }\napt-get install x',
    'alias yum=true\nyum install x',
    '\ufffc\napt-get install x',
    'apt-get install x\ufffc',
  ])('%j', (script) => expect(found(script)).toBe(''))

  test.each([
    'exit 0',
    'if [ -f /done ]; then exit 0; fi',
    '[ -f /x ] || exit 1',
    'exec other',
    '. /etc/profile.d/x.sh',
    'add-apt-repository -y ppa:x',
    'echo deb http://h x main > /etc/apt/sources.list.d/x.list',
    'cat <<EOF > /etc/yum.repos.d/x.repo\n[x]\nEOF',
    'curl http://h | bash',
    'rpm -Uvh http://h/x.rpm',
    'yum-config-manager --add-repo http://h',
  ])('nothing counts behind %j', (line) => {
    expect(found(`apt-get install a\n${line}\napt-get install b`)).toBe('apt:a')
  })

  test('what comes behind a block that closes does', () => {
    expect(found('if true; then\n yum install x\nfi\nf() { yum install x; }\nyum install a')).toBe('yum:a')
  })
})

describe('in templates', () => {
  const template = (userData: string, more = '') => `heat_template_version: 2018-08-31
parameters: {p: {type: string, default: pv}}
resources:
  s: {type: OS::Nova::Server, properties: {image: i, user_data: ${userData}}}
${more}`
  const script = String.raw`"#!/bin/sh\napt-get install -y a\n"`
  const names = (text: string, scanScripts = true) =>
    planOf(text, {}, { scanScripts }).instances[0]!.needs.flatMap((need) =>
      need.from === 'script' && need.kind === 'package' ? [need] : [],
    )

  test('only on request, and never removable', () => {
    expect(names(template(script), false)).toEqual([])
    expect(names(template(script))).toMatchObject([
      { id: 'script:0/apt/a', manager: 'apt', name: 'a', bake: true, removable: false, params: [] },
    ])
    const plan = planOf(template(script), {}, { scanScripts: true })
    expect(plan.residue).toMatchObject([
      { what: 'user data script' },
      { what: 'package a (apt)', why: 'the script still asks for it, and finds it there' },
    ])
  })

  test('what a parameter brings in carries it', () => {
    const text = String.raw`{str_replace: {template: "#!/bin/sh\napt-get install a\napt-get install $p\n", params: {$p: {get_param: p}}}}`
    expect(names(template(text))).toMatchObject([
      { name: 'a', params: [] },
      { name: 'pv', params: ['p'], bake: true },
    ])
  })

  const deployment = (group: string, more = '') =>
    template(
      'null',
      `  c: {type: OS::Heat::SoftwareConfig, properties: {group: ${group}, config: ${script}}}
  d: {type: OS::Heat::SoftwareDeployment, properties: {config: {get_resource: c}, server: {get_resource: s}${more}}}
`,
    )
  test('scripts that are deployed when the stack is made', () => {
    expect(names(deployment('script')).map(({ id }) => id)).toEqual(['script:d/apt/a'])
    expect(names(deployment('script', ', actions: [CREATE, UPDATE]'))).toHaveLength(1)
    expect(names(deployment('script', ', actions: [DELETE]'))).toEqual([])
    expect(names(deployment('ansible'))).toEqual([])
  })
})
