# Writes pieces into a disk: put.pl DISK, with lines on standard input:
#   bytes OFFSET HEX          these bytes
#   copy OFFSET LIMIT PATH    the first LIMIT bytes of a file
use strict;
use warnings;

open my $disk, '+<:raw', $ARGV[0] or die "put.pl: $ARGV[0]: $!\n";
while (my $line = <STDIN>) {
    chomp $line;
    my ($what, $offset, $rest) = split / /, $line, 3;
    my $bytes;
    if ($what eq 'bytes') { $bytes = pack 'H*', $rest }
    else {
        my ($limit, $path) = split / /, $rest, 2;
        open my $file, '<:raw', $path or die "put.pl: $path: $!\n";
        $bytes = '';
        while (length $bytes < $limit && read $file, $bytes, $limit - length $bytes, length $bytes) { }
    }
    seek $disk, $offset, 0 or die "put.pl: $ARGV[0]: $!\n";
    print $disk $bytes or die "put.pl: $ARGV[0]: $!\n";
}
close $disk or die "put.pl: $ARGV[0]: $!\n";
