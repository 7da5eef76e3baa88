# One HTTP request from standard input, answered on standard output: the metadata service of a cloud, as QEMU runs it
# for each connection of the guest. service.pl FOLDER: what it serves; a folder is answered by the names in it.
use strict;
use warnings;
my $root = shift;
binmode STDIN;
binmode STDOUT;
$SIG{ALRM} = sub { exit 1 };
alarm 60;
$/ = "\n";
my $request = <STDIN> // exit 0;
while (defined(my $line = <STDIN>)) { last if $line =~ /^\r?\n\z/ }

sub answer {
    my ($status, $type, $body) = @_;
    print "HTTP/1.1 $status\r\nContent-Type: $type\r\nContent-Length: ", length $body, "\r\nConnection: close\r\n\r\n";
    print $body if $request !~ /^HEAD /;
    exit 0;
}
my ($path) = $request =~ m{^(?:GET|HEAD) (?:https?://[^/ ]*)?(/[^ ?]*)} or answer('405 Method Not Allowed', 'text/plain', '');
my @parts = grep { length } split m{/}, $path;
# Names of our own files are plain; what is not, is not there.
answer('404 Not Found', 'text/plain', '') if grep { !/^[A-Za-z0-9_][A-Za-z0-9_.-]*\z/ } @parts;
my $file = join '/', $root, @parts;
if (-d $file) {
    opendir my $folder, $file or answer('500 Internal Server Error', 'text/plain', '');
    # EC2's lists mark folders; OpenStack's list of versions does not.
    my $mark = @parts && $parts[0] eq 'latest' ? '/' : '';
    answer('200 OK', 'text/plain', join "\n", map { -d "$file/$_" ? "$_$mark" : $_ } sort grep { !/^\./ } readdir $folder);
}
open my $handle, '<:raw', $file or answer('404 Not Found', 'text/plain', '');
local $/;
answer('200 OK', $path =~ /\.json\z/ ? 'application/json' : 'text/plain', <$handle> // '');
