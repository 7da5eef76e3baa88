import { kilnVersion } from '../../core/version.ts'
import { spdxLicence } from './licences.ts'
import {
  type Origin,
  origins,
  type PythonOrigin,
  pythonOrigins,
  type Source,
  timeOf,
  uuidOf,
  webAddress,
} from './source.ts'

/** The bill of materials of an image in CycloneDX 1.6. The same image gives the same bytes. */
export function cycloneDx(source: Source): unknown {
  const { name, digest, inventory } = source
  const image = `image:${digest}`
  const packages = origins(source)
  const python = pythonOrigins(source)
  const { ID, VERSION_ID, PRETTY_NAME } = inventory.os
  const os =
    ID === undefined
      ? []
      : [
          {
            type: 'operating-system',
            'bom-ref': `os:${ID}`,
            name: ID,
            ...(VERSION_ID === undefined ? {} : { version: VERSION_ID }),
            ...(PRETTY_NAME === undefined ? {} : { description: PRETTY_NAME }),
          },
        ]
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${uuidOf('cyclonedx', source)}`,
    version: 1,
    metadata: {
      timestamp: timeOf(source),
      tools: { components: [{ type: 'application', name: 'kiln', version: kilnVersion() }] },
      component: {
        type: 'operating-system',
        'bom-ref': image,
        name,
        version: digest.slice(0, 12),
        hashes: [{ alg: 'SHA-256', content: digest }],
      },
    },
    components: [...os, ...packages.map(component), ...python.map(pythonComponent)],
    dependencies: [
      {
        ref: image,
        dependsOn: [
          ...os.map((one) => one['bom-ref']),
          ...new Set([...packages, ...python].map(({ purl }) => purl)),
        ],
      },
    ],
  }
}

function component({ installed, file, purl }: Origin): unknown {
  const website = webAddress(installed.homepage)
  return {
    type: 'library',
    'bom-ref': purl,
    name: installed.name,
    version: installed.version,
    purl,
    ...(file === undefined ? {} : { hashes: [{ alg: 'SHA-256', content: file.sha256 }] }),
    ...(installed.licences.length > 0
      ? {
          licenses: installed.licences.map((name) => {
            const id = spdxLicence(name)
            return { license: { ...(id === undefined ? { name } : { id }), acknowledgement: 'declared' } }
          }),
        }
      : {}),
    ...(website === undefined ? {} : { externalReferences: [{ type: 'website', url: website }] }),
    properties: [
      { name: 'kiln:architecture', value: installed.arch },
      ...(installed.source === undefined ? [] : [{ name: 'kiln:source', value: installed.source }]),
    ],
  }
}

function pythonComponent({ installed, file, purl }: PythonOrigin): unknown {
  const { name, version, licence } = installed
  const id = licence === undefined ? undefined : spdxLicence(licence)
  return {
    type: 'library',
    'bom-ref': purl,
    name,
    version,
    purl,
    ...(file === undefined ? {} : { hashes: [{ alg: 'SHA-256', content: file.sha256 }] }),
    ...(licence === undefined
      ? {}
      : {
          licenses: [
            { license: { ...(id === undefined ? { name: licence } : { id }), acknowledgement: 'declared' } },
          ],
        }),
  }
}
