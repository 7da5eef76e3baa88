import { sha256 } from '../../core/digest.ts'
import { kilnVersion } from '../../core/version.ts'
import { expressionOf } from './licences.ts'
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

/** Nobody has looked further than what the package says. */
const UNKNOWN = 'NOASSERTION'

/** The bill of materials of an image in SPDX 2.3. The same image gives the same bytes. */
export function spdx(source: Source): unknown {
  const { name, digest } = source
  const packages = [...origins(source).map(described), ...pythonOrigins(source).map(describedPython)]
  const own = new Map<string, string>()
  for (const { licences } of packages)
    for (const one of expressionOf(licences)?.own ?? []) own.set(one.id, one.name)
  return {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: 'SPDXRef-DOCUMENT',
    name,
    documentNamespace: `https://spdx.org/spdxdocs/${encodeURIComponent(name)}-${uuidOf('spdx', source)}`,
    creationInfo: { created: timeOf(source), creators: [`Tool: kiln-${kilnVersion()}`] },
    packages: [
      {
        SPDXID: 'SPDXRef-Image',
        name,
        versionInfo: digest.slice(0, 12),
        downloadLocation: UNKNOWN,
        filesAnalyzed: false,
        primaryPackagePurpose: 'OPERATING-SYSTEM',
        checksums: [{ algorithm: 'SHA256', checksumValue: digest }],
        licenseConcluded: UNKNOWN,
        licenseDeclared: UNKNOWN,
        copyrightText: UNKNOWN,
      },
      ...packages.map(packageOf),
    ],
    relationships: [
      {
        spdxElementId: 'SPDXRef-DOCUMENT',
        relationshipType: 'DESCRIBES',
        relatedSpdxElement: 'SPDXRef-Image',
      },
      ...packages.map(({ id }) => ({
        spdxElementId: 'SPDXRef-Image',
        relationshipType: 'CONTAINS',
        relatedSpdxElement: id,
      })),
    ],
    ...(own.size > 0
      ? {
          hasExtractedLicensingInfos: [...own]
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([licenseId, said]) => ({
              licenseId,
              name: said,
              extractedText: `"${said}" in the copyright files of packages in /usr/share/doc, which have its text.`,
            })),
        }
      : {}),
  }
}

/** What of a package goes into a document. */
interface Described {
  readonly id: string
  readonly name: string
  readonly version: string
  readonly purl: string
  readonly licences: readonly string[]
  readonly file: { readonly uri: string; readonly path: string; readonly sha256: string } | undefined
  readonly homepage?: string | undefined
  readonly from?: string
}

function described({ installed, file, purl }: Origin): Described {
  const { name, version, licences, homepage, source, sourceVersion } = installed
  const from = `built from the source package ${source}${sourceVersion ? ` ${sourceVersion}` : ''}`
  return { id: idOf(name, purl), name, version, purl, licences, file, homepage, ...(source ? { from } : {}) }
}

function describedPython({ installed, file, purl }: PythonOrigin): Described {
  const { name, version, licence } = installed
  return { id: idOf(name, purl), name, version, purl, licences: licence === undefined ? [] : [licence], file }
}

function packageOf({ id, name, version, purl, licences, file, homepage, from }: Described): unknown {
  const website = webAddress(homepage)
  return {
    SPDXID: id,
    name,
    versionInfo: version,
    ...(file === undefined ? {} : { packageFileName: file.path.split('/').at(-1) }),
    downloadLocation: (file && webAddress(`${file.uri}/${file.path}`)) ?? UNKNOWN,
    filesAnalyzed: false,
    ...(website === undefined ? {} : { homepage: website }),
    ...(file === undefined ? {} : { checksums: [{ algorithm: 'SHA256', checksumValue: file.sha256 }] }),
    ...(from === undefined ? {} : { sourceInfo: from }),
    licenseConcluded: UNKNOWN,
    licenseDeclared: expressionOf(licences)?.text ?? UNKNOWN,
    copyrightText: UNKNOWN,
    externalRefs: [{ referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: purl }],
  }
}

/** Letters, digits, dots and hyphens are all that an id may hold; the hash keeps `g++` and `g--` apart. */
function idOf(name: string, purl: string): string {
  return `SPDXRef-${name.replace(/[^A-Za-z0-9.-]/g, '-')}-${sha256(purl).slice(0, 12)}`
}
