import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { run } from '../../src/tools/run.ts'

/** A repository on the loopback that tests fill, sign and break. Needs gpg and dpkg-deb. */
export interface AptRepository extends AsyncDisposable {
  readonly uri: string
  /** Folder that is served. */
  readonly folder: string
  /** Paths that are answered with a status instead of their file. */
  readonly broken: Map<string, number>
  /** Public key, in ASCII armour. */
  readonly key: string
  /** Key of somebody else. */
  readonly otherKey: string
  /** Puts a package into the pool; `scripts` are maintainer scripts, `files` texts by path. */
  add(name: string, scripts: Record<string, string>, options?: PackageOptions): Promise<void>
  /** No suite offers it any more, and its file is gone. */
  withdraw(name: string, version: string): Promise<void>
  /** Writes and signs the indexes of all that was added. */
  publish(options?: ReleaseOptions): Promise<void>
}

export interface PackageOptions {
  readonly version?: string
  readonly files?: Readonly<Record<string, string>>
  /** More of the control file: `Depends`. */
  readonly fields?: Readonly<Record<string, string>>
  /** Suite that offers it. Default: test. */
  readonly suite?: string
  /** Shell commands that change the unpacked package before it is packed, in its folder. */
  readonly prepare?: string
}

export interface ReleaseOptions {
  readonly validUntil?: Date
  /** `inline`: InRelease; `detached`: Release and Release.gpg; `none`: Release alone. */
  readonly signature?: 'inline' | 'detached' | 'none'
  /** Packages in one folder, without dists. */
  readonly flat?: boolean
  readonly suite?: string
}

/** Whether this machine has what {@link aptRepository} needs. */
export async function hasRepositoryTools(): Promise<boolean> {
  try {
    for (const program of ['gpg', 'dpkg-deb']) await run([program, '--version'])
    return true
  } catch {
    return false
  }
}

export async function aptRepository(folder: string): Promise<AptRepository> {
  const home = join(folder, 'gnupg')
  const served = join(folder, 'served')
  await mkdir(home, { recursive: true, mode: 0o700 })
  await mkdir(join(served, 'pool'), { recursive: true })
  const env = { GNUPGHOME: home, PATH: process.env.PATH ?? '', LC_ALL: 'C.UTF-8' }
  const gpg = async (...args: string[]) =>
    (
      await run(
        ['gpg', '--batch', '--yes', '--quiet', '--pinentry-mode', 'loopback', '--passphrase', '', ...args],
        { env },
      )
    ).stdout
  for (const name of ['signer', 'other'])
    await gpg('--quick-generate-key', `${name}@example`, 'ed25519', 'sign', 'never')
  const broken = new Map<string, number>()
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url!, 'http://x').pathname)
    const file = join(served, path)
    const found = await stat(file).catch(() => undefined)
    const status = broken.get(path) ?? (found?.isFile() ? 200 : 404)
    response.writeHead(status)
    response.end(status === 200 ? await readFile(file) : '')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const stanzas = new Map<string, { readonly suite: string; readonly text: string }>()
  return {
    uri: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    folder: served,
    broken,
    key: await gpg('--armor', '--export', 'signer@example'),
    otherKey: await gpg('--armor', '--export', 'other@example'),
    add: async (
      name,
      scripts,
      { version = '1.0', files = {}, fields = {}, suite = 'test', prepare } = {},
    ) => {
      const tree = join(folder, 'tree')
      await mkdir(join(tree, 'DEBIAN'), { recursive: true })
      const control = `Package: ${name}\nVersion: ${version}\nArchitecture: all\nMaintainer: A Test <test@example>\n${Object.entries(
        fields,
      )
        .map(([field, value]) => `${field}: ${value}\n`)
        .join('')}Description: made by a test\n`
      await writeFile(join(tree, 'DEBIAN', 'control'), control)
      for (const [script, text] of Object.entries(scripts))
        await writeFile(join(tree, 'DEBIAN', script), text, { mode: 0o755 })
      for (const [path, text] of Object.entries(files)) {
        await mkdir(join(tree, path, '..'), { recursive: true })
        await writeFile(join(tree, path), text)
      }
      if (prepare) await run(['sh', '-euc', prepare], { cwd: tree })
      const path = `pool/${name}_${version}_all.deb`
      await run(['dpkg-deb', '--root-owner-group', '-Zgzip', '--build', tree, join(served, path)])
      await rm(tree, { recursive: true })
      const bytes = await readFile(join(served, path))
      const text = `${control}Filename: ${path}\nSize: ${bytes.length}\nSHA256: ${hash(bytes)}\n`
      stanzas.set(path, { suite, text })
    },
    withdraw: async (name, version) => {
      const path = `pool/${name}_${version}_all.deb`
      stanzas.delete(path)
      await rm(join(served, path))
    },
    publish: async ({ validUntil, signature = 'inline', flat = false, suite = 'test' } = {}) => {
      const dists = flat ? served : join(served, 'dists', suite)
      const index = flat ? 'Packages' : 'main/binary-amd64/Packages'
      for (const name of await readdir(dists).catch(() => []))
        if (/Release/.test(name)) await rm(join(dists, name))
      await mkdir(join(dists, index, '..'), { recursive: true })
      const offered = [...stanzas.values()].filter((each) => flat || each.suite === suite)
      const packages = offered.map(({ text }) => text).join('\n')
      await writeFile(join(dists, index), packages)
      const lines = [
        ...(flat ? [] : [`Suite: ${suite}`, `Codename: ${suite}`, 'Components: main']),
        'Architectures: amd64 all',
        // Not newer than the distribution's own, so that it changes no times in the image.
        'Date: Thu, 02 Jan 2020 00:00:00 UTC',
        ...(validUntil ? [`Valid-Until: ${validUntil.toUTCString()}`] : []),
        'SHA256:',
        ` ${hash(packages)} ${Buffer.byteLength(packages)} ${index}`,
      ]
      const release = join(dists, 'Release')
      await writeFile(release, `${lines.join('\n')}\n`)
      const sign = (...how: string[]) => gpg('--local-user', 'signer@example', ...how, release)
      if (signature === 'inline') {
        await sign('--output', join(dists, 'InRelease'), '--clear-sign')
        await rm(release)
      } else if (signature === 'detached')
        await sign('--output', join(dists, 'Release.gpg'), '--armor', '--detach-sign')
    },
    [Symbol.asyncDispose]: async () => {
      await new Promise((resolve) => server.close(resolve))
      await run(['gpgconf', '--kill', 'all'], { env }).catch(() => {})
    },
  }
}

function hash(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex')
}
