import { open } from 'node:fs/promises'
import { inputError } from '../../core/error.ts'

const DEVICE = '/dev/net/tun'

/** Why no network device can be made in a sandbox on this host, as half a sentence; undefined when it can. */
export async function whyNoTap(device = DEVICE): Promise<string | undefined> {
  try {
    // Opening alone makes nothing; it also shows whether the kernel has the driver and a container's rules allow it.
    const handle = await open(device, 'r+')
    await handle.close()
    return undefined
  } catch (error) {
    const code = String((error as NodeJS.ErrnoException).code)
    if (['ENOENT', 'ENODEV', 'ENXIO'].includes(code)) return `this host has no ${device}`
    return `${device} cannot be opened here (${code})`
  }
}

/** @throws KilnError `KILN_NO_TAP` when there is none. */
export async function needTap(device = DEVICE): Promise<void> {
  const why = await whyNoTap(device)
  if (why === undefined) return
  throw inputError('KILN_NO_TAP', `A guest cannot get a network of its own: ${why}.`, {
    hint: `Only checks over IPv6 need it; root can allow it with: modprobe tun && chmod 666 ${DEVICE}.`,
  })
}
