"""Which IP addresses are public: the IANA special-purpose registries, read strictly."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

IPAddress = IPv4Address | IPv6Address
IPNetwork = IPv4Network | IPv6Network

# `ipaddress.is_global` changes with the Python patch release and calls multicast, NAT64 and some relays global,
# so it is asked too but never alone. https://www.iana.org/assignments/iana-ipv4-special-registry
_REFUSED = tuple(
    ip_network(cidr)
    for cidr in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",
        # A public address by number, yet the metadata service inside every Azure machine.
        "168.63.129.16/32",
        # Within 2000::/3. 2001::/23 holds Teredo and 2002::/16 is 6to4: both carry an IPv4 address of anyone's
        # choice, and no data server lives there.
        "2001::/23",
        "2001:db8::/32",
        "2002::/16",
        "2620:4f:8000::/48",
        "3ffe::/16",
        "3fff::/20",
    )
)
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")


def embedded_ipv4(address: IPAddress) -> IPv4Address | None:
    """Return the IPv4 address that packets to `address` really reach: IPv4-mapped (RFC 4291, section 2.5.5.2) or
    NAT64 with the well-known prefix (RFC 6052), which resolvers of IPv6-only networks answer."""
    if isinstance(address, IPv4Address):
        return None
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped


def is_public(address: IPAddress) -> bool:
    """Tell whether `address` is one machine on the public Internet.

    Mapped and NAT64 addresses are judged by the IPv4 address they carry; 6to4, Teredo, ISATAP and everything
    outside 2000::/3 are refused whatever they carry.
    """
    address = embedded_ipv4(address) or address
    if isinstance(address, IPv6Address) and (address not in _GLOBAL_UNICAST or _is_isatap(address)):
        return False
    return address.is_global and not any(address in network for network in _REFUSED)


def _is_isatap(address: IPv6Address) -> bool:
    return (int(address) >> 32) & 0xFDFF_FFFF == 0x0000_5EFE  # RFC 5214, section 6.1
