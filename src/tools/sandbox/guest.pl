# Runs a program inside a guest's tree: guest.pl ROOT [SOURCE TARGET]... -- PROGRAM ARGUMENT...
# Own mount, process, IPC and UTS namespaces; the tree becomes the root and the sandbox is gone from sight; of the
# capabilities only those stay that maintainer scripts use, and filter.pl, which is read before this, says what they may
# not ask of the kernel. System calls by number, because no program of the tools tree can be called any more once the
# root has changed, and the guest's own may not be there yet.
# With KILN_SHELL in the environment the program is a user's: it has a first process above it, which reaps and lets
# signals end it, and if that is "ROWS COLUMNS" a terminal (terminal.pl).
use strict;
use warnings;
use constant { CLONE_NEWNS => 0x20000, CLONE_NEWUTS => 0x04000000, CLONE_NEWIPC => 0x08000000, CLONE_NEWPID => 0x20000000 };
use constant { MS_BIND => 4096, MS_REC => 16384, MS_PRIVATE => 1 << 18, MNT_DETACH => 2 };
use constant { MS_RDONLY => 1, MS_NOSUID => 2, MS_NODEV => 4, MS_NOEXEC => 8, MS_REMOUNT => 32 };
use constant { PR_CAPBSET_DROP => 24, PR_SET_PDEATHSIG => 1, PR_SET_SECCOMP => 22, SECCOMP_MODE_FILTER => 2 };
use constant { RLIMIT_CORE => 4, RLIMIT_NPROC => 6, RLIMIT_NOFILE => 7, KEYCTL_JOIN_SESSION_KEYRING => 1 };
# What a guest may have at most, by user: a script that forks without end is stopped by this, builds need some dozens.
use constant PROCESSES => 8192;

my %number = (
    x86_64 => { mount => 165, umount2 => 166, pivot_root => 155, unshare => 272, prctl => 157, sethostname => 170,
        keyctl => 250, prlimit64 => 302, close_range => 436 },
    aarch64 => { mount => 40, umount2 => 39, pivot_root => 41, unshare => 97, prctl => 167, sethostname => 161,
        keyctl => 219, prlimit64 => 261, close_range => 436 },
);
chomp(my $machine = (POSIX::uname())[4]) if require POSIX;
my $call = $number{$machine} or die "guest.pl: unknown machine $machine\n";

sub try {
    my ($name, @arguments) = @_;
    # syscall() wants numbers as numbers and buffers as writable strings.
    return syscall($call->{$name}, map { my $copy = $_; $copy =~ /^\d+\z/ ? $copy + 0 : $copy } @arguments) != -1;
}

sub call {
    my ($name, @arguments) = @_;
    try(@_) or die "guest.pl: $name(@arguments): $!\n";
}

# Sets something of the kernel's, where it may be set.
sub put {
    my ($path, $value) = @_;
    open my $file, '>', $path or return;
    syswrite $file, $value;
    close $file;
}

sub limit {
    my ($which, $most) = @_;
    my $now = "\0" x 16;
    syscall($call->{prlimit64}, 0, $which, 0, $now) == 0 or die "guest.pl: prlimit: $!\n";
    my (undef, $hard) = unpack 'QQ', $now;
    my $soft = $most < $hard ? $most : $hard;
    # Open files may be raised by a server that needs more; the others are for good.
    $hard = $soft if $which != RLIMIT_NOFILE;
    call('prlimit64', 0, $which, pack('QQ', $soft, $hard), 0);
}

# A folder or file of the guest that something is mounted on, made if need be. Links of the guest that lead out of its
# tree would be followed in ours.
sub place {
    my ($path, $folder) = @_;
    my $at = '/tmp/guest';
    my @names = grep { length } split m{/}, $path;
    while (defined(my $name = shift @names)) {
        $at .= "/$name";
        if (-l $at) {
            my $to = readlink $at;
            die "guest.pl: $path: $to leads out of the guest\n" if $to =~ m{^/} || grep { $_ eq '..' } split m{/}, $to;
            unshift @names, grep { length && $_ ne '.' } split m{/}, $to;
            $at =~ s{/[^/]*\z}{};
        }
        elsif (@names || $folder) { mkdir $at }
        elsif (!-e $at) { open my $file, '>', $at or die "guest.pl: $path: $!\n" }
    }
    return $at;
}

my $root = shift @ARGV;
my @binds;
while (@ARGV && $ARGV[0] ne '--') { push @binds, [shift @ARGV, shift @ARGV] }
shift @ARGV;

my $shell = delete $ENV{KILN_SHELL};
my ($rows, $columns) = defined $shell ? $shell =~ /^(\d+) (\d+)\z/ : ();
my ($mounted, $say_mounted, $opened, $say_opened);
if ($rows) {
    pipe $mounted, $say_mounted or die "guest.pl: pipe: $!\n";
    pipe $opened, $say_opened or die "guest.pl: pipe: $!\n";
}

