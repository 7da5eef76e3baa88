#!/bin/sh
# Kiln's probe: waits in a guest until it is up, then says on the second serial port what it is and holds.
# It changes nothing in the image and lies in /run only. POSIX sh; what a guest lacks is left out of the report.
#
# What it is asked lies in $dir/request, lines of TAB-separated words:
#   limit SECONDS · service NAME · file PATH · user NAME · group NAME · command BASE64 · answer tcp PORT ·
#   answer http PORT PATH · answer command BASE64 · after poweroff
# Every line sent is "KILN1 WORD TAB VALUE…"; texts of the guest's making are base64.
dir=/run/kiln-check
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
TZ=UTC
export PATH LC_ALL TZ
tab=$(printf '\t')
exec 3>/dev/ttyS1 || exit 1
# No translation of what is sent.
stty -F /dev/ttyS1 raw -echo 2>/dev/null

up() { read -r now _ </proc/uptime; }
say() { word=$1; shift; line="KILN1 $word"; for value in "$@"; do line="$line$tab$value"; done; printf '%s\n' "$line" >&3; }
b64() { base64 -w 0 | tr -d '\n'; }
# The last bytes of a text, for people.
last() { tail -c 3000 | b64; }
asked() { grep "^$1$tab" "$dir/request" | cut -f 2-; }
have() { command -v "$1" >/dev/null 2>&1; }

up
say hello "$now"
limit=$(asked limit)

# --- wait -------------------------------------------------------------------------------------------------------
# systemctl needs the bus to wait, which is not there yet at first.
{
  until grep -qE 'running|degraded|maintenance|stopping' "$dir/state.part" 2>/dev/null; do
    systemctl is-system-running --wait >"$dir/state.part" 2>/dev/null || sleep 2
  done
  mv "$dir/state.part" "$dir/state"
} &
if have cloud-init; then
  {
    # Its own way to wait starts Python all the time, which slows down an emulated boot.
    while [ ! -e /run/cloud-init/result.json ] && [ ! -e "$dir/state" ]; do sleep 1; done
    cloud-init status --wait >"$dir/cloud.text" 2>&1
    echo $? >"$dir/cloud.part"
    mv "$dir/cloud.part" "$dir/cloud.exit"
  } &
else
  echo none >"$dir/cloud.exit"
fi

try() {
  case $1 in
  tcp) timeout 10 bash -c 'exec 4<>"/dev/tcp/127.0.0.1/$0"' "$2" ;;
  http)
    timeout 20 bash -c '
      exec 4<>"/dev/tcp/127.0.0.1/$0" || exit 1
      printf "GET %s HTTP/1.0\r\nHost: localhost\r\nConnection: close\r\n\r\n" "$1" >&4
      IFS=" " read -r _ status _ <&4
      [ "$status" -ge 200 ] && [ "$status" -lt 400 ]' "$2" "$3" ;;
  command) timeout 60 sh -c "$(printf %s "$2" | base64 -d)" ;;
  esac </dev/null >/dev/null 2>&1
}
asked answer >"$dir/answers"
total=$(wc -l <"$dir/answers")
open=$total
beat=0
while :; do
  number=0
  while [ "$open" -gt 0 ] && IFS=$tab read -r kind first second; do
    if [ ! -e "$dir/answered.$number" ] && try "$kind" "$first" "$second"; then
      up
      say answer "$number" "$now"
      : >"$dir/answered.$number"
      open=$((open - 1))
    fi
    number=$((number + 1))
  done <"$dir/answers"
  [ -e "$dir/cloud.exit" ] && [ -e "$dir/state" ] && [ "$open" -eq 0 ] && break
  up
  [ "${now%.*}" -lt "$limit" ] || break
  beat=$((beat + 1))
  [ $((beat % 5)) -ne 1 ] || say beat "$now"
  sleep 1
done

# --- report -----------------------------------------------------------------------------------------------------
up
say begin "$now"
say kernel "$(uname -r)"
say cmdline "$(b64 </proc/cmdline)"
for file in /etc/os-release /usr/lib/os-release; do [ ! -e $file ] || { say os "$(b64 <$file)"; break; }; done
if [ -d /sys/firmware/efi ]; then
  say firmware uefi
  variable=/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c
  [ ! -r $variable ] || say secureboot "$(od -An -t u1 -j 4 -N 1 $variable | tr -d ' ')"
else
  say firmware bios
fi
say times "$(systemctl show -p FirmwareTimestampMonotonic -p LoaderTimestampMonotonic -p InitRDTimestampMonotonic \
  -p UserspaceTimestampMonotonic -p FinishTimestampMonotonic 2>/dev/null | b64)"

