"""The address of a server: checked, and with the rule for where a key may travel."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from backend.errors import EngineError

_LOCAL_SUFFIXES = (".localhost", ".local", ".lan", ".home", ".internal", ".home.arpa")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a server's API begins.

    Attributes:
        url: Its address without a slash at the end.
    """

    url: str

    @classmethod
    def parse(
        cls,
        address: str,
        default_path: str = "",
        *,
        call: str = "/chat/completions",
        server: str = "chat server",
    ) -> Endpoint:
        """Check an address as people enter it.

        Args:
            address: "http://127.0.0.1:1234/v1", also without the scheme or with a pasted
                `call` at the end.
            default_path: Added when the address has no path.
            call: What people paste along with the address.
            server: What kind of server it is, for error messages.

        Raises:
            EngineError: It is not an address of a web server, or holds a password.
        """
        text = address.strip().rstrip("/").removesuffix(call)
        text = text if "://" in text else f"http://{text}"
        try:
            parts = urlsplit(text)
            port_is_valid = parts.port is None or parts.port > 0
        except ValueError:
            raise _bad_address(server) from None
        if parts.scheme not in ("http", "https") or not parts.hostname or not port_is_valid:
            raise _bad_address(server)
        if parts.username or parts.password:
            raise EngineError(
                f"The address of the {server} holds a password; enter it as the key instead.",
                retryable=False,
            )
        path = parts.path.rstrip("/") or default_path
        return cls(f"{parts.scheme}://{parts.netloc}{path}")

    @property
    def host(self) -> str:
        """The host's name in lower case."""
        return urlsplit(self.url).hostname or ""

    @property
    def is_loopback(self) -> bool:
        """Whether the server runs on this computer."""
        if self.host == "localhost" or self.host.endswith(".localhost"):
            return True
        address = _ip(self.host)
        return address is not None and address.is_loopback

    @property
    def is_private(self) -> bool:
        """Whether the server runs on this computer or in the own network."""
        address = _ip(self.host)
        if address is not None:
            return address.is_private or address.is_loopback or address.is_link_local
        return self.is_loopback or "." not in self.host or self.host.endswith(_LOCAL_SUFFIXES)

    def check_secret(self) -> None:
        """Refuse to send a key unencrypted over the internet.

        Raises:
            EngineError: The address is plain http and not in the own network.
        """
        if self.url.startswith("http://") and not self.is_private:
            raise EngineError(
                f"The key is not sent to {self.host} without encryption; use an https:// address.",
                retryable=False,
            )

    def redirect(self, location: str) -> str | None:
        """The target of a redirect, or None when it leads to another server."""
        target = urljoin(f"{self.url}/", location)
        return target if urlsplit(target)[:2] == urlsplit(self.url)[:2] else None


def _bad_address(server: str) -> EngineError:
    return EngineError(
        f"The address of the {server} is not one; enter it like http://127.0.0.1:1234/v1.",
        retryable=False,
    )


def _ip(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
