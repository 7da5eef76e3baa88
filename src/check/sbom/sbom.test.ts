import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import { describe, expect, test } from 'vitest'
import type { Lock } from '../../lock/lock.ts'
import { inspectTree } from '../inventory/inspect.ts'
import { treeInMemory } from '../inventory/testing.ts'
import { sbomText } from './index.ts'
import { expressionOf, spdxLicence } from './licences.ts'
import { purlOf, type Source } from './source.ts'
import { SPDX_SCHEMA } from './spdx-schema.ts'

const SHA = 'ab'.repeat(32)
const COPYRIGHT = (...names: string[]) =>
  `Format: https://www.example.org/doc/packaging-manuals/copyright-format/1.0/\n\n${names.map((name) => `Files: *\nLicense: ${name}\n text\n`).join('\n')}`

async function source(): Promise<Source> {
  const { inventory } = await inspectTree(
    treeInMemory({
      'etc/os-release': { link: '../usr/lib/os-release' },
      'usr/lib/os-release': 'ID=debian\nVERSION_ID="13"\nPRETTY_NAME="Debian GNU/Linux 13 (trixie)"\n',
      'var/lib/dpkg/status':
        'Package: libstdc++6\nStatus: install ok installed\nArchitecture: amd64\nSource: gcc-14 (14.2.0-19)\nVersion: 14.2.0-19+b1\nHomepage: http://gcc.example.org/\n\n' +
        'Package: nginx\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1:1.26-1~deb13\nHomepage: not an address\n\n' +
        'Package: odd\nStatus: install ok installed\nArchitecture: all\nVersion: 2\nHomepage: http://x.example.org/<a b>\n\n' +
        'Package: gone\nStatus: deinstall ok config-files\nArchitecture: amd64\nVersion: 1\n',
      'usr/local/lib/python3.13/dist-packages/Py_Stache-0.6.dist-info/METADATA':
        'Metadata-Version: 2.1\nName: Py_Stache\nVersion: 0.6.5\nLicense: MIT\n\nName: x\n',
      'usr/lib/python3/dist-packages/six-1.dist-info/METADATA': 'Name: six\nVersion: 1\n',
      'usr/share/doc/nginx/copyright': COPYRIGHT('BSD-2-clause', 'GPL-2+ or Artistic-2.0', 'public-domain'),
      'usr/share/doc/libstdc++6': { link: 'gcc-base' },
      'usr/share/doc/gcc-base/copyright': COPYRIGHT('GPL-3+', 'weird "licence" – 1'),
    }),
  )
  const file = {
    name: 'nginx',
    version: '1:1.26-1~deb13',
    arch: 'amd64',
    path: 'pool/n/nginx_1.26.deb',
    uri: 'http://deb.example.org/debian',
    size: 9,
    sha256: SHA,
  }
  const python = { files: [{ ...file, name: 'py-stache', version: '0.6.5' }], builds: [] }
  const lock = { epoch: 1_750_000_000, base: [file], groups: [], python } as unknown as Lock
  return { name: 'web', digest: 'cd'.repeat(32), inventory, lock }
}

function schemas() {
  const require = createRequire(import.meta.url)
  const folder = require
    .resolve('@cyclonedx/cyclonedx-library/package.json')
    .replace('package.json', 'res/schema/')
  const read = (name: string) => JSON.parse(readFileSync(`${folder}${name}.SNAPSHOT.schema.json`, 'utf8'))
  const ajv = new Ajv({ strict: false, allErrors: true })
  addFormats.default(ajv)
  ajv.addFormat('iri-reference', (text) => URL.canParse(text, 'http://x.example'))
  ajv.addFormat('idn-email', /@/)
  // They name each other by their files.
  for (const name of ['spdx', 'jsf-0.82'])
    ajv.addSchema({ ...read(name), $id: `http://cyclonedx.org/schema/${name}.SNAPSHOT.schema.json` })
  return { ajv, bom: read('bom-1.6'), licences: new Set<string>(read('spdx').enum) }
}

