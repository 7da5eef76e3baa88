# Stands for the package indexes of a sandbox without a network: answers HTTP on its loopback with what Kiln gives it.
# For each request it prints "GET PATH" and reads a line, "STATUS TYPE FILE"; FILE lies in the folder that it is given,
# "-" is an empty answer. One request after the other, each on a connection of its own: nothing here can be overtaken.
use strict;
use warnings;
use Socket;

my $folder = shift @ARGV;
$SIG{PIPE} = 'IGNORE';
$| = 1;
# The loopback device of an empty network is down: SIOCSIFFLAGS with IFF_UP | IFF_RUNNING.
socket(my $any, PF_INET, SOCK_DGRAM, 0) or die "socket: $!\n";
ioctl($any, 0x8914, my $request = pack 'a16 s x22', 'lo', 0x41) or die "lo: $!\n";
socket(my $server, PF_INET, SOCK_STREAM, 0) or die "socket: $!\n";
bind($server, pack_sockaddr_in(0, INADDR_LOOPBACK)) or die "bind: $!\n";
listen($server, 64) or die "listen: $!\n";
my ($port) = unpack_sockaddr_in(getsockname $server);
print "PORT $port\n";

while (accept my $client, $server) {
    # Whoever does not say what he wants must not keep the others waiting.
    my $head = eval {
        local $SIG{ALRM} = sub { die "slow\n" };
        alarm 20;
        my $text = '';
        while ($text !~ /\r?\n\r?\n/ && length $text < 65536) {
            sysread($client, $text, 8192, length $text) or last;
        }
        alarm 0;
        $text;
    };
    alarm 0;
    my ($path) = ($head // '') =~ m{^GET (/[!-~]*) HTTP/1\.[01]\r?\n} or do { close $client; next };
    print "GET $path\n";
    my $answer = <STDIN> // exit 0;
    my ($status, $type, $name) = $answer =~ m{^(\d+) (\S+) ([\w.-]+)$} or die "what is $answer";
    my ($file, $size) = (undef, 0);
    if ($name ne '-') {
        open $file, '<:raw', "$folder/$name" or die "$folder/$name: $!\n";
        $size = -s $file;
    }
    my $sent = put($client, "HTTP/1.1 $status Kiln\r\nContent-Type: $type\r\nContent-Length: $size\r\nConnection: close\r\n\r\n");
    while ($sent && $file && sysread $file, my $bytes, 1 << 18) { $sent = put($client, $bytes) }
    close $client;
}

sub put {
    my ($client, $bytes) = @_;
    while (length $bytes) {
        my $count = eval {
            local $SIG{ALRM} = sub { die "slow\n" };
            alarm 60;
            my $count = syswrite $client, $bytes;
            alarm 0;
            $count;
        };
        alarm 0;
        return 0 if !$count;
        substr $bytes, 0, $count, '';
    }
    return 1;
}
