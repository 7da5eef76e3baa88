# Watches what a folder takes on a disk that others use, too: watch.pl FOLDER LIMIT
# Says "over BYTES" and ends once there is more in it than LIMIT bytes. Counting a tree takes time, so it is done only when
# the disk has lost a good part of what was left of the limit when it was last counted.
use strict;
use warnings;
use constant PAUSE => 0.25;

my ($folder, $limit) = @ARGV;
$| = 1;

# Bytes that are free on the disk, whoever uses it.
sub free {
    open my $stat, '-|', 'stat', '-f', '-c', '%f %S', $folder or die "watch.pl: stat: $!\n";
    my ($blocks, $size) = split ' ', <$stat>;
    close $stat;
    return $blocks * $size;
}

sub taken {
    # What goes while it is counted is no fault.
    open my $du, '-|', 'sh', '-c', 'du -s -x -B1 "$1" 2>/dev/null', 'sh', $folder or die "watch.pl: du: $!\n";
    my ($bytes) = (<$du> // '0') =~ /^(\d+)/;
    close $du;
    return ($bytes // 0) + nameless();
}

# Files that are open and have lost their names take room, too.
sub nameless {
    my ($device) = stat $folder;
    my ($bytes, %seen) = (0);
    for my $fd (glob '/proc/[0-9]*/fd/*') {
        next if (readlink($fd) // '') !~ / \(deleted\)\z/;
        my ($dev, $ino, $blocks) = (stat $fd)[0, 1, 12] or next;
        $bytes += $blocks * 512 if $dev == $device && !$seen{$ino}++;
    }
    return $bytes;
}

my ($counted, $free) = (0, free());
while (1) {
    select undef, undef, undef, PAUSE;
    my $now = free();
    next if $free - $now < ($limit - $counted) / 2;
    $counted = taken();
    $free = $now;
    if ($counted > $limit) {
        print "over $counted\n";
        last;
    }
}
