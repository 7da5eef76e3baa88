# Builds the mount namespace of a sandbox and ends as its first process.
#
#   sh stage.sh outer …   in a mount namespace of its own: gathers what the sandbox may see below /sys/new
#   sh stage.sh inner …   in all the namespaces: own /proc, /dev, /tmp; the gathered tree becomes the root
#
# Environment: KILN_STAGE this file's text · KILN_INIT text of init.pl · KILN_TOOLS tools tree · KILN_BINDS lines of
# "ro|rw TAB source TAB target" · KILN_WORK "memory BYTES" or "disk" (then a bind for /build is among KILN_BINDS) ·
# KILN_ENTER command that enters the user namespace (root only; a user is in it already) · KILN_NET --net or empty ·
# KILN_KVM 1 where the guest runner may use /dev/kvm · KILN_TAP 1 where it may make a network device of its own.
set -eu

gather() {
  # /sys, because no store or build lies below it that this would hide.
  mount -t tmpfs -o mode=755,size=1m kiln /sys
  mkdir /sys/new
  mount --rbind "$KILN_TOOLS" /sys/new
  mount -o remount,bind,ro,nosuid,nodev /sys/new
  mount -t tmpfs -o mode=755,nosuid,nodev kiln /sys/new/in
  # On hosts where only root may open it root gets a node of its own; what it makes is in the sandbox's network only.
  if [ -n "$KILN_TAP" ]; then mknod -m 666 /sys/tun c 10 200 2>/dev/null || ln -s /dev/net/tun /sys/tun; fi
  tab=$(printf '\t')
  printf '%s\n' "$KILN_BINDS" | while IFS=$tab read -r mode source target; do
    [ -n "$mode" ] || continue
    if [ -d "$source" ]; then mkdir -p "/sys/new$target"; else : >"/sys/new$target"; fi
    mount --rbind "$source" "/sys/new$target"
    # nosuid and nodev are named because a mount that already has them may not lose them in a user namespace.
    if [ "$mode" = ro ]; then mount -o remount,bind,ro,nosuid,nodev "/sys/new$target"; fi
  done
}

settle() {
  # Whoever could make a user namespace of his own would be root in it again, with all that filters then let pass.
  { echo 0 >/proc/sys/user/max_user_namespaces; } 2>/dev/null || :
  # Our process id as the host sees it: /proc is still the host's.
  read -r me rest </proc/self/stat
  case $KILN_WORK in
  # A file takes memory of its own besides its bytes; one for each 4 KiB is more than any tree has.
  memory*)
    bytes=${KILN_WORK#memory }
    mount -t tmpfs -o "mode=755,size=$bytes,nr_inodes=$((bytes / 4096 + 1024))" kiln /sys/new/build
    ;;
  esac
  mount --rbind /sys/new /sys/new
  cd /sys/new
  mount -t proc -o nosuid,nodev,noexec proc proc
  mount -t tmpfs -o mode=1777,nosuid,nodev,size=25% kiln tmp
  mount -t tmpfs -o mode=755,nosuid,nodev,size=64m kiln run
  mount -t tmpfs -o mode=755,nosuid,size=1m kiln dev
  for node in null zero full random urandom tty ${KILN_KVM:+kvm}; do
    if [ -e "/dev/$node" ]; then : >"dev/$node"; mount --bind "/dev/$node" "dev/$node"; fi
  done
  if [ -n "$KILN_TAP" ]; then mkdir dev/net; : >dev/net/tun; mount --bind /sys/tun dev/net/tun; fi
  mkdir dev/pts dev/shm
  mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts
  mount -t tmpfs -o mode=1777,nosuid,nodev kiln dev/shm
  ln -s pts/ptmx dev/ptmx
  ln -s /proc/self/fd dev/fd
  ln -s fd/0 dev/stdin
  ln -s fd/1 dev/stdout
  ln -s fd/2 dev/stderr
  pivot_root . run
  umount -l /run
  cd /
  echo "ready $me"
  exec env -i PATH=/usr/sbin:/usr/bin /usr/bin/perl -e "$KILN_INIT"
}

case $1 in
outer)
  gather
  # shellcheck disable=SC2086
  exec ${KILN_ENTER:-} unshare --mount --propagation private --pid ${KILN_NET:-} --ipc --uts --fork --kill-child=KILL \
    sh -c "$KILN_STAGE" stage.sh inner
  ;;
inner) settle ;;
esac