describe('CycloneDX', () => {
  test('is what the schema of 1.6 asks for', async () => {
    const { ajv, bom } = schemas()
    const validate = ajv.compile(bom)
    const document = JSON.parse(sbomText('cyclonedx', await source()))
    validate(document)
    expect(validate.errors ?? []).toEqual([])
    // The schema refuses something.
    expect(validate({ ...document, components: [{ type: 'package', name: 'x' }] })).toBe(false)
  })
  test('says of each package what is known', async () => {
    const document = JSON.parse(sbomText('cyclonedx', await source()))
    expect(document.metadata).toMatchObject({ timestamp: '2025-06-15T15:06:40Z', component: { name: 'web' } })
    expect(document.components.map((one: { name: string }) => one.name)).toEqual([
      'debian',
      'libstdc++6',
      'nginx',
      'odd',
      'py-stache',
    ])
    expect(document.components[2]).toMatchObject({
      purl: 'pkg:deb/debian/nginx@1:1.26-1~deb13?arch=amd64&distro=debian-13',
      hashes: [{ content: SHA }],
      licenses: [
        { license: { id: 'BSD-2-Clause' } },
        { license: { name: 'GPL-2+ or Artistic-2.0' } },
        { license: { name: 'public-domain' } },
      ],
    })
    expect(document.components[1].purl).toBe(
      'pkg:deb/debian/libstdc%2B%2B6@14.2.0-19%2Bb1?arch=amd64&distro=debian-13&upstream=gcc-14%4014.2.0-19',
    )
    expect(document.components[1].licenses).toHaveLength(2)
    expect(document.dependencies[0].dependsOn).toHaveLength(5)
    expect(document.components[4]).toMatchObject({
      purl: 'pkg:pypi/py-stache@0.6.5',
      hashes: [{ content: SHA }],
      licenses: [{ license: { id: 'MIT' } }],
    })
  })
})

describe('SPDX', () => {
  test('is what the schema of 2.3 asks for, and refers to nothing that is not there', async () => {
    const validate = schemas().ajv.compile(SPDX_SCHEMA)
    const document = JSON.parse(sbomText('spdx', await source()))
    validate(document)
    expect(validate.errors ?? []).toEqual([])
    const ids = new Set([
      'SPDXRef-DOCUMENT',
      ...document.packages.map((one: { SPDXID: string }) => one.SPDXID),
    ])
    expect(ids.size).toBe(document.packages.length + 1)
    for (const { spdxElementId, relatedSpdxElement } of document.relationships)
      expect([ids.has(spdxElementId), ids.has(relatedSpdxElement)]).toEqual([true, true])
    const { licences } = schemas()
    const own = new Set(
      document.hasExtractedLicensingInfos.map((one: { licenseId: string }) => one.licenseId),
    )
    const words = document.packages.flatMap((one: { licenseDeclared: string }) =>
      one.licenseDeclared.match(/[\w.-]+/g),
    )
    for (const word of words.filter((each: string) => !['AND', 'OR', 'NOASSERTION'].includes(each)))
      expect(licences.has(word) || own.has(word), word).toBe(true)
  })
  test('has expressions of licences', async () => {
    const document = JSON.parse(sbomText('spdx', await source()))
    const nginx = document.packages.find((one: { name: string }) => one.name === 'nginx')
    expect(nginx).toMatchObject({
      downloadLocation: 'http://deb.example.org/debian/pool/n/nginx_1.26.deb',
      checksums: [{ checksumValue: SHA }],
    })
    expect(nginx.licenseDeclared).toMatch(
      /^BSD-2-Clause AND \(GPL-2\.0-or-later OR Artistic-2\.0\) AND LicenseRef-public-domain-[0-9a-f]{8}$/,
    )
  })
})

test('the same image has the same bill, another one another', async () => {
  const one = await source()
  for (const format of ['cyclonedx', 'spdx'] as const) {
    expect(sbomText(format, one)).toBe(sbomText(format, await source()))
    expect(sbomText(format, { ...one, digest: 'ef'.repeat(32) })).not.toBe(sbomText(format, one))
  }
})

test('every identifier of a licence is of the list', () => {
  const { licences } = schemas()
  const names =
    'Expat MIT ISC X11 BSD-2-clause BSD-3-Clause BSD-4-clause-UC 0BSD Apache-2 Apache-2.0 Zlib Libpng Artistic-1.0 Artistic-2 MPL-1.1 MPL-2.0 CC0-1.0 CC-BY-3.0 CC-BY-SA-4.0 BSL-1.0 OpenSSL OpenLDAP-2.8 PSF-2 Python-2.0 OFL-1.1 W3C curl Vim WTFPL Unlicense Beerware FSFAP FSFUL FSFULLR NTP HPND TCL Ruby PHP-3.01 Unicode-DFS-2016 bzip2-1.0.6 blessing GPL-1 GPL-1+ GPL-2 GPL-2+ GPL-3+ LGPL-2 LGPL-2.1+ LGPL-3 AGPL-3+ GFDL-1.2 GFDL-1.3+'
  for (const name of names.split(' '))
    expect([name, licences.has(spdxLicence(name) ?? '')]).toEqual([name, true])
  for (const name of ['GPL', 'GPL-2.1', 'AGPL-2', 'constructor', 'LGPL-2.2+', ''])
    expect(spdxLicence(name)).toBeUndefined()
  expect(expressionOf([])).toBeUndefined()
})

test('a package-url of an unknown system', () => {
  expect(purlOf({ name: 'a', version: '1', arch: 'all', licences: [] }, {})).toBe(
    'pkg:deb/linux/a@1?arch=all',
  )
})
