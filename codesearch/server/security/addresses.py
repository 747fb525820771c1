"""Network addresses: which are this machine's own, and which belong together."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from starlette.types import Scope

_HOME_PREFIX = 64  # bits of an IPv6 address that one customer shares


def parsed(host: str) -> IPv4Address | IPv6Address | None:
    """The address that a text spells, in or out of brackets; None for a name."""
    try:
        address = ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches what listens at ``host``."""
    address = parsed(host)
    return host == "localhost" if address is None else address.is_loopback


def is_unspecified(host: str) -> bool:
    """Whether ``host`` stands for all addresses of this machine, such as 0.0.0.0."""
    address = parsed(host)
    return address is not None and address.is_unspecified


def client_group(scope: Scope) -> str:
    """The caller's address as it is counted: one household has more IPv6 addresses than can be counted."""
    host = str((scope.get("client") or ("unknown",))[0])
    address = parsed(host)
    if isinstance(address, IPv6Address):
        return str(ip_network((address, _HOME_PREFIX), strict=False))
    return host if address is None else str(address)
