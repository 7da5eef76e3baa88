# Counts what a guest's tree holds and notes what mke2fs cannot be left to copy: survey.pl ROOT EPOCH FOLDER
# Prints "blocks INODES" of a file system with blocks of 4096 bytes. Writes into FOLDER the file `fixes`, commands for
# debugfs, and one file for each capability: mke2fs copies either all extended attributes, and with them labels and
# lists that the host's own file system has, or none; and it keeps times of access and change when they are before
# EPOCH, although these say when the tree was made and not what it is.
use strict;
use warnings;
use constant BLOCK => 4096;

my ($root, $epoch, $folder) = @ARGV;
chomp(my $machine = do { open my $f, '-|', 'uname', '-m' or die "survey.pl: $!\n"; <$f> });
my $LGETXATTR = $machine eq 'aarch64' ? 9 : 192;
my ($blocks, $inodes, $capabilities, %seen) = (0, 0, 0);
open my $fixes, '>', "$folder/fixes" or die "survey.pl: $folder/fixes: $!\n";

sub blocks { int(($_[0] + BLOCK - 1) / BLOCK) }

# How debugfs reads a name: in quotes, a quote doubled.
sub quoted {
    my $name = shift;
    die "survey.pl: the guest has a file whose name holds a line break: $name\n" if $name =~ /[\r\n]/;
    $name =~ s/"/""/g;
    return "\"$name\"";
}

sub note {
    my ($path, $name, $kind, $atime, $ctime) = @_;
    for (['atime', $atime], ['ctime', $ctime]) {
        print $fixes 'sif ', quoted($name), " $_->[0] \@$epoch\n" if $_->[1] < $epoch;
    }
    return if $kind != 0100000;
    my ($value, $key, $file) = ("\0" x 64, 'security.capability', $path);
    my $length = syscall($LGETXATTR, $file, $key, $value, 64);
    return if $length <= 0;
    my $kept = "$folder/capability-" . $capabilities++;
    open my $out, '>:raw', $kept or die "survey.pl: $kept: $!\n";
    print $out substr($value, 0, $length);
    close $out or die "survey.pl: $kept: $!\n";
    print $fixes "ea_set -f $kept ", quoted($name), " security.capability\n";
}

sub walk {
    my ($path, $name) = @_;
    opendir my $dir, $path or die "survey.pl: $path: $!\n";
    my @names = sort grep { $_ ne '.' && $_ ne '..' } readdir $dir;
    closedir $dir;
    my $bytes = 0;
    for my $entry (@names) {
        $bytes += 8 + 4 * int((length($entry) + 3) / 4);
        my ($dev, $ino, $mode, $nlink, $size, $atime, $ctime) = (lstat "$path/$entry")[0 .. 3, 7, 8, 10]
            or die "survey.pl: $path/$entry: $!\n";
        my $kind = $mode & 0170000;
        next if $kind != 0040000 && $nlink > 1 && $seen{"$dev:$ino"}++;
        $inodes++;
        $blocks += blocks($size) if $kind == 0100000;
        $blocks++ if $kind == 0120000 && $size > 59;
        note("$path/$entry", "$name/$entry", $kind, $atime, $ctime);
        walk("$path/$entry", "$name/$entry") if $kind == 0040000;
    }
    # Blocks of directories are seldom full.
    $blocks += blocks($bytes * 1.5) || 1;
}

walk($root, '');
close $fixes or die "survey.pl: $folder/fixes: $!\n";
print "$blocks $inodes\n";
