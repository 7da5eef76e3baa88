# System calls that no maintainer script needs and that reach deep into the kernel: mounts, namespaces, keys, other
# processes' handles, modules, clocks, io_uring. Refused as a kernel without them would. Put before guest.pl.
use strict;
use warnings;
use constant { EPERM => 1, ENOSYS => 38, SECCOMP_RET_ERRNO => 0x00050000, SECCOMP_RET_ALLOW => 0x7fff0000 };
# Instructions: load a word, jump if equal / greater or equal / any bit set, return.
use constant { LOAD => 0x20, EQUAL => 0x15, AT_LEAST => 0x35, BITS => 0x45, RETURN => 0x06 };
# Where the data of a call lie: its number, the machine, the lower half of the first argument.
use constant { AT_NUMBER => 0, AT_MACHINE => 4, AT_FIRST => 16 };
# Bits of clone and unshare that make namespaces: mount, cgroup, UTS, IPC, user, process, network.
use constant NAMESPACES => 0x7e020000;

# Numbers by machine: AUDIT_ARCH_X86_64, _I386 (programs of 32 bits on the former) and _AARCH64. The latter two have
# the same calls as the first, and of i386 those that exist twice.
my %refused = (
    0xc000003e => [
        165, 166, 155, 308,           # mount umount2 pivot_root setns
        248 .. 250,                   # add_key request_key keyctl
        303, 304,                     # name_to_handle_at open_by_handle_at
        246, 320, 175, 313, 176,      # kexec_load kexec_file_load init_module finit_module delete_module
        167, 168, 163, 169, 103,      # swapon swapoff acct reboot syslog
        164, 227, 159, 305,           # settimeofday clock_settime adjtimex clock_adjtime
        172, 173, 179, 300,           # iopl ioperm quotactl fanotify_init
        298,                          # perf_event_open
    ],
    0x40000003 => [
        21, 22, 52, 217, 346, 286 .. 288, 341, 342, 283, 128, 350, 129, 87, 115, 51, 88, 103, 79, 264, 124, 343, 110, 101,
        131, 338, 336, 25, 404, 405,
    ],
    0xc00000b7 => [
        39 .. 41, 268, 217 .. 219, 264, 265, 104, 294, 105, 273, 106, 224, 225, 89, 142, 116, 170, 112, 171, 266, 60, 262,
        241,
    ],
);
# The same everywhere: open_tree move_mount fsopen fsconfig fsmount fspick mount_setattr quotactl_fd open_tree_attr
push @{ $refused{$_} }, 428 .. 433, 442, 443, 467 for keys %refused;
# "Not there" for what programs try and do without: bpf userfaultfd, io_uring, and clone3, whose flags cannot be seen.
my %absent = (
    0xc000003e => [ 321, 323, 425 .. 427, 435 ],
    0x40000003 => [ 357, 374, 425 .. 427, 435 ],
    0xc00000b7 => [ 280, 282, 425 .. 427, 435 ],
);
my %clone_unshare = (0xc000003e => [ 56, 272 ], 0x40000003 => [ 120, 310 ], 0xc00000b7 => [ 220, 97 ]);

# The filter as the kernel takes it: struct sock_fprog. @return it, and what must live as long as it.
sub filter {
    my @program;
    my $add = sub { my ($code, $value, $yes, $no) = @_; push @program, pack 'SCCL', $code, $yes // 0, $no // 0, $value };
    $add->(LOAD, AT_MACHINE);
    for my $machine (sort keys %refused) {
        my $before = @program;
        $add->(EQUAL, $machine, 0, 0);
        my $at = @program;
        $add->(LOAD, AT_NUMBER);
        # On x86-64 the same calls have a second set of numbers (x32).
        if ($machine == 0xc000003e) { $add->(AT_LEAST, 0x40000000, 0, 1); $add->(RETURN, SECCOMP_RET_ERRNO | ENOSYS) }
        for my $list ([ $refused{$machine}, EPERM ], [ $absent{$machine}, ENOSYS ]) {
            my ($numbers, $error) = @$list;
            for (@$numbers) { $add->(EQUAL, $_, 0, 1); $add->(RETURN, SECCOMP_RET_ERRNO | $error) }
        }
        for (@{ $clone_unshare{$machine} }) {
            $add->(EQUAL, $_, 0, 4);
            $add->(LOAD, AT_FIRST);
            $add->(BITS, NAMESPACES, 0, 1);
            $add->(RETURN, SECCOMP_RET_ERRNO | EPERM);
            $add->(RETURN, SECCOMP_RET_ALLOW);
        }
        $add->(RETURN, SECCOMP_RET_ALLOW);
        $program[$before] = pack 'SCCL', EQUAL, 0, @program - $at, $machine;
    }
    $add->(RETURN, SECCOMP_RET_ERRNO | ENOSYS);
    my $text = join '', @program;
    return (pack('S x![P] P', scalar @program, $text), $text);
}
