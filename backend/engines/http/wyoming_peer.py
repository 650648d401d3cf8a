"""What the engines on a Wyoming server share: its address, a look at it, and hanging up.

Wyoming sends events, a line of JSON each, over TCP without a password:
https://github.com/OHF-Voice/wyoming.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from backend.errors import EngineError

CONNECT_S = 5.0
MALFORMED = (EOFError, KeyError, TypeError, ValueError, AttributeError)
"""What the package raises when a peer sends something else than Wyoming."""

_PROBE_S = 0.3


def parse_address(url: str, default_port: int) -> tuple[str, int]:
    """Host and port of an address as people enter it: "tcp://host:port", "host:port" or "host".

    Raises:
        EngineError: It is not one.
    """
    text = url.strip()
    try:
        parts = urlsplit(text if "://" in text else f"tcp://{text}")
        if parts.scheme == "tcp" and parts.hostname and not parts.username:
            return parts.hostname, parts.port or default_port
    except ValueError:
        pass
    raise EngineError(
        "The address of the Wyoming server is not one; enter it like "
        f"tcp://192.168.1.20:{default_port}.",
        retryable=False,
    )


async def fetch_info(host: str, port: int, patience_s: float = _PROBE_S) -> Any:
    """The `wyoming.info.Info` of a server.

    Raises:
        EngineError: Nobody answers there, or somebody who does not speak Wyoming.
    """
    from wyoming.client import AsyncTcpClient
    from wyoming.info import Describe, Info

    place = f"{host}:{port}"
    client = AsyncTcpClient(host, port, connect_timeout=patience_s, read_timeout=patience_s)
    try:
        await client.connect()
        await client.write_event(Describe().event())
        event = await client.read_event()
        if event and Info.is_type(event.type):
            return Info.from_event(event)
    except (OSError, asyncio.TimeoutError):
        raise EngineError(f"No Wyoming server answers at {place}.") from None
    except MALFORMED:
        pass
    finally:
        await disconnect(client)
    raise EngineError(f"What answers at {place} is no Wyoming server.", retryable=False)


async def disconnect(client: Any) -> None:
    """Close the connection; that the server closed it first does not matter any more."""
    with suppress(OSError):
        await client.disconnect()


def said_by(event: Any) -> str:
    """The server's own words in an error event, shortened."""
    from wyoming.error import Error

    return " ".join(str(Error.from_event(event).text).split())[:160].rstrip(".")
