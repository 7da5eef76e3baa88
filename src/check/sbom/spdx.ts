import { sha256 } from '../../core/digest.ts'
import { kilnVersion } from '../../core/version.ts'
import { expressionOf } from './licences.ts'
import { type Origin, origins, type Source, timeOf, uuidOf, webAddress } from './source.ts'

/** Nobody has looked further than what the package says. */
const UNKNOWN = 'NOASSERTION'

/** The bill of materials of an image in SPDX 2.3. The same image gives the same bytes. */
export function spdx(source: Source): unknown {
  const { name, digest } = source
  const packages = origins(source).map((origin) => ({ origin, id: idOf(origin) }))
  const own = new Map<string, string>()
  for (const { origin } of packages)
    for (const one of expressionOf(origin.installed.licences)?.own ?? []) own.set(one.id, one.name)
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
      ...packages.map(({ origin, id }) => packageOf(origin, id)),
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

function packageOf({ installed, file, purl }: Origin, id: string): unknown {
  const homepage = webAddress(installed.homepage)
  return {
    SPDXID: id,
    name: installed.name,
    versionInfo: installed.version,
    ...(file === undefined ? {} : { packageFileName: file.path.split('/').at(-1) }),
    downloadLocation: (file && webAddress(`${file.uri}/${file.path}`)) ?? UNKNOWN,
    filesAnalyzed: false,
    ...(homepage === undefined ? {} : { homepage }),
    ...(file === undefined ? {} : { checksums: [{ algorithm: 'SHA256', checksumValue: file.sha256 }] }),
    ...(installed.source === undefined
      ? {}
      : {
          sourceInfo: `built from the source package ${installed.source}${installed.sourceVersion ? ` ${installed.sourceVersion}` : ''}`,
        }),
    licenseConcluded: UNKNOWN,
    licenseDeclared: expressionOf(installed.licences)?.text ?? UNKNOWN,
    copyrightText: UNKNOWN,
    externalRefs: [{ referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: purl }],
  }
}

/** Letters, digits, dots and hyphens are all that an id may hold; the hash keeps `g++` and `g--` apart. */
function idOf({ installed, purl }: Origin): string {
  return `SPDXRef-${installed.name.replace(/[^A-Za-z0-9.-]/g, '-')}-${sha256(purl).slice(0, 12)}`
}
