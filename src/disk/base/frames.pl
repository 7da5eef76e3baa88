# Writes pieces into a disk as they come: frames.pl DISK, with pieces on standard input, each a line "OFFSET LENGTH" and
# then so many bytes. What no piece writes stays a hole.
use strict;
use warnings;

open my $disk, '+<:raw', $ARGV[0] or die "frames.pl: $ARGV[0]: $!\n";
binmode STDIN;
while (defined(my $line = <STDIN>)) {
    my ($offset, $length) = $line =~ /^(\d+) (\d+)$/ or die "frames.pl: a piece begins with: $line\n";
    seek $disk, $offset, 0 or die "frames.pl: $ARGV[0]: $!\n";
    while ($length > 0) {
        my $read = read STDIN, my $bytes, $length < 1 << 20 ? $length : 1 << 20;
        die "frames.pl: the input ends inside of a piece\n" if !$read;
        print $disk $bytes or die "frames.pl: $ARGV[0]: $!\n";
        $length -= $read;
    }
}
close $disk or die "frames.pl: $ARGV[0]: $!\n";
