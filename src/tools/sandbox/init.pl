# First process of a sandbox: reaps orphans and ends when its standard input does, which is a pipe that only Kiln
# holds. So the kernel kills everything in the sandbox when Kiln ends, however it ends.
use strict;
use warnings;
use POSIX ':sys_wait_h';
$SIG{CHLD} = sub { 1 while waitpid(-1, WNOHANG) > 0 };
$SIG{$_} = 'IGNORE' for qw(INT HUP TERM);
while (1) {
    my $got = sysread(STDIN, my $byte, 1);
    next if !defined $got && $!{EINTR};
    last if !$got;
}
exit 0;
