"""What a web server said: its own words out of an error, and how long it asks to wait."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any

MAX_QUOTED_CHARS = 160

_HTML = re.compile(r"^\s*(?:<!doctype html|<html|<head|<body)", re.I)


def looks_like_html(body: str) -> bool:
    """Whether a body is a web page."""
    return _HTML.match(body) is not None


def error_text(body: str) -> str:
    """The server's own words, out of the shapes that servers put them in."""
    try:
        value: Any = json.loads(body)
    except ValueError:
        return "" if looks_like_html(body) else " ".join(body.split())
    if not isinstance(value, dict):
        return str(value)
    found = value.get("error", value.get("detail", value.get("message", "")))
    if isinstance(found, dict):
        parts = [found.get("message"), found.get("code"), found.get("type")]
        return " ".join(str(part) for part in parts if part)
    if isinstance(found, list):
        return "; ".join(
            str(item.get("msg", item)) if isinstance(item, dict) else str(item) for item in found
        )
    return str(found)


def quoted(said: str) -> str:
    """The server's words as the end of a sentence, shortened; nothing when it said nothing."""
    text = " ".join(said.split()).rstrip(".")
    if not text:
        return ""
    return f": {text[:MAX_QUOTED_CHARS]}{'…' if len(text) > MAX_QUOTED_CHARS else ''}"


def retry_after_seconds(header: str | None) -> float | None:
    """The Retry-After header, in seconds from now; it may be a number or a date (RFC 9110)."""
    if not header:
        return None
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        when = parsedate_to_datetime(header)
    except (TypeError, ValueError):
        return None
    when = when if when.tzinfo else when.replace(tzinfo=timezone.utc)
    return max(0.0, (when - datetime.now(timezone.utc)).total_seconds())


def ends_surely(headers: Mapping[str, str], http_version: str) -> bool:
    """Whether the transport tells a complete body from one that broke off.

    A body that ends with its connection, as in HTTP/1.0, does not.
    """
    framed = "content-length" in headers or "transfer-encoding" in headers
    return framed or http_version == "HTTP/2"
