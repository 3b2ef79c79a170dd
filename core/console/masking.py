"""Personal data is shown masked until somebody asks for it and leaves a trace."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable

DOTS = "•••"


def mask_email(address: str) -> str:
    """``ada@example.com`` as ``a•••@e•••.com``: enough to tell two customers apart, no more."""
    local, at, domain = address.rpartition("@")
    if not at:
        return mask_text(address)
    name, dot, ending = domain.rpartition(".")
    shown = f"{name[:1]}{DOTS}.{ending}" if dot else f"{domain[:1]}{DOTS}"
    return f"{local[:1]}{DOTS}@{shown}"


def mask_ip(address: str) -> str:
    """``203.0.113.7`` as ``203.0.113.•••``; of an IPv6 address the first three groups stay."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return mask_text(address)
    if parsed.version == 4:
        return f"{str(parsed).rpartition('.')[0]}.{DOTS}"
    return f"{':'.join(parsed.exploded.split(':')[:3])}:{DOTS}"


def mask_text(text: str) -> str:
    """The first letter, then dots, whatever the length."""
    return f"{text[:1]}{DOTS}"


MASKS: dict[str, Callable[[str], str]] = {"email": mask_email, "ip": mask_ip, "text": mask_text}


def masked(value: object, kind: str = "text") -> str:
    """``value`` under the mask called ``kind`` (email, ip, text); empty stays empty."""
    return MASKS[kind](str(value)) if value not in (None, "") else ""
