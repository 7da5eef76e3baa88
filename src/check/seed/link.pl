# The network of a guest that has IPv6 only, with a metadata service at the address where clouds have it:
# link.pl DEVICE COMMAND...
# Makes the TAP device, gives it fe80::a9fe:a9fe, says "ready" and lives on: COMMAND answers each connection to port 80
# on its standard streams, and routers' advertisements are sent, for without them no system takes the link as up.
# System calls by number, because the tools tree has neither ip nor headers.
use strict;
use warnings;
use Socket qw(:DEFAULT :addrinfo IPPROTO_IPV6 IPV6_JOIN_GROUP IPV6_MULTICAST_IF IPV6_MULTICAST_HOPS
    IPV6_MULTICAST_LOOP inet_pton pack_sockaddr_in6 pack_ipv6_mreq);
use constant { TUNSETIFF => 0x400454ca, TUNSETPERSIST => 0x400454cb, IFF_TAP => 0x0002, IFF_NO_PI => 0x1000 };
use constant { SIOCSIFADDR => 0x8916, SIOCSIFFLAGS => 0x8914, SIOCGIFINDEX => 0x8933, IFF_UP => 1 };
use constant { IPPROTO_ICMPV6 => 58, ROUTER_SOLICITATION => 133, ROUTER_ADVERTISEMENT => 134 };

my ($device, @command) = @ARGV;
sub address { inet_pton(AF_INET6, $_[0]) }
sub why { die "$_[0]: $!\n" }

open my $tun, '+<', '/dev/net/tun' or why('/dev/net/tun');
ioctl $tun, TUNSETIFF, pack('a16 s x22', $device, IFF_TAP | IFF_NO_PI) or why('TAP device');
# It stays when this file is closed: QEMU opens it anew, by its name.
ioctl $tun, TUNSETPERSIST, 1 or why('TAP device');
close $tun;
socket my $any, AF_INET6, SOCK_DGRAM, 0 or why('IPv6');
my $request = pack 'a16 x24', $device;
ioctl $any, SIOCGIFINDEX, $request or why($device);
my $index = unpack 'x16 i', $request;
ioctl $any, SIOCSIFADDR, pack('a16 L i', address('fe80::a9fe:a9fe'), 64, $index) or why('address');
ioctl $any, SIOCSIFFLAGS, pack('a16 s x22', $device, IFF_UP) or why($device);

# Of any address: the link's own cannot be bound yet, it only becomes good once the guest is there.
socket my $server, AF_INET6, SOCK_STREAM, 0 or why('socket');
setsockopt $server, SOL_SOCKET, SO_REUSEADDR, 1;
bind $server, pack_sockaddr_in6(80, address('::')) or why('port 80');
listen $server, 16 or why('port 80');

# No default route (lifetime 0): nothing lies beyond. Addresses by themselves (flags: on link, autonomous) in the
# prefix that QEMU's own network of other checks has, too. No DHCP (no M and O flag), as the link's MTU 1500.
my $advertisement = pack 'C C n C C n N N', ROUTER_ADVERTISEMENT, 0, 0, 64, 0, 0, 0, 0;
$advertisement .= pack 'C C C C N N N a16', 3, 4, 64, 0xc0, 86400, 14400, 0, address('fd4b:696c:6e00::');
$advertisement .= pack 'C C n N', 5, 1, 0, 1500;
socket my $icmp, AF_INET6, SOCK_RAW, IPPROTO_ICMPV6 or why('ICMPv6');
setsockopt $icmp, IPPROTO_IPV6, IPV6_JOIN_GROUP, pack_ipv6_mreq(address('ff02::2'), $index) or why('ff02::2');
setsockopt $icmp, IPPROTO_IPV6, IPV6_MULTICAST_IF, pack('i', $index) or why('multicast');
# What came over a router is no router's advertisement: systems look at this.
setsockopt $icmp, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, pack('i', 255) or why('multicast');
# Nor is our own end the guest's.
setsockopt $icmp, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, pack('i', 0) or why('multicast');
my $everybody = pack_sockaddr_in6(0, address('ff02::1'), $index);

$| = 1;
print "ready\n";
$SIG{CHLD} = 'IGNORE';
my $last = 0;
while (1) {
    my $ready = '';
    vec($ready, fileno $_, 1) = 1 for $server, $icmp;
    my $found = select $ready, undef, undef, 10;
    next if $found < 0;
    my $asked = 0;
    if ($found && vec $ready, fileno $icmp, 1) {
        recv $icmp, my $message, 1500, 0;
        $asked = length $message && ord $message == ROUTER_SOLICITATION;
    }
    # Until the guest is there nothing can be sent, which does not matter.
    if ($asked || time - $last >= 10) { send $icmp, $advertisement, 0, $everybody; $last = time }
    next if !$found || !vec $ready, fileno $server, 1;
    accept my $connection, $server or next;
    if (!(fork // next)) {
        open STDIN, '<&', $connection or exit 1;
        open STDOUT, '>&', $connection or exit 1;
        exec { $command[0] } @command or exit 1;
    }
    close $connection;
}
