import { canonicalJson, type Json, sha256 } from '../core/digest.ts'
import type { BaseImage } from '../disk/base/facts.ts'
import type { Mirrors } from '../tools/apt/mirrors.ts'
import type { Release } from '../tools/apt/release.ts'
import type { PackageFile, Repository } from '../tools/apt/repository.ts'
import type { ToolsLock } from '../tools/tree/lock.ts'
import type { Asked } from './asked.ts'
import type { InputFile } from './inputs.ts'
import { type LockedPython, pythonFiles } from './python/types.ts'

/** Goes up when locks of before can no longer be used. */
export const LOCK_VERSION = 2

/** A Release file that apt has verified. */
export interface LockedRelease extends Release {
  /** Fingerprints of the keys that signed it. */
  readonly signers: readonly string[]
}

/** A repository as it was when packages of it were locked. */
export interface LockedRepository extends Repository {
  /** The newest first; older ones only while packages of theirs are locked that the newest no longer offers. */
  readonly releases: readonly LockedRelease[]
}

/** Every input of one image by address, size and digest. Written as `kiln.lock`; the same lock gives the same image. */
export interface Lock {
  readonly version: typeof LOCK_VERSION
  /** Digest of the recipe that it was made for: another recipe makes it stale. */
  readonly recipe: string
  /** What that recipe asked for, so that it can be said what is different now. */
  readonly asked: Asked
  /** `debian-13`: what an alias such as `debian` meant when the lock was made. */
  readonly os: string
  readonly arch: 'amd64'
  /** Seconds since 1970: the newest date of the repositories. All times in the image are at most this. */
  readonly epoch: number
  readonly repositories: readonly LockedRepository[]
  /** Address of the archive and of its security updates, for the guest's own apt sources. */
  readonly mirrors: Omit<Mirrors, 'origin'>
  /** The disk image that is built on; undefined for a base of packages. */
  readonly image?: BaseImage
  /** Packages that make the base, by name; none on a disk image, which has its own. Those that must be there before dpkg can run are `essential`. */
  readonly base: readonly PackageFile[]
  readonly essential: readonly string[]
  /** Packages on top of the base, in the order in which they are installed: a group becomes a layer. */
  readonly groups: readonly PackageGroup[]
  /** Packages from the indexes of Python, where the recipe asks for some. */
  readonly python?: LockedPython
  /** The tools tree that builds it. */
  readonly tools: ToolsLock
}

/** Packages that are installed together. */
export interface PackageGroup {
  /** Names that the recipe asks for; the others came along. */
  readonly wanted: readonly string[]
  /** By name; only what neither the base nor a group before has. */
  readonly packages: readonly PackageFile[]
}

/** All package files that become the image. */
export function allPackages(lock: Pick<Lock, 'base' | 'groups'>): PackageFile[] {
  return [...lock.base, ...lock.groups.flatMap((group) => group.packages)]
}

/** All files that an image is made of: packages, those of Python, and what installs these. */
export function allInputs(lock: Pick<Lock, 'base' | 'groups' | 'python'>): InputFile[] {
  return [...allDebs(lock), ...pythonFiles(lock.python)]
}

/** The package files among them, also such as do not stay in the image. */
export function allDebs(lock: Pick<Lock, 'base' | 'groups' | 'python'>): PackageFile[] {
  const installer = lock.python?.installer
  return [...allPackages(lock), ...(installer ? [installer] : [])]
}

/** SHA-256 of a lock. */
export function lockDigest(lock: Lock): string {
  return sha256(canonicalJson(lock as unknown as Json))
}
