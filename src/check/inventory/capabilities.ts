/** Names of Linux capabilities by their bits. */
const NAMES = (
  'chown dac_override dac_read_search fowner fsetid kill setgid setuid setpcap linux_immutable net_bind_service ' +
  'net_broadcast net_admin net_raw ipc_lock ipc_owner sys_module sys_rawio sys_chroot sys_ptrace sys_pacct sys_admin ' +
  'sys_boot sys_nice sys_resource sys_time sys_tty_config mknod lease audit_write audit_control setfcap mac_override ' +
  'mac_admin syslog wake_alarm block_suspend audit_read perfmon bpf checkpoint_restore'
).split(' ')

/**
 * What the attribute `security.capability` of a file says, as `getcap` writes it: `cap_net_raw=ep`. What it cannot be is shown
 * as it is, in hexadecimal.
 */
export function capabilityText(value: Uint8Array): string {
  const data = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  const words = data.length === 12 ? 1 : data.length === 20 || data.length === 24 ? 2 : 0
  if (words === 0) return data.toString('hex')
  const magic = data.readUInt32LE(0)
  const version = magic >>> 24
  if (version !== (data.length === 12 ? 1 : data.length === 20 ? 2 : 3)) return data.toString('hex')
  const effective = (magic & 1) === 1
  const sets = (at: number) =>
    Array.from(
      { length: words },
      (_, n) => BigInt(data.readUInt32LE(4 + n * 8 + at)) << BigInt(32 * n),
    ).reduce((all, word) => all | word, 0n)
  const [permitted, inheritable] = [sets(0), sets(4)]
  const groups = new Map<string, string[]>()
  for (let bit = 0; bit < words * 32; bit++) {
    const [p, i] = [(permitted >> BigInt(bit)) & 1n, (inheritable >> BigInt(bit)) & 1n]
    if (p === 0n && i === 0n) continue
    const flags = `${effective ? 'e' : ''}${i ? 'i' : ''}${p ? 'p' : ''}`
    groups.set(flags, [...(groups.get(flags) ?? []), `cap_${NAMES[bit] ?? bit}`])
  }
  const text = [...groups].map(([flags, names]) => `${names.join(',')}=${flags}`).join(' ')
  const root = data.length === 24 ? data.readUInt32LE(20) : 0
  return root === 0 ? text : `${text} [rootid=${root}]`
}
