"""Web and e-mail addresses as people say them; of a long one, only whose it is."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from backend.speech_text.lexicon import Lexicon

MAX_SPOKEN_PATH = 24
"""Characters of a path that is still said, "github dot com slash kotodama"."""
_URL = re.compile(r"(?<![\w@])(?:(?:https?|ftp)://|www\.)[^\s<>\"'」』）、。]{1,4000}", re.I)
_EMAIL = re.compile(r"(?<![\w.+-])([\w.+-]{1,64})@((?:[\w-]{1,63}\.){1,8}[A-Za-z]{2,24})(?![\w-])")
_BARE = re.compile(
    r"(?<![\w@./-])((?:[a-z0-9][a-z0-9-]{0,62}\.){1,4}"
    r"(?:com|org|net|io|app|dev|tv|gg|ai|me|co|jp|de|fr|es|it|uk|eu|kr|cn|info|live|moe|xyz|stream))"
    r"(/[\w\-./?=&%#~+]{0,2000})?(?![\w-]|\.[A-Za-z])"
)
_PLAIN_PATH = re.compile(r"/[A-Za-z][A-Za-z0-9_-]*(?:/[A-Za-z][A-Za-z0-9_-]*)?/?")


def speak_addresses(text: str, lexicon: Lexicon | None) -> str:
    """Put words for addresses.

    Args:
        text: Without Markdown links.
        lexicon: Gives the words for "." and "@"; without one the signs stay for the voice.
    """
    dot, at = (lexicon.dot, lexicon.at) if lexicon else (".", "@")
    slash = lexicon.slash if lexicon else "/"

    def email(match: re.Match[str]) -> str:
        name = match.group(1).replace(".", f" {dot} ")
        return f"{name} {at} {match.group(2).replace('.', f' {dot} ')}"

    if "://" in text or "www." in text.lower():
        text = _URL.sub(lambda match: _url_words(match.group(), dot, slash), text)
    if "@" in text:
        text = _EMAIL.sub(email, text)
    if "." in text:
        text = _BARE.sub(
            lambda match: _said(match.group(1), match.group(2) or "", dot, slash), text
        )
    return text


def _url_words(url: str, dot: str, slash: str) -> str:
    stripped = url.rstrip(".,;:!?)]}*_")
    try:
        parts = urlsplit(stripped if "://" in stripped else f"//{stripped}")
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return url[len(stripped) :]
    host = host[4:] if host.startswith("www.") else host
    path = parts.path if not (parts.query or parts.fragment) else ""
    return _said(host + port.replace(":", " "), path, dot, slash) + url[len(stripped) :]


def _said(host: str, path: str, dot: str, slash: str) -> str:
    end = "." if path.endswith(".") else ""
    words = host.replace(".", f" {dot} ")
    path = path.rstrip(".")
    if len(path) <= MAX_SPOKEN_PATH and _PLAIN_PATH.fullmatch(path):
        for part in path.strip("/").split("/"):
            words += f" {slash} {re.sub(r'[-_]', ' ', part)}"
    return words + end
