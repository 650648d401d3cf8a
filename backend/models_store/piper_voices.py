"""The voices of Piper: their list `voices.json`, in its authors' shape, as catalogue entries.

The shape is that of https://huggingface.co/rhasspy/piper-voices (`voices.json`): voices by key,
each with language, quality, speakers, and files with their size and MD5.
"""

from __future__ import annotations

import json
import re
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from pydantic import ValidationError

from backend.models_store.catalogue import CatalogueFile, CatalogueModel
from backend.models_store.errors import CatalogueError

VOICES_URL = "https://huggingface.co/rhasspy/piper-voices/resolve/main/voices.json"
_BASES = (
    "https://huggingface.co/rhasspy/piper-voices/resolve/main/",
    "https://hf-mirror.com/rhasspy/piper-voices/resolve/main/",
)
_PAGE = "https://huggingface.co/rhasspy/piper-voices/tree/main/"
_LICENCE = "Terms of its recordings: see the model card"
_KEY = re.compile(r"\w+-[\w]+-\w+")
_CARD = "MODEL_CARD"
_SAMPLE = "samples/speaker_0.mp3"
"""A short recording beside each voice; `voices.json` does not list it."""
_MOST_ODD = 0.1
"""Share of entries that may be of a shape not known yet."""
_QUALITY = {
    "x_low": "very small, 16 kHz", "low": "small, 16 kHz",
    "medium": "medium, 22 kHz", "high": "high, 22 kHz",
}  # fmt: skip


def read_voices(data: bytes) -> list[CatalogueModel]:
    """Read a `voices.json`; a few entries of another shape are passed over.

    Raises:
        CatalogueError: It is none; the message says what is wrong with it.
    """
    voices = _parse(data)
    models, odd = [], []
    for key, voice in voices.items():
        try:
            models.append(_model(key, voice))
        except (KeyError, TypeError, AttributeError, ValueError, ValidationError):
            odd.append(str(key)[:60])
    if len(odd) > _MOST_ODD * len(voices):
        raise CatalogueError(
            f"The list of voices has entries of another shape than Piper's, such as {odd[0]!r};"
            " the old list is kept."
        )
    return models


def licence_of(card: str) -> str:
    """What a voice's model card says of the licence of its recordings; empty if nothing."""
    found = re.search(r"^\s*\*?\s*Licen[sc]e:\s*(.+?)\s*$", card, re.MULTILINE | re.IGNORECASE)
    return found[1] if found else ""


def _parse(data: bytes) -> dict[str, Any]:
    head = data[:200].lstrip().lower()
    if head.startswith((b"<!doctype", b"<html", b"<?xml")):
        raise CatalogueError(
            "A web page came in place of the list of voices; sign in to the network in a browser"
            " and try again. The old list is kept."
        )
    try:
        voices = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise CatalogueError("The list of voices is not JSON; the old one is kept.") from error
    if not isinstance(voices, dict) or not voices:
        raise CatalogueError("The list of voices holds no voices; the old one is kept.")
    return voices


def _model(key: str, voice: dict[str, Any]) -> CatalogueModel:
    if not _KEY.fullmatch(key):
        raise ValueError(key)
    language = voice["language"]
    files = tuple(_file(key, path, facts) for path, facts in voice["files"].items())
    names = {file.name for file in files}
    if not {f"{key}.onnx", f"{key}.onnx.json"} <= names:
        raise ValueError(names)
    folder = PurePosixPath(next(iter(voice["files"]))).parent
    return CatalogueModel(
        id=f"piper:{key}",
        kind="tts",
        engine="piper",
        name=f"{str(voice['name']).replace('_', ' ').title()} ({voice['quality']})",
        language=language["code"],
        language_name=f"{language['name_english']} ({language['country_english']})",
        quality=_QUALITY.get(voice["quality"], str(voice["quality"])),
        licence=_LICENCE,
        page=_PAGE + quote(str(folder)),
        speakers=voice["num_speakers"],
        sample=tuple(base + quote(f"{folder}/{_SAMPLE}") for base in _BASES),
        files=files,
    )


def _file(key: str, path: str, facts: dict[str, Any]) -> CatalogueFile:
    name = PurePosixPath(path).name
    if name == _CARD:
        name = f"{key}.card.txt"
    elif name not in (f"{key}.onnx", f"{key}.onnx.json"):
        raise ValueError(path)
    if ".." in path or path.startswith("/") or not facts["md5_digest"]:
        raise ValueError(path)
    return CatalogueFile(
        path=f"piper/{name}",
        urls=tuple(base + quote(path) for base in _BASES),
        size=facts["size_bytes"],
        md5=facts["md5_digest"],
        optional=PurePosixPath(path).name == _CARD,
    )
