# Runs in the guest, its tree as the root, and does what grub-install would do if there were a device:
# KILN_FSTAB and KILN_DEFAULTS are texts of files, KILN_SEARCH what GRUB's image for PC BIOS runs first,
# KILN_BIOS and KILN_UEFI say which firmwares the disk is for.
umask 022
printf %s "$KILN_FSTAB" >/etc/fstab
mkdir -p /etc/default/grub.d
printf %s "$KILN_DEFAULTS" >/etc/default/grub.d/50-kiln.cfg

# Debian's grub-cloud packages install GRUB anew after upgrades only where this file is, and always for both firmwares.
if [ -n "$KILN_BIOS" ] && [ -n "$KILN_UEFI" ]; then : >/etc/grub.d/enable_cloud; fi

rm -rf /boot/grub
mkdir -p /boot/grub
modules() {
  mkdir "/boot/grub/$1"
  cp "/usr/lib/grub/$1"/*.mod "/usr/lib/grub/$1"/*.lst "/boot/grub/$1/"
}
if [ -n "$KILN_BIOS" ]; then
  modules i386-pc
  cp /usr/lib/grub/i386-pc/boot.img /boot/grub/i386-pc/
  printf %s "$KILN_SEARCH" >/boot/grub/i386-pc/load.cfg
  grub-mkimage -O i386-pc -d /usr/lib/grub/i386-pc -o /boot/grub/i386-pc/core.img -p '(,gpt1)/boot/grub' \
    -c /boot/grub/i386-pc/load.cfg biosdisk part_gpt ext2 search_fs_uuid
fi
if [ -n "$KILN_UEFI" ]; then
  mkdir -p /boot/efi
  modules x86_64-efi
fi
grub-mkconfig -o /boot/grub/grub.cfg
