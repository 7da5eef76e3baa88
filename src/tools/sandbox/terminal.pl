# A terminal of its own for a program of a guest, and the copying between it and whoever started us. Put before guest.pl.
# The guest never holds the user's terminal: what it could type into that one would be run by the user's shell.
use strict;
use warnings;
use constant { TIOCSPTLCK => 0x40045431, TIOCGPTN => 0x80045430, TIOCSWINSZ => 0x5414, TIOCSCTTY => 0x540e };
use constant { O_RDWR => 2, O_NOCTTY => 0400, O_NONBLOCK => 04000, F_SETFL => 4, EAGAIN => 11, EINTR => 4 };
# So much may wait to be read by the program; then the user waits.
use constant MOST => 65536;

# The other end of a new terminal, and its number, of the devpts mounted at $pts.
sub open_terminal {
    my ($pts, $rows, $columns) = @_;
    sysopen my $master, "$pts/ptmx", O_RDWR | O_NOCTTY or die "guest.pl: ptmx: $!\n";
    my $unlock = pack 'i', 0;
    ioctl $master, TIOCSPTLCK, $unlock or die "guest.pl: unlocking a terminal: $!\n";
    my $number = pack 'i', 0;
    ioctl $master, TIOCGPTN, $number or die "guest.pl: number of a terminal: $!\n";
    resize($master, $rows, $columns);
    fcntl $master, F_SETFL, O_RDWR | O_NONBLOCK;
    return ($master, unpack 'i', $number);
}

sub resize {
    my ($master, $rows, $columns) = @_;
    my $size = pack 'S4', $rows, $columns, 0, 0;
    ioctl $master, TIOCSWINSZ, $size;
}

# This process becomes the first of a session on the terminal $number.
sub take_terminal {
    my ($number) = @_;
    POSIX::setsid();
    sysopen my $terminal, "/dev/pts/$number", O_RDWR or die "guest.pl: terminal: $!\n";
    ioctl $terminal, TIOCSCTTY, 0;
    POSIX::dup2(fileno $terminal, $_) for 0 .. 2;
}

# Copies until the terminal has no user any more. From standard input come messages: "d", length (16 bits), so many bytes
# to type; "w", rows, columns (16 bits each). Its end hangs up.
sub relay {
    my ($master) = @_;
    my ($input, $typed, $open) = ('', '', 1);
    while (1) {
        my ($reads, $writes) = ('', '');
        vec($reads, fileno $master, 1) = 1;
        vec($reads, 0, 1) = 1 if $open && length $typed < MOST;
        vec($writes, fileno $master, 1) = 1 if length $typed;
        select($reads, $writes, undef, undef) >= 0 or $!{EINTR} ? 1 : last;
        if (vec($reads, fileno $master, 1)) {
            my $got = sysread $master, my $output, 65536;
            # EIO: nobody has it open any more.
            last if defined $got ? !$got : $! != EAGAIN && $! != EINTR;
            my $done = 0;
            while ($got && $done < $got) { $done += syswrite(STDOUT, $output, $got - $done, $done) // last }
        }
        if (vec($reads, 0, 1)) {
            my $got = sysread STDIN, $input, 65536, length $input;
            if (defined $got ? !$got : $! != EINTR) { $open = 0; last }
            while (length $input >= 5 || (length $input >= 3 && substr($input, 0, 1) eq 'd')) {
                my ($kind, $first, $second) = unpack 'a1 n n', $input . "\0\0";
                if ($kind eq 'w') { resize($master, $first, $second); substr($input, 0, 5) = ''; next }
                last if length $input < 3 + $first;
                $typed .= substr $input, 3, $first;
                substr($input, 0, 3 + $first) = '';
            }
        }
        if (vec($writes, fileno $master, 1)) {
            my $done = syswrite $master, $typed;
            substr($typed, 0, $done) = '' if $done;
        }
    }
    close $master;
}
