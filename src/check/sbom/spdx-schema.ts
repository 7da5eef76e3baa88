/**
 * What the JSON schema of SPDX 2.3 asks of the members that we write, for tests: their types, patterns, words and which of them
 * must be there; and nothing but them, as that schema has it. No package carries the schema itself.
 */

const text = { type: 'string' }
const list = (items: object) => ({ type: 'array', items })
const object = (required: readonly string[], properties: Readonly<Record<string, object>>) => ({
  type: 'object',
  required,
  properties,
  additionalProperties: false,
})

const id = { type: 'string', pattern: '^SPDXRef-[a-zA-Z0-9.-]+$' }
const checksum = object(['algorithm', 'checksumValue'], {
  algorithm: { enum: ['SHA1', 'SHA224', 'SHA256', 'SHA384', 'SHA512', 'MD5'] },
  checksumValue: { type: 'string', pattern: '^[0-9a-fA-F]+$' },
})

export const SPDX_SCHEMA = object(
  ['SPDXID', 'creationInfo', 'dataLicense', 'name', 'spdxVersion', 'documentNamespace'],
  {
    SPDXID: { const: 'SPDXRef-DOCUMENT' },
    spdxVersion: { const: 'SPDX-2.3' },
    dataLicense: { const: 'CC0-1.0' },
    name: text,
    // An address without a fragment, which parts of the document are named by.
    documentNamespace: { type: 'string', format: 'uri', pattern: '^[^#]+$' },
    creationInfo: object(['created', 'creators'], {
      created: {
        type: 'string',
        pattern:
          '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T(([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]|23:59:60)Z$',
      },
      creators: { ...list({ type: 'string', pattern: '^(Tool|Person|Organization): ' }), minItems: 1 },
    }),
    packages: list(
      object(['SPDXID', 'downloadLocation', 'name'], {
        SPDXID: id,
        name: text,
        versionInfo: text,
        packageFileName: text,
        downloadLocation: { type: 'string', pattern: '^(NONE|NOASSERTION|[a-z][a-z0-9+.-]*://\\S+)$' },
        filesAnalyzed: { type: 'boolean' },
        homepage: { type: 'string', format: 'uri' },
        primaryPackagePurpose: { enum: ['APPLICATION', 'LIBRARY', 'OPERATING-SYSTEM', 'FILE', 'OTHER'] },
        checksums: list(checksum),
        sourceInfo: text,
        licenseConcluded: text,
        licenseDeclared: text,
        copyrightText: text,
        externalRefs: list(
          object(['referenceCategory', 'referenceLocator', 'referenceType'], {
            referenceCategory: { enum: ['OTHER', 'PERSISTENT-ID', 'SECURITY', 'PACKAGE-MANAGER'] },
            referenceType: { const: 'purl' },
            referenceLocator: { type: 'string', pattern: '^pkg:\\S+$' },
          }),
        ),
      }),
    ),
    relationships: list(
      object(['relatedSpdxElement', 'relationshipType', 'spdxElementId'], {
        spdxElementId: id,
        relatedSpdxElement: id,
        relationshipType: { enum: ['DESCRIBES', 'CONTAINS', 'DEPENDS_ON'] },
      }),
    ),
    hasExtractedLicensingInfos: list(
      object(['extractedText', 'licenseId'], {
        licenseId: { type: 'string', pattern: '^LicenseRef-[a-zA-Z0-9.-]+$' },
        name: text,
        extractedText: text,
      }),
    ),
  },
)