state=$(cat "$dir/state" 2>/dev/null)
say state "${state:-$(systemctl is-system-running 2>/dev/null)}"
[ -e "$dir/state" ] || say jobs "$(systemctl list-jobs --no-legend --no-pager 2>/dev/null | last)"
systemctl list-units --failed --no-legend --plain --no-pager 2>/dev/null | head -n 20 | while read -r unit _; do
  say failed "$unit" "$(journalctl -b -u "$unit" -n 12 --no-pager -o cat 2>/dev/null | last)"
done

say cloudexit "$(cat "$dir/cloud.exit" 2>/dev/null || echo running)"
for name in result status; do
  file=/run/cloud-init/$name.json
  [ ! -r $file ] || say "cloud$name" "$(b64 <$file)"
done
if [ "$(cat "$dir/cloud.exit" 2>/dev/null)" != 0 ] && [ -r /var/log/cloud-init.log ]; then
  say cloudlog "$(grep -E 'WARNING|ERROR|Traceback|Error:' /var/log/cloud-init.log | last)"
  say cloudoutput "$(last </var/log/cloud-init-output.log)"
fi

if have dpkg-query; then
  dpkg-query -W -f "KILN1 package$tab\${Package}$tab\${Version}$tab\${db:Status-Status}\n" >&3 2>/dev/null
  say audit "$(dpkg --audit 2>&1 | last)"
elif have rpm; then
  rpm -qa --qf "KILN1 package$tab%{NAME}$tab%{EVR}${tab}installed\n" >&3 2>/dev/null
fi
if have apt-get; then
  # Both without a network: are dependencies whole, and what would an update fetch?
  apt-get check -qq >"$dir/apt" 2>&1 && apt-get update --print-uris >"$dir/uris" 2>>"$dir/apt" && apt=0 || apt=1
  say apt "$apt" "$(grep -c '^.[a-z+]*:' "$dir/uris" 2>/dev/null)" "$(last <"$dir/apt")"
fi

asked service | while IFS= read -r name; do
  # One answer a line, in the order in which it is asked.
  say service "$name" "$(systemctl show -P LoadState -- "$name")" "$(systemctl is-enabled -- "$name" 2>/dev/null | head -n 1)" \
    "$(systemctl is-active -- "$name" 2>/dev/null | head -n 1)"
done
number=0
asked file >"$dir/files"
while IFS= read -r path; do
  link=
  [ ! -L "$path" ] || link=$(readlink -n -- "$path" | b64)
  if [ -e "$path" ]; then
    sum=
    [ ! -f "$path" ] || sum=$(sha256sum <"$path" | cut -d ' ' -f 1)
    say file "$number" "$(stat -L -c "%a$tab%U$tab%G$tab%s" -- "$path")" "$sum" "$link"
  elif [ -n "$link" ]; then
    say file "$number" "0777${tab}root${tab}root${tab}0" "" "$link"
  else
    say file "$number" missing
  fi
  number=$((number + 1))
done <"$dir/files"
asked user | while IFS= read -r name; do say user "$name" "$(getent passwd "$name" | b64)"; done
asked group | while IFS= read -r name; do say group "$name" "$(getent group "$name" | b64)"; done

# The root file system, its partition and its disk, in bytes and sectors of 512.
source=$(findmnt -n -o SOURCE /)
device=$(basename "$(readlink -f "$source")")
block=/sys/class/block/$device
if [ -e "$block/partition" ]; then
  disk=$(basename "$(dirname "$(readlink -f "$block")")")
  say root "$(df -B1 --output=size / | tail -n 1 | tr -d ' ')" "$device" "$(cat "$block/start")" "$(cat "$block/size")" \
    "$disk" "$(cat "/sys/class/block/$disk/size")"
fi

say machineid "$(cat /etc/machine-id 2>/dev/null)"
booted=$(sed -n 's/^btime //p' /proc/stat)
for key in /etc/ssh/ssh_host_*_key.pub; do
  [ ! -e "$key" ] || say hostkey "$(basename "$key")" "$(($(stat -c %Y "$key") - booted))" "$(cut -d ' ' -f 2 "$key" | sha256sum | cut -c 1-32)"
done
[ ! -e /usr/sbin/sshd ] || say sshd present
say addresses "$(ip -o addr show scope global 2>/dev/null | sed 's/.* inet6\{0,1\} \([^ ]*\).*/\1/' | tr '\n' ' ')"

number=0
asked command >"$dir/commands"
while IFS= read -r text; do
  timeout 600 sh -c "$(printf %s "$text" | base64 -d)" </dev/null >"$dir/output" 2>&1
  status=$?
  say command "$number" "$status" "$(last <"$dir/output")"
  number=$((number + 1))
done <"$dir/commands"
up
say end "$now"
[ "$(asked after)" != poweroff ] || systemctl poweroff
