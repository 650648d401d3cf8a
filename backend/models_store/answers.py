"""What a server's answer to "give me this file from byte N" means, without reading its body."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import httpx

from backend.models_store.catalogue import CatalogueFile, is_allowed
from backend.models_store.errors import (
    CaptivePortalError,
    GoneError,
    RedirectError,
    RefusedError,
    ServerFailedError,
    WrongRangeError,
    WrongSizeError,
)

REDIRECTS = (301, 302, 303, 307, 308)
MOST_REDIRECTS = 6
_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")
_PORTAL = (
    "A web page came in place of {name}: the network wants a sign-in, or a filter is in the way."
    " Open {host} in a browser, then try again."
)


@dataclass(frozen=True)
class Body:
    """Where the body of an answer belongs.

    Attributes:
        start: The byte of the file that it begins with: where the part ends, or 0.
        total: Bytes of the whole file; 0 where the server does not say.
        validator: A strong ETag, or the date of the last change; empty without either.
    """

    start: int
    total: int
    validator: str


def redirect_target(response: httpx.Response, url: str) -> str:
    """The address that a redirect leads to.

    Raises:
        RedirectError: It leads to a place that a download must not go to.
    """
    host = urlsplit(url).hostname or ""
    location = response.headers.get("Location", "")
    try:
        target: str = urljoin(url, location)
        downgraded = urlsplit(url).scheme == "https" and urlsplit(target).scheme != "https"
    except ValueError:
        target, downgraded = "", True
    if not location or downgraded or not is_allowed(target):
        place = _host(target)
        raise RedirectError(
            f"{host} sends the download on to {place or 'nowhere'}, which is not a safe address;"
            " it was not followed. The network may want a sign-in: open a web page in a browser."
        )
    return target


def read_answer(response: httpx.Response, file: CatalogueFile, have: int) -> Body:
    """What an answer holds.

    Args:
        response: With its headers, the body unread.
        have: Bytes that are there; the request asked for what follows them.

    Raises:
        DownloadError: It does not hold the file; the class says why.
    """
    host = response.url.host
    _check_status(response.status_code, file.name, host)
    kind = response.headers.get("Content-Type", "").lower()
    if kind.startswith(("text/html", "application/xhtml")):
        raise CaptivePortalError(_PORTAL.format(name=file.name, host=host))
    if response.headers.get("Content-Encoding", "identity").lower() not in ("", "identity"):
        raise ServerFailedError(
            f"{host} sends {file.name} packed, against what was asked.", retryable=False
        )
    length = _number(response.headers.get("Content-Length"))
    start, total = 0, length
    if response.status_code == 206:
        start, total = _range(response, file, have)
    if file.size is not None and total and total != file.size:
        raise WrongSizeError(
            f"{file.name} has {total:,} bytes on {host}, and {file.size:,} in the catalogue: it is"
            " another version. Refresh the catalogue."
        )
    return Body(start, total, _validator(response))


def looks_like_page(data: bytes) -> bool:
    """Whether bytes begin as a web page does."""
    return data[:256].lstrip().lower().startswith((b"<!doctype html", b"<html"))


def portal_error(name: str, host: str) -> CaptivePortalError:
    """The error for a web page that came in place of a file."""
    return CaptivePortalError(_PORTAL.format(name=name, host=host))


def _check_status(status: int, name: str, host: str) -> None:
    if status in (200, 206):
        return
    if status in (404, 410):
        raise GoneError(f"{host} has no {name} any more (status {status}). Refresh the catalogue.")
    if status == 511:
        raise CaptivePortalError(_PORTAL.format(name=name, host=host))
    if status == 407:
        raise RefusedError("The proxy wants a password: set it in HTTPS_PROXY, or use no proxy.")
    if status in (401, 403, 451):
        raise RefusedError(
            f"{host} does not give {name} to this computer (status {status}); get it in a browser"
            " and use “Add from disk”."
        )
    if status == 416:
        raise WrongRangeError(f"{host} does not go on with {name} where it was cut; starting anew.")
    if status == 429 or status >= 500:
        raise ServerFailedError(
            f"{host} is overloaded or has a fault (status {status}); try again later."
        )
    raise ServerFailedError(
        f"{host} answers status {status} in place of {name}; get it by hand.", retryable=False
    )


def _range(response: httpx.Response, file: CatalogueFile, have: int) -> tuple[int, int]:
    """Start and total of a partial answer, which must be what was asked for."""
    given = response.headers.get("Content-Range", "")
    found = _RANGE.fullmatch(given.strip())
    wrong = WrongRangeError(
        f"{response.url.host} goes on with {file.name} at another place than asked"
        f" ({given[:60] or 'it does not say where'}); starting anew."
    )
    if not have or found is None or int(found[1]) != have:
        raise wrong
    end, total = int(found[2]), 0 if found[3] == "*" else int(found[3])
    length = _number(response.headers.get("Content-Length"))
    if total and end != total - 1:
        raise wrong
    if length and length != end - have + 1:
        raise wrong
    return have, total


def _validator(response: httpx.Response) -> str:
    tag: str = response.headers.get("ETag", "")
    if tag.startswith('"'):
        return tag
    changed: str = response.headers.get("Last-Modified", "")
    return changed


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() else 0


def _host(url: str) -> str:
    try:
        parts = urlsplit(url)
        return f"{parts.scheme}://{parts.hostname}" if parts.hostname else ""
    except ValueError:
        return ""
