"""Addresses and the networks they count as."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

_IPV6_PREFIX = 64  # what one household or server is given; single addresses in it are free to choose


def network_of(address: str) -> str | None:
    """The network that stands for ``address``: itself in IPv4, its /64 in IPv6; None for what is no address."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return None
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, _IPV6_PREFIX), strict=False).network_address)
    return str(parsed)


def is_within(address: str, networks: Iterable[str]) -> bool:
    """Whether ``address`` lies in one of ``networks``. What is no address lies in none."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    return any(parsed in ipaddress.ip_network(network) for network in networks)
