import type { Version } from '../../build/index.ts'
import { canonicalJson, type Json, sha256 } from '../../core/digest.ts'
import { redact } from '../../core/redact.ts'
import { kilnVersion } from '../../core/version.ts'
import { allDebs, lockDigest } from '../../lock/lock.ts'
import { pythonFiles } from '../../lock/python/types.ts'
import { type Recipe, recipeDigest } from '../../recipe/recipe.ts'
import { toolsDigest } from '../../tools/tree/lock.ts'
import { RULES_VERSION } from '../secrets/rules-version.ts'

/** Kinds of statements, as others name them. */
export const STATEMENT = 'https://in-toto.io/Statement/v1'
export const PROVENANCE = 'https://slsa.dev/provenance/v1'
export const TEST_RESULT = 'https://in-toto.io/attestation/test-result/v0.1'

/** What Kiln makes images from, told in a way of its own: a name for that. */
const BUILD_TYPE = 'urn:kiln:build:1'
const BUILDER = 'urn:kiln:builder'

/** Checks that a version can have passed, by the names that policies use. */
export const CHECKS = ['secrets', 'boot'] as const
export type CheckName = (typeof CHECKS)[number]

export interface Subject {
  readonly name: string
  readonly digest: { readonly sha256: string }
}

/** Something that went in. */
export interface Dependency {
  readonly name: string
  readonly uri?: string
  readonly digest: { readonly sha256: string }
  readonly annotations?: Readonly<Record<string, string>>
}

export interface Provenance {
  readonly _type: typeof STATEMENT
  readonly subject: readonly Subject[]
  readonly predicateType: typeof PROVENANCE
  readonly predicate: {
    readonly buildDefinition: {
      readonly buildType: string
      readonly externalParameters: { readonly recipe: unknown }
      readonly internalParameters: {
        /** Digests of recipe and lock, key of the version. */
        readonly recipe: string
        readonly lock: string
        readonly key: string
        /** When what was locked was new, in seconds since 1970. */
        readonly epoch: number
        readonly os: string
        readonly arch: string
        readonly virtualSize: number
      }
      readonly resolvedDependencies: readonly Dependency[]
    }
    readonly runDetails: {
      readonly builder: { readonly id: string; readonly version: { readonly kiln: string } }
      readonly byproducts: readonly Subject[]
    }
  }
}

/** Name of the subject that is the disk as a guest sees it, whatever the format. */
export const RAW_DISK = 'disk.raw'

function subjects(version: Version, name: string): Subject[] {
  return [
    ...version.artifacts.map(({ format, digest }) => ({
      name: `${name}.${format}`,
      digest: { sha256: digest },
    })),
    { name: RAW_DISK, digest: { sha256: version.digest } },
  ]
}

/**
 * What a version was made from, as a statement to be signed: text without white space, the same for the same version.
 * @param byproducts texts that are published beside the image, by name
 */
export function provenanceOf(
  version: Version,
  name: string,
  byproducts: ReadonlyMap<string, string>,
): string {
  const { lock, recipe } = version
  const statement: Provenance = {
    _type: STATEMENT,
    subject: subjects(version, name),
    predicateType: PROVENANCE,
    predicate: {
      buildDefinition: {
        buildType: BUILD_TYPE,
        externalParameters: { recipe: shown(recipe) },
        internalParameters: {
          recipe: recipeDigest(recipe),
          lock: lockDigest(lock),
          key: version.key,
          epoch: lock.epoch,
          os: version.os,
          arch: version.arch,
          virtualSize: version.virtualSize,
        },
        resolvedDependencies: [
          ...(lock.image === undefined
            ? []
            : [
                { name: 'base image', uri: redact(lock.image.source), digest: { sha256: lock.image.sha256 } },
              ]),
          { name: 'tools', digest: { sha256: toolsDigest(lock.tools) } },
          ...[
            ...allDebs(lock),
            ...pythonFiles(lock.python).map((file) => ({ ...file, name: `pypi/${file.name}` })),
          ].map((file) => ({
            name: file.name,
            uri: redact(`${file.uri}/${file.path}`),
            digest: { sha256: file.sha256 },
            annotations: { version: file.version, arch: file.arch },
          })),
        ],
      },
      runDetails: {
        builder: { id: BUILDER, version: { kiln: kilnVersion() } },
        byproducts: [...byproducts].map(([file, text]) => ({ name: file, digest: { sha256: sha256(text) } })),
      },
    },
  }
  return canonicalJson(statement as unknown as Json)
}

/** A recipe without the content of its files: what is in them is nobody's business who reads where an image comes from. */
function shown({ custom_files, ...recipe }: Recipe): unknown {
  return {
    ...recipe,
    custom_files: custom_files.map(({ content: _text, content_base64: _bytes, ...file }) => file),
  }
}

/** That a version passed a check, as a statement to be signed. `warned`: what was seen and allowed. */
export function testResult(
  version: Version,
  name: string,
  check: CheckName,
  warned: readonly string[] = [],
): string {
  return canonicalJson({
    _type: STATEMENT,
    subject: subjects(version, name) as unknown as Json,
    predicateType: TEST_RESULT,
    predicate: {
      result: warned.length > 0 ? 'WARNED' : 'PASSED',
      configuration: [
        check === 'secrets'
          ? { name: 'rules', uri: `urn:kiln:secret-rules:${RULES_VERSION}` }
          : { name: 'recipe', digest: { sha256: recipeDigest(version.recipe) } },
      ],
      passedTests: [check],
      ...(warned.length > 0 ? { warnedTests: [...warned] } : {}),
    },
  })
}
