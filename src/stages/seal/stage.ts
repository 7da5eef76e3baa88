import { type Stage, TREE, toolScript } from '../stage.ts'

export interface SealOptions {
  /** Which folders get the time of the lock; default: all, for the build has made them. */
  readonly folders?: 'newer'
}

const SNAKEOIL = `[Unit]
Description=Self-signed certificate of this machine
ConditionPathExists=!/etc/ssl/private/ssl-cert-snakeoil.key
DefaultDependencies=no
After=local-fs.target systemd-tmpfiles-setup.service
Before=sysinit.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/sbin/make-ssl-cert generate-default-snakeoil

[Install]
WantedBy=sysinit.target
`

/** Nothing that must differ between machines, nor anything that only the build needed, may be in an image. */
export const sealStage: Stage<SealOptions> = {
  name: 'seal',
  version: 3,
  async run({ folders }, context) {
    await toolScript(
      context,
      `cd "$1"
# identity: made anew by each machine at its first boot
rm -f etc/ssh/ssh_host_* var/lib/dbus/machine-id var/lib/systemd/random-seed var/lib/systemd/credential.secret
: >etc/machine-id
# the key of the package ssl-cert, which its script makes once: each machine makes its own before any service starts
if [ -e etc/ssl/private/ssl-cert-snakeoil.key ] && [ -x usr/sbin/make-ssl-cert ]; then
  find etc/ssl/certs -lname '*ssl-cert-snakeoil.pem' -delete
  rm -f etc/ssl/private/ssl-cert-snakeoil.key etc/ssl/certs/ssl-cert-snakeoil.pem
  mkdir -p etc/systemd/system/sysinit.target.wants
  cat >etc/systemd/system/ssl-cert-snakeoil.service
  ln -sf ../ssl-cert-snakeoil.service etc/systemd/system/sysinit.target.wants/ssl-cert-snakeoil.service
fi
# state of tools that would take this machine for one that has booted before
rm -rf var/lib/cloud var/lib/heat-cfntools var/cache/heat-cfntools
rm -f var/log/cfn-init.log var/log/heat-provision.log
# what the build left
rm -f usr/sbin/policy-rc.d var/tmp/kiln-* root/.bash_history root/.rnd
rm -rf var/cache/apt/archives/*.deb var/cache/apt/*.bin var/lib/apt/lists/* var/cache/ldconfig/aux-cache
rm -f var/cache/debconf/*-old var/lib/dpkg/*-old var/cache/man/* 2>/dev/null || :
[ ! -e usr/sbin/policy-rc.d.kiln-kept ] || mv usr/sbin/policy-rc.d.kiln-kept usr/sbin/policy-rc.d
rm -f etc/passwd- etc/group- etc/shadow- etc/gshadow- etc/subuid- etc/subgid-
rm -rf var/log/apt var/log/dpkg.log var/log/alternatives.log var/log/bootstrap.log var/log/fontconfig.log
mkdir -m 755 var/log/apt
find var/log -type f -exec sh -c ': >"$1"' sh {} \\;
find tmp var/tmp run -mindepth 1 -delete
# the day a password was last changed is the day of the lock, not of the build
day=$(($2 / 86400))
awk -F: -v OFS=: -v day="$day" '$3 ~ /^[0-9]+$/ && $3 > day { $3 = day } { print }' etc/shadow >/build/shadow
cat /build/shadow >etc/shadow; rm /build/shadow
# a folder's time says when the build touched it, and in which of two unpackings at once that came last
find . -type d $3 -exec touch -h -d "@$2" {} +
# nothing is left to be brought up to date at the first boot: systemd compares these with the time of /usr
touch -d "@$2" etc/.updated var/.updated etc var`,
      [TREE, String(context.epoch), folders === 'newer' ? `-newermt @${context.epoch}` : ''],
      { what: 'sealing the tree', input: SNAKEOIL },
    )
  },
}
