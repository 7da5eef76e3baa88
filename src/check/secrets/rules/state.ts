import type { PlaceRule } from '../types.ts'

/** Lines with anything but white space and comments: their offsets. */
function written(text: string): number[] {
  const found: number[] = []
  for (const line of text.matchAll(/^[^\n]*$/gm)) if (/^\s*[^\s#]/.test(line[0])) found.push(line.index)
  return found
}

/** What a machine makes for itself, and what its users leave: it must not be the same on many. */
export const stateRules: readonly PlaceRule[] = [
  {
    kind: 'machine-id',
    what: 'id of a machine',
    path: /^(etc|var\/lib\/dbus)\/machine-id$/,
    find: (text) => /^[0-9a-f-]{32,36}\s*$/i.test(text),
  },
  {
    kind: 'machine-id',
    what: 'id of a host for storage',
    path: /^etc\/(nvme\/host(id|nqn)|hostid)$/,
    find: (text) => text.trim().length > 0,
  },
  {
    kind: 'machine-id',
    what: 'name of an iSCSI initiator',
    path: /^etc\/iscsi\/initiatorname\.iscsi$/,
    find: (text) => /^InitiatorName=iqn\.\S+:\S+/m.test(text),
  },
  {
    kind: 'host-key',
    what: 'SSH host key',
    path: /^etc\/(ssh|dropbear)\/(ssh_host_\w+_key|dropbear_\w+_host_key)$/,
  },
  {
    kind: 'random-seed',
    what: 'seed for random numbers',
    path: /^var\/lib\/(systemd\/random-seed|urandom\/random-seed|random-seed|misc\/random-seed)$|^(boot\/(efi\/)?|efi\/)loader\/random-seed$|(^|\/)\.rnd$/,
  },
  {
    kind: 'machine-id',
    what: 'key of a machine for its credentials',
    path: /^var\/lib\/systemd\/(credential\.secret|tpm2-srk-public-key.*)$/,
  },
  {
    kind: 'dhcp-lease',
    what: 'lease of a DHCP client',
    path: /^var\/lib\/(dhcp\d?|dhclient|dhcpcd\d?|NetworkManager)\/[^/]*\.?leases?(6)?$|^var\/lib\/dhcpcd\/[^/]*\.lease\d?$|^run\/systemd\/netif\/leases\//,
    find: (text) => text.trim().length > 0,
  },
  {
    kind: 'dhcp-lease',
    what: 'identifier of a DHCP client',
    path: /^(etc\/dhcpcd\.duid|var\/lib\/dhcpcd\/(duid|secret)|var\/lib\/NetworkManager\/(secret_key|timestamps)|var\/lib\/dhcp\/dhclient6?\.duid)$/,
  },
  {
    kind: 'cloud-init-state',
    what: 'data of an instance that cloud-init has seen',
    path: /^var\/lib\/cloud\/(instance$|instances\/[^/]+\/|data\/[^/]+$|sem\/[^/]+$|seed\/[^/]+\/[^/]+$)|^run\/cloud-init\/[^/]+$/,
    entries: ['file', 'link'],
  },
  {
    kind: 'cloud-init-state',
    what: 'log of cloud-init',
    path: /^var\/log\/cloud-init(-output)?\.log$/,
  },
  {
    kind: 'shell-history',
    what: 'what was typed in a shell or client',
    path: /(^|\/)(\.(bash|zsh|sh|ash|ksh|fish|python|mysql|mariadb|psql|sqlite|rediscli|mongo|node_repl|irb|php|octave|R|gdb|influx|dbshell)_?history|\.history|\.histfile|\.Rhistory|\.lesshst|\.viminfo|fish_history|\.mongorc\.history|mongosh_repl_history)$/,
  },
  {
    kind: 'authorized-keys',
    what: 'public key that may log in',
    path: /(^|\/)\.ssh\/authorized_keys2?$|^etc\/ssh\/authorized_keys(\/|$)|^etc\/dropbear\/authorized_keys$/,
    find: written,
  },
  {
    kind: 'core-dump',
    what: 'memory of a program that crashed',
    path: /^var\/(lib\/systemd\/coredump|crash)\/.|(^|\/)core(\.\d+)?$/,
    find: (text, path) => path.startsWith('var/') || text.startsWith('\x7fELF'),
  },
  {
    kind: 'host-key',
    what: 'credential of systemd in plain text',
    path: /^etc\/credstore\/[^/]+$/,
  },
]
