"""A voice as one file, to be shared: its network, its description, a preview, rights and consent.

The file is a ZIP with a manifest that names every other file with its size and hash. It holds data
alone: ONNX, JSON and WAV, never a pickle. A clone of a person's voice needs that person's consent
on record, both to be packed and to be taken in.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from backend.engines.tts.piper_files import description_path
from backend.models_store.errors import StoreError, VoiceFileError
from backend.models_store.part import disk_errors, free_bytes, sync_folder
from backend.models_store.voice_check import check_voice

SUFFIX = ".kotodama-voice"
MANIFEST = "voice-package.json"
PREVIEW = "preview.wav"
NETWORK, DESCRIPTION = "voice.onnx", "voice.onnx.json"
LARGEST = {NETWORK: 2_000_000_000, DESCRIPTION: 10_000_000, PREVIEW: 20_000_000}
"""Bytes of each file that a package may hold, and there are no others."""
MANIFEST_LARGEST = 100_000
_RESERVE = 100_000_000
_UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)
_ODD = re.compile(r"[^\w.-]+")


class Consent(BaseModel):
    """That a person agreed to the cloning of their voice.

    Attributes:
        speaker: Whose voice it is.
        statement: What they agreed to, in their own words.
        given_on: When.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    speaker: str = Field(min_length=1, max_length=200)
    statement: str = Field(min_length=1, max_length=5_000)
    given_on: date


