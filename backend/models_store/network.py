"""What the network and the HTTP library say, as errors that tell people what to do."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import httpx

from backend.models_store.errors import (
    CertificateError,
    CutError,
    DownloadError,
    NoNetworkError,
    NoSuchHostError,
    RedirectError,
    RefusedError,
    TooSlowError,
)


@contextmanager
def network_errors(name: str, url: str) -> Iterator[None]:
    """Turn an error of httpx into one of ours.

    Args:
        name: The file that was to come.
        url: From where.
    """
    try:
        yield
    except httpx.HTTPError as error:
        raise _named(error, name, urlsplit(url).hostname or url) from error
    except (httpx.InvalidURL, UnicodeError) as error:
        raise NoSuchHostError(f"{url[:80]} is not an address.", retryable=False) from error


def _named(error: httpx.HTTPError, name: str, host: str) -> DownloadError:
    if isinstance(error, httpx.ProxyError):
        return RefusedError(
            f"The proxy does not let {name} through ({error}); see HTTPS_PROXY in the environment."
        )
    if isinstance(error, httpx.ConnectTimeout):
        return NoNetworkError(f"{host} does not answer; see whether the network is up.")
    if isinstance(error, (httpx.ReadTimeout, httpx.WriteTimeout, httpx.PoolTimeout)):
        return TooSlowError(
            f"{host} stopped sending {name}; what came is kept, and the download can go on."
        )
    if isinstance(error, httpx.ConnectError):
        return _not_connected(error, host)
    if isinstance(error, httpx.RemoteProtocolError) and "location header" in str(error):
        return RedirectError(f"{host} sends the download on to what is not an address.")
    if isinstance(error, httpx.TransportError):
        return CutError(
            f"The connection to {host} broke off during {name}; what came is kept, and the"
            " download can go on."
        )
    return NoNetworkError(f"{host} cannot be reached ({error}).")


def _not_connected(error: BaseException, host: str) -> DownloadError:
    for cause in _chain(error):
        if isinstance(cause, socket.gaierror):
            return NoSuchHostError(
                f"The name {host} cannot be looked up: there is no network, or it is blocked."
            )
        if isinstance(cause, ssl.SSLCertVerificationError):
            return CertificateError(
                f"{host} cannot prove who it is: a sign-in page or a filter is in the way, or this"
                " computer's clock is wrong."
            )
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return CertificateError(f"{host} cannot prove who it is; see this computer's clock.")
    return NoNetworkError(f"{host} cannot be reached; see whether the network is up.")


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
