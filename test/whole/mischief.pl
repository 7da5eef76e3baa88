# What a hostile package may try while it is installed; run as its postinst. Says what it got, a line each.
use strict;
use warnings;
use Socket;
use constant { SYS_mount => 165, SYS_unshare => 272, SYS_setns => 308, SYS_keyctl => 250, SYS_bpf => 321, SYS_io_uring => 425 };
$| = 1;
my ($secret, $port) = map { my $x = `cat /usr/share/mischief/$_`; chomp $x; $x } qw(secret port);
sub got { my ($what, $how) = @_; print "mischief: $what: ", ($how // 'held'), "\n" }
sub content { my ($path) = @_; open my $file, '<', $path or return; local $/; return scalar <$file> }

# Files of the host and of the sandbox.
my @ways = ($secret, "../../../../../../../..$secret", map { ("$_/root$secret", "$_/cwd$secret", "$_/root/build", "$_/root/in/objects") } glob '/proc/[0-9]*');
got('read the host', join ' ', grep { defined content($_) || -d $_ } @ways) if grep { defined content($_) || -d $_ } @ways;
mkdir '/tmp/below';
if (!fork) {
    # The old way out of a chroot.
    opendir my $here, '/'; chroot '/tmp/below'; chdir $here; chdir '..' for 1 .. 64; chroot '.';
    got('left by chroot', content($secret) ? 'read it' : undef);
    got('a folder of the build', join ' ', grep { -e } '/in', '/build', '/in/out', '/in/debs');
    exit;
}
wait;
got('variables', join ' ', sort grep { !/^(PATH|HOME|PWD|SHLVL|_|LC_ALL|TZ|TMPDIR|RUNLEVEL|SYSTEMD_OFFLINE|DPKG\w*|DEB\w*|DEBIAN\w*|PERL\w*|APT\w*|OLDPWD|DEBCONF\w*)$/ } keys %ENV);
got('processes', join ' ', map { (content("$_/cmdline") // '') =~ /^([^\0]*)/ } glob '/proc/[0-9]*');
got('open files', join ' ', grep { (readlink("/proc/self/fd/$_") // '/proc') !~ m{^(pipe|socket):|/dev/null|/proc|/mischief|mischief\.postinst|/var/lib/dpkg} } map { m{(\d+)$} } glob '/proc/self/fd/*');

# The network.
for my $family (AF_INET) {
    socket my $socket, $family, SOCK_STREAM, 0;
    got('network', connect($socket, sockaddr_in($port, inet_aton('127.0.0.1'))) ? 'connected' : undef);
}

# The kernel.
my ($none, $tmpfs, $mnt) = ("none\0", "tmpfs\0", "/mnt\0");
my $buffer = "\0" x 256;
got('mount', syscall(SYS_mount, $none, $mnt, $tmpfs, 0, 0) == -1 ? undef : 'mounted');
got('user namespace', syscall(SYS_unshare, 0x10000000) == -1 ? undef : 'made');
got('mount namespace', syscall(SYS_unshare, 0x20000) == -1 ? undef : 'made');
open my $ns, '<', '/proc/1/ns/mnt';
got('setns', syscall(SYS_setns, fileno($ns), 0) == -1 ? undef : 'entered');
got('keys', syscall(SYS_keyctl, 0, -3, 0) == -1 ? undef : 'session keyring');
got('bpf', syscall(SYS_bpf, 0, $buffer, 72) == -1 ? undef : 'made');
got('io_uring', syscall(SYS_io_uring, 4, $buffer) == -1 ? undef : 'made');
got('device', join ' ', grep { system("mknod /tmp/node $_ 2>/dev/null") == 0 } 'c 1 1', 'b 254 0', 'c 10 200');
for my $file ('kernel/core_pattern', 'kernel/hostname', 'kernel/modprobe', 'net/ipv4/ip_forward', 'vm/drop_caches') {
    got($file, open(my $out, '>', "/proc/sys/$file") ? 'may be written' : undef);
}
my ($name) = `cat /proc/sys/kernel/hostname` =~ /(\S+)/;
got('name of the machine', $name eq 'localhost' ? undef : $name);

# Room, processes, time.
got('shared memory', system('head -c 300m /dev/zero >/dev/shm/full 2>/dev/null') ? undef : 'more than 256 MiB');
got('/run', system('head -c 100m /dev/zero >/run/full 2>/dev/null') ? undef : 'more than 64 MiB');
unlink '/dev/shm/full', '/run/full';
got('processes without end', `ulimit -u unlimited 2>&1 && echo yes` =~ /yes/ ? 'unlimited' : undef);
if (!fork) { setpgrp; open STDOUT, '>/dev/null'; open STDERR, '>/dev/null'; exec 'sleep', '86399' }
