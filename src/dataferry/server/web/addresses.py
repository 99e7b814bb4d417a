"""Which addresses of other machines are public: everything else is somebody's inside, and is not fetched from."""

from __future__ import annotations

import ipaddress

_REFUSED_4 = tuple(
    ipaddress.IPv4Network(each)
    for each in (
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
        "224.0.0.0/4",
        "240.0.0.0/4",
        # A cloud's own service for its machines, at an address that looks public.
        "168.63.129.16/32",
    )
)
_GLOBAL_6 = ipaddress.IPv6Network("2000::/3")
_REFUSED_6 = tuple(
    ipaddress.IPv6Network(each)
    for each in (
        # Special purposes and tunnels, Teredo among them: they carry an IPv4 address past the list above.
        "2001::/23",
        "2001:db8::/32",
        # 6to4, for the same reason.
        "2002::/16",
        "2620:4f:8000::/48",
        "3fff::/20",
    )
)


def is_public(address: str) -> bool:
    """Whether an IP address belongs to a machine of the public Internet.

    Refused are the ranges of the IANA IPv4 and IPv6 Special-Purpose Address Registries (loopback, private, shared,
    link-local, documentation, benchmarking, reserved), multicast, clouds' services for their own machines, and IPv6
    forms that carry an IPv4 address (mapped, compatible, 6to4, Teredo, NAT64). What is no address is not public.
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv4Address):
        return not any(parsed in network for network in _REFUSED_4)
    if parsed.scope_id is not None:
        return False
    return parsed in _GLOBAL_6 and not any(parsed in network for network in _REFUSED_6)
