"""Which hosts a source may lead us to. The address that was written down says where; what a server answers may not
send us into our own network: a redirect or a playlist leads back to the same host or to the public internet.

Checked on the addresses that are really dialled, so a name that resolves differently the second time gains nothing.
"""

import asyncio
import contextlib
import errno
import ipaddress
import socket

from aiohttp.abc import AbstractResolver, ResolveResult

from consentry.media.source_address import is_off_limits
from consentry.media.units import SourceFault


class Reach(AbstractResolver):
    """A resolver for one source at `home`, for aiohttp and for our own dialling."""

    def __init__(self, home: str) -> None:
        self._home = home.lower()

    def allows(self, host: str, at: str) -> bool:
        """May `at`, an IP address that `host` stands for, be dialled?"""
        if is_off_limits(at):
            return False
        return host.lower() == self._home or ipaddress.ip_address(at.partition("%")[0]).is_global

    def allows_literal(self, host: str) -> bool:
        """The same for a host that may be an address itself; a name is checked when it is resolved."""
        try:
            ipaddress.ip_address(host)
        except ValueError:
            return True
        return self.allows(host, host)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of `host` that may be dialled; OSError when there is none."""
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM)
        good = [(kind, str(where[0])) for kind, _, _, _, where in found if self.allows(host, str(where[0]))]
        if not good:
            raise OSError(errno.EACCES, "this name leads where no source is dialled")
        return [
            ResolveResult(hostname=host, host=at, port=port, family=kind, proto=0, flags=socket.AI_NUMERICHOST)
            for kind, at in good
        ]

    async def close(self) -> None:
        """Nothing is held."""


async def dialled_ip(host: str, port: int) -> str:
    """The first address of a written-down `host` that may be dialled; SourceFault `unreachable` without one."""
    try:
        return (await Reach(host).resolve(host, port))[0]["host"]
    except OSError as error:
        raise SourceFault("unreachable", f"{host} cannot be found, or leads where no source is dialled") from error


async def dialled_socket(host: str, port: int) -> socket.socket:
    """A TCP line to a written-down `host`, by the first of its allowed addresses that answers; OSError without one."""
    loop = asyncio.get_running_loop()
    fault: OSError | None = None
    for found in await Reach(host).resolve(host, port):
        with contextlib.ExitStack() as closed:
            try:
                line = closed.enter_context(socket.socket(found["family"], socket.SOCK_STREAM))
                line.setblocking(False)
                await loop.sock_connect(line, (found["host"], port))
            except OSError as error:
                fault = error
            else:
                closed.pop_all()
                return line
    raise fault or OSError("nowhere to dial")