call('unshare', CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS);
my $child = fork // die "guest.pl: fork: $!\n";
if ($child) {
    $SIG{$_} = sub { kill 'KILL', $child } for qw(INT TERM HUP);
    close $_ for grep { defined } $say_mounted, $opened;
    # Its mounts are ours, too.
    if ($rows && sysread $mounted, my $byte, 1) {
        my ($master, $number) = open_terminal('/tmp/guest/dev/pts', $rows, $columns);
        syswrite $say_opened, pack 'n', $number;
        close $say_opened;
        relay($master);
    }
    waitpid $child, 0;
    exit($? & 127 ? 128 + ($? & 127) : $? >> 8);
}
call('prctl', PR_SET_PDEATHSIG, 9, 0, 0, 0);
# The host's own name would find its way into certificates and mail names.
call('sethostname', 'localhost', 9);
call('mount', 'none', '/', 'none', MS_REC | MS_PRIVATE, 0);
mkdir '/tmp/guest';
call('mount', $root, '/tmp/guest', 'none', MS_BIND, 0);
my %at = map { my $at = "/tmp/guest/$_"; die "guest.pl: /$_ of the guest is a link\n" if -l $at; mkdir $at; $_ => $at }
    qw(proc dev sys run tmp);
my $private = MS_NOSUID | MS_NODEV;
call('mount', 'proc', $at{proc}, 'proc', $private | MS_NOEXEC, 0);
# By all users together, where the kernel counts ids by namespace (since 6.14); elsewhere this cannot be written.
put("$at{proc}/sys/kernel/pid_max", 2 * PROCESSES);
call('mount', "$at{proc}/sys", "$at{proc}/sys", 'none', MS_BIND, 0);
call('mount', 'none', "$at{proc}/sys", 'none', MS_BIND | MS_REMOUNT | MS_RDONLY | $private | MS_NOEXEC, 0);
# Nothing that a guest puts here is seen by the next one, and none of it can fill the machine's memory.
call('mount', 'run', $at{run}, 'tmpfs', $private, 'mode=755,size=64m,nr_inodes=16k');
call('mount', 'tmp', $at{tmp}, 'tmpfs', $private, 'mode=1777,size=25%,nr_inodes=256k');
call('mount', 'dev', $at{dev}, 'tmpfs', MS_NOSUID, 'mode=755,size=1m,nr_inodes=1k');
for my $node (qw(null zero full random urandom tty)) {
    next if !-e "/dev/$node";
    call('mount', "/dev/$node", place("/dev/$node"), 'none', MS_BIND, 0);
}
mkdir "$at{dev}/$_" for qw(pts shm);
call('mount', 'devpts', "$at{dev}/pts", 'devpts', MS_NOSUID | MS_NOEXEC, 'newinstance,ptmxmode=0666,mode=620');
call('mount', 'shm', "$at{dev}/shm", 'tmpfs', $private, 'mode=1777,size=256m,nr_inodes=16k');
my %link = (ptmx => 'pts/ptmx', fd => '/proc/self/fd', stdin => 'fd/0', stdout => 'fd/1', stderr => 'fd/2');
symlink $link{$_}, "$at{dev}/$_" or die "guest.pl: /dev/$_: $!\n" for sort keys %link;
my $terminal;
if ($rows) {
    close $_ for $mounted, $say_opened;
    syswrite $say_mounted, '.';
    sysread $opened, my $number, 2 or exit 1;
    $terminal = unpack 'n', $number;
}
mkdir "$at{run}/lock" and chmod 01777, "$at{run}/lock";
for my $bind (@binds) {
    my ($source, $target) = @$bind;
    my $at = place($target, -d $source);
    call('mount', $source, $at, 'none', MS_BIND, 0);
    call('mount', 'none', $at, 'none', MS_BIND | MS_REMOUNT | MS_RDONLY | $private, 0);
}
chdir '/tmp/guest' or die "guest.pl: $!\n";
call('pivot_root', '.', '.');
call('umount2', '.', MNT_DETACH);
chdir '/' or die "guest.pl: $!\n";
umask 022;
# When memory is short the kernel ends these first, not what else runs on the machine.
put('/proc/self/oom_score_adj', 1000);
limit(RLIMIT_CORE, 0);
limit(RLIMIT_NPROC, PROCESSES);
limit(RLIMIT_NOFILE, 1024);
# The user's session may hold keys, and his shell open files; both would be handed on.
try('keyctl', KEYCTL_JOIN_SESSION_KEYRING, 0, 0, 0, 0);
# CHOWN DAC_OVERRIDE FOWNER FSETID KILL SETGID SETUID SETPCAP NET_BIND_SERVICE SYS_CHROOT SETFCAP
my %keep = map { $_ => 1 } 0, 1, 3 .. 8, 10, 18, 31;
open my $last, '<', '/proc/sys/kernel/cap_last_cap' or die "guest.pl: $!\n";
for my $capability (0 .. <$last>) { call('prctl', PR_CAPBSET_DROP, $capability, 0, 0, 0) if !$keep{$capability} }
close $last;
my ($program, $text) = filter();
call('prctl', PR_SET_SECCOMP, SECCOMP_MODE_FILTER, $program, 0, 0);
if (defined $shell) {
    my $program = fork // die "guest.pl: fork: $!\n";
    if ($program) {
        my $ended;
        do { $ended = wait } until $ended == $program || $ended < 0;
        POSIX::_exit($? & 127 ? 128 + ($? & 127) : $? >> 8);
    }
    take_terminal($terminal) if defined $terminal;
}
if (!try('close_range', 3, 0xffffffff, 0)) { require POSIX; POSIX::close($_) for 3 .. 1023 }
no warnings 'exec';
exec { $ARGV[0] } @ARGV or do { print STDERR "guest.pl: $ARGV[0]: $!\n"; POSIX::_exit(127) };