class About(BaseModel):
    """What a package says of its voice.

    Attributes:
        name: Its name for people.
        licence: Under which it may be used, as an SPDX identifier or in words.
        source: Who made it, or its address.
        cloned: Whether it imitates a real person.
        consent: That person's agreement.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str = Field(min_length=1, max_length=100)
    licence: str = Field(min_length=1, max_length=2_000)
    source: str = Field("", max_length=500)
    cloned: bool = False
    consent: Consent | None = None


class PackedFile(BaseModel):
    """One file of the package."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    bytes: int = Field(ge=1)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class Manifest(BaseModel):
    """The package's list of contents."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    format: Literal["kotodama-voice"] = "kotodama-voice"
    version: Literal[1] = 1
    engine: Literal["piper"] = "piper"
    language: str = Field(max_length=35)
    about: About
    files: dict[str, PackedFile]


def pack_voice(onnx: Path, target: Path, about: About, preview: bytes = b"") -> Manifest:
    """Write a Piper voice as one file.

    Args:
        onnx: Its network; the description lies beside it.
        target: The file to be written; one that is there is replaced.
        about: Rights, and consent if it is a clone.
        preview: A WAV in which it speaks, or nothing.

    Raises:
        VoiceFileError: The voice is damaged.
        StoreError: It is a clone without consent.
        DiskError, DiskFullError: The disk refuses.
    """
    _check_consent(about)
    facts = check_voice(onnx)
    contents: dict[str, Path | bytes] = {NETWORK: onnx, DESCRIPTION: description_path(onnx)}
    if preview:
        contents[PREVIEW] = preview
    files = {name: _packed(content) for name, content in contents.items()}
    manifest = Manifest(language=facts.language, about=about, files=files)
    part = target.with_name(target.name + ".part")
    with disk_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
                packed.writestr(MANIFEST, manifest.model_dump_json(indent=2))
                for name, content in contents.items():
                    if isinstance(content, bytes):
                        packed.writestr(name, content)
                    else:
                        packed.write(content, name)
            part.replace(target)
        except OSError:
            part.unlink(missing_ok=True)
            raise
    return manifest


def unpack_voice(package: Path, root: Path) -> Path:
    """Take a shared voice into the models folder.

    Args:
        package: The file.
        root: The models folder.

    Returns:
        The voice's network, in a folder of its own with description, preview and manifest.

    Raises:
        VoiceFileError: The package or the voice in it is damaged, or holds what it must not.
        StoreError: It is a clone without consent, or there is a voice of this name.
        DiskError, DiskFullError: The disk refuses.
    """
    try:
        with zipfile.ZipFile(package) as packed:
            manifest = _read_manifest(package, packed)
            _check_consent(manifest.about)
            return _take(package, packed, manifest, root)
    except _UNREADABLE as error:
        raise _damaged(package, "it cannot be unpacked") from error
    except FileNotFoundError as error:
        raise VoiceFileError(f"There is no file {package}.") from error


def _take(package: Path, packed: zipfile.ZipFile, manifest: Manifest, root: Path) -> Path:
    name = _ODD.sub("-", manifest.about.name).strip(".-") or "voice"
    home = root / "piper" / name
    if home.exists():
        raise StoreError(f"There is a voice {name} already; remove it first.")
    needed = sum(one.bytes for one in manifest.files.values())
    root.mkdir(parents=True, exist_ok=True)
    if free_bytes(root) < needed + _RESERVE:
        raise StoreError(f"There is no room for {package.name} in {root}; make room first.")
    with disk_errors(home):
        home.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=".unpacking-", dir=home.parent))
        try:
            for inside, listed in manifest.files.items():
                # The name of the network is the voice's own name.
                outside = inside.replace("voice.", f"{name}.", 1) if inside != PREVIEW else inside
                _extract(package, packed, inside, listed, work / outside)
            check_voice(work / f"{name}.onnx")
            (work / MANIFEST).write_text(manifest.model_dump_json(indent=2), "utf-8")
            work.chmod(0o755)
            work.rename(home)
        finally:
            shutil.rmtree(work, ignore_errors=True)
        sync_folder(home.parent)
    return home / f"{name}.onnx"


def _read_manifest(package: Path, packed: zipfile.ZipFile) -> Manifest:
    try:
        info = packed.getinfo(MANIFEST)
        if info.file_size > MANIFEST_LARGEST:
            raise _damaged(package, "its manifest is too large")
        manifest = Manifest.model_validate(json.loads(packed.read(MANIFEST)))
    except KeyError as error:
        raise _damaged(package, f"{MANIFEST} is missing in it; it is no shared voice") from error
    except (ValidationError, ValueError) as error:
        raise _damaged(package, "its manifest is not one of this program") from error
    _check_contents(package, packed, manifest.files)
    return manifest


def _check_contents(
    package: Path, packed: zipfile.ZipFile, listed: Mapping[str, PackedFile]
) -> None:
    there = packed.namelist()
    strange = set(there) - {MANIFEST, *LARGEST}
    if strange:
        raise _damaged(package, f"it holds {sorted(strange)[0]!r}, which no voice needs")
    if len(there) != len(set(there)) or set(listed) != set(there) - {MANIFEST}:
        raise _damaged(package, "its manifest lists other files than it holds")
    lacking = {NETWORK, DESCRIPTION} - set(there)
    if lacking:
        raise _damaged(package, f"{sorted(lacking)[0]} is missing in it")
    for name, one in listed.items():
        if one.bytes > LARGEST[name] or packed.getinfo(name).file_size != one.bytes:
            raise _damaged(package, f"{name} has another size than its manifest says")


def _extract(
    package: Path, packed: zipfile.ZipFile, name: str, listed: PackedFile, target: Path
) -> None:
    digest, left = hashlib.sha256(), listed.bytes
    with packed.open(name) as source, target.open("wb") as out:
        while left > 0 and (data := source.read(min(left, 1 << 20))):
            digest.update(data)
            out.write(data)
            left -= len(data)
        # A size that the archive itself lies about is not unpacked beyond what was promised.
        more = source.read(1)
        out.flush()
        os.fsync(out.fileno())
    if left or more or digest.hexdigest() != listed.sha256:
        raise _damaged(package, f"{name} is not what its manifest says")


def _packed(content: Path | bytes) -> PackedFile:
    if isinstance(content, bytes):
        return PackedFile(bytes=len(content), sha256=hashlib.sha256(content).hexdigest())
    digest = hashlib.sha256()
    with content.open("rb") as file:
        while data := file.read(1 << 20):
            digest.update(data)
    return PackedFile(bytes=content.stat().st_size, sha256=digest.hexdigest())


def _check_consent(about: About) -> None:
    if about.cloned and about.consent is None:
        raise StoreError(
            f"{about.name} imitates a real person and has no record of that person's consent; "
            "it can neither be shared nor taken in without one."
        )


def _damaged(package: Path, what: str) -> VoiceFileError:
    return VoiceFileError(f"{package.name} is damaged or no shared voice: {what}.")
