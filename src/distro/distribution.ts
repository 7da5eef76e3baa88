import type { Mirrors } from '../tools/apt/mirrors.ts'
import type { Repository } from '../tools/apt/repository.ts'

/** A file that the base of an image gets besides what packages bring. */
export interface BaseFile {
  readonly path: string
  readonly content: string
  readonly mode?: string
}

/** All that differs between the distributions that `compose` can build. One value per release. */
export interface Distribution {
  /** `debian-13`. */
  readonly id: string
  readonly family: 'debian'
  /** Release name that repositories use: `trixie`. */
  readonly suite: string
  /** For people: `Debian 13`. */
  readonly title: string
  readonly arch: 'amd64'
  /** Repositories that a base is made from. */
  repositories(mirrors: Omit<Mirrors, 'origin'>): readonly Repository[]
  /** Keyring that these are checked with, in the tools tree. */
  readonly keyring: string
  /** What makes a tree a guest that boots in a cloud. */
  readonly basePackages: readonly string[]
  /** Files of the base, in the guest. */
  baseFiles(mirrors: Omit<Mirrors, 'origin'>): readonly BaseFile[]
  /** Units that are on in every image, and those that are off. */
  readonly baseServices: { readonly enable: readonly string[]; readonly disable: readonly string[] }
  /** ext4 features that this release's boot loader or kernel cannot read, for `mke2fs -O`. */
  readonly ext4Without: readonly string[]
}
