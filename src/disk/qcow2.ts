import type { Sandbox } from '../tools/sandbox/sandbox.ts'

export interface Qcow2Options {
  /** `zlib` for QEMU before 5.1. Default: `zstd`. */
  readonly compression?: 'zstd' | 'zlib'
}

/**
 * Turns a raw disk into a compressed qcow2; both are sandbox paths. The same raw disk gives the same bytes, whether its
 * empty parts are holes or zeros: clusters are compressed side by side but written in their order (no `-W`).
 */
export async function writeQcow2(
  sandbox: Sandbox,
  raw: string,
  target: string,
  { compression = 'zstd' }: Qcow2Options = {},
): Promise<void> {
  await sandbox.run(
    [
      ...['qemu-img', 'convert', '-f', 'raw', '-O', 'qcow2', '-c', '-m', '2'],
      ...[
        '-o',
        `compat=1.1,cluster_size=65536,lazy_refcounts=off,compression_type=${compression}`,
        raw,
        target,
      ],
    ],
    { what: 'Compressing the disk' },
  )
}
