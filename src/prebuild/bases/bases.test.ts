import { describe, expect, test } from 'vitest'
import { readName } from './catalogue.ts'
import { parseBaseMap } from './map.ts'
import { mappingHint, resolveBase } from './resolve.ts'

const osOf = (name: string) => {
  const reading = readName(name)
  if (reading.kind !== 'os') return reading.kind
  return [
    reading.release === undefined ? reading.distribution : `${reading.distribution}-${reading.release}`,
    reading.arch,
  ]
    .filter(Boolean)
    .join(' ')
}

describe('the catalogue', () => {
  test.each([
    ['debian-12', 'debian-12'],
    ['Debian 12', 'debian-12'],
    ['Debian GNU/Linux 12 (bookworm)', 'debian-12'],
    ['debian12', 'debian-12'],
    ['debian-12-generic-amd64', 'debian-12 amd64'],
    ['debian-12-generic-amd64-20260112-2355.qcow2', 'debian-12 amd64'],
    ['debian-12-openstack-amd64', 'debian-12 amd64'],
    ['debian-12.5.0-openstack-amd64', 'debian-12 amd64'],
    ['debian-bookworm-genericcloud-amd64', 'debian-12 amd64'],
    ['trixie', 'debian-13'],
    ['debian-13-arm64', 'debian-13 arm64'],
    ['debian-11', 'debian-11'],
    ['ubuntu-24.04', 'ubuntu-24.04'],
    ['Ubuntu2404', 'ubuntu-24.04'],
    ['noble-server-cloudimg-amd64', 'ubuntu-24.04 amd64'],
    ['precise-server-cloudimg-i386', 'ubuntu-12.04 i386'],
    ['Ubuntu 14.04 LTS (Trusty Tahr) (PVHVM)', 'ubuntu-14.04'],
    ['NeCTAR Ubuntu 22.04 LTS (Jammy) amd64', 'ubuntu-22.04 amd64'],
    ['F17-x86_64-cfntools', 'fedora-17 amd64'],
    ['F17-i386-cfntools', 'fedora-17 i386'],
    ['fedora-20.x86_64', 'fedora-20 amd64'],
    ['fedora-43', 'fedora-43'],
    ['Fedora-Cloud-Base-Generic-43-1.6.x86_64', 'fedora-43 amd64'],
    ['CentOS_7', 'centos-7'],
    ['CentOS-7-x86_64-GenericCloud-2009', 'centos-7 amd64'],
    ['CentOS-Stream-GenericCloud-10-20250101.0.x86_64', 'centos-stream-10 amd64'],
    ['centos-stream-10', 'centos-stream-10'],
    ['rhel63-x86_64-cfntools', 'rhel-6.3 amd64'],
    ['Rocky-9-GenericCloud-Base.latest.x86_64', 'rocky-9 amd64'],
    ['Rocky-9-GenericCloud-9.4-20240609.1.x86_64', 'rocky-9 amd64'],
    ['almalinux-9', 'almalinux-9'],
    ['openSUSE-Leap-15.6', 'opensuse-leap-15.6'],
    ['cirros', 'cirros'],
    ['cirros-0.5.2-x86_64-disk', 'cirros-0.5.2 amd64'],
    ['CoreOS', 'coreos'],
  ])('%s is %s', (name, expected) => expect(osOf(name)).toBe(expected))

  test.each(['Windows Server 2022', 'win2019-std', 'windows10'])('%s is Windows', (name) =>
    expect(osOf(name)).toBe('windows'),
  )

  test.each([
    'debian-12-mysql',
    'debian-12-trixie',
    'ubuntu-mesos',
    'corp-web-base',
    'base-image-x86_64',
    'ami-0db03992e79210b9f',
    'F16-x86_64-cfntools-openshift',
    '8f4c1c4e-60b8-44ab-9d6a-4f8f3a8c8a12',
    'constructor',
    '__proto__',
    '13',
    '',
  ])('%s is nothing that can be known', (name) => expect(osOf(name)).toBe('unknown'))
})

describe('what a base is', () => {
  test('the composable ones', () => {
    expect(resolveBase('debian-12-generic-amd64')).toMatchObject({
      kind: 'compose',
      source: 'catalogue',
      system: { os: 'debian-12', arch: 'amd64', title: 'Debian 12', family: 'debian' },
    })
  })

  test('the map goes before the catalogue', () => {
    const map = parseBaseMap('debian-12: {os: debian-13}\n"Corp base": {os: trixie}\n', 'bases.yaml')
    expect(resolveBase('debian-12', map)).toMatchObject({ source: 'map', system: { os: 'debian-13' } })
    expect(resolveBase('Corp base', map)).toMatchObject({ kind: 'compose', system: { os: 'debian-13' } })
  })

  test.each([
    ['F17-x86_64-cfntools', 'unsupported', 'is Fedora 17, which Kiln cannot build yet'],
    ['debian-13-arm64', 'refused', 'is Debian 13 for arm64, and Kiln builds only for amd64 yet'],
    ['Windows Server 2022', 'refused', 'is Windows, which Kiln does not build yet'],
    ['corp-web-base', 'unknown', 'is not in the catalogue'],
    ['debian', 'unknown', 'says Debian but not which release'],
  ])('%s is %s', (image, kind, why) => expect(resolveBase(image)).toMatchObject({ kind, why }))

  test('a map to what Kiln cannot build says so', () => {
    const map = parseBaseMap(
      'a: {os: plan-9}\nb: {image: ./corp.qcow2}\nc: {os: debian-13, arch: arm64}\n',
      'm',
    )
    expect(resolveBase('a', map)).toMatchObject({
      kind: 'unknown',
      why: 'is mapped to plan-9, which is not an operating system that Kiln knows',
    })
    expect(resolveBase('b', map)).toMatchObject({ kind: 'unsupported' })
    expect(resolveBase('c', map)).toMatchObject({ kind: 'refused' })
  })

  test('the hint quotes names that YAML would read otherwise', () => {
    expect(mappingHint(['corp-base', 'Corp: base', '12'])).toContain(
      '  corp-base: {os: debian-13}\n  "Corp: base": {os: debian-13}\n  "12": {os: debian-13}',
    )
  })
})

describe('a bases file', () => {
  test('an empty one maps nothing', () => expect(parseBaseMap('# nothing yet\n', 'm').size).toBe(0))

  test.each([
    ['a: [', 'it is not YAML'],
    ['- a', 'it must be a map'],
    ['a: debian-13\nb: {os: debian-13, image: x}\n', '"a" is neither {os: …} nor {image: …}; "b" is neither'],
  ])('%j is refused', (text, why) => {
    expect(() => parseBaseMap(text, 'bases.yaml')).toThrow(why)
    expect(() => parseBaseMap(text, 'bases.yaml')).toThrow(/^The bases file bases\.yaml is not valid/)
  })
})
