"""Whether a file on the disk is what the catalogue says: size, hash, or at least its structure.

Nothing here unpickles or runs what a file holds.
"""

from __future__ import annotations

import hashlib
import json
import struct
import zipfile
from pathlib import Path
from typing import Any

from backend.models_store.catalogue import CatalogueFile
from backend.models_store.errors import DamagedError, WrongHashError, WrongSizeError

BLOCK = 1 << 20
_HTML = (b"<!doctype html", b"<html")
_PICKLES = (".pt", ".pth", ".ckpt", ".tar")


def new_hash(file: CatalogueFile) -> Any:
    """A hash object of the kind that the catalogue has for a file; SHA-256 where it has none."""
    if file.md5 and not file.sha256:
        return hashlib.md5(usedforsecurity=False)
    return hashlib.sha256()


def expected_hash(file: CatalogueFile) -> str:
    """The hash that the file must have; empty where none is known."""
    return file.sha256 or file.md5


def hash_file(path: Path, digest: Any) -> None:
    """Feed a file to a hash object."""
    with path.open("rb") as stream:
        while block := stream.read(BLOCK):
            digest.update(block)


def check_size(file: CatalogueFile, size: int) -> None:
    """Compare a size in bytes with the catalogue's.

    Raises:
        WrongSizeError: They differ.
    """
    if file.size is not None and size != file.size:
        raise WrongSizeError(
            f"{file.name} has {size:,} bytes in place of {file.size:,}; it is another file than"
            " the catalogue's. Refresh the catalogue, or download it anew."
        )


def check_hash(file: CatalogueFile, digest: Any) -> None:
    """Compare a hash with the catalogue's; true of every content where it has none.

    Raises:
        WrongHashError: They differ.
    """
    wanted = expected_hash(file)
    if wanted and digest.hexdigest() != wanted:
        raise WrongHashError(
            f"{file.name} is damaged or another version: its checksum is not the catalogue's."
            " Download it again, or refresh the catalogue."
        )


def check_file(path: Path, file: CatalogueFile) -> None:
    """Check a file whole.

    Raises:
        WrongSizeError: Its size is another.
        WrongHashError: Its content is another.
        DamagedError: It has no known hash, and its structure is broken.
        OSError: It cannot be read.
    """
    check_size(file, path.stat().st_size)
    if expected_hash(file):
        digest = new_hash(file)
        hash_file(path, digest)
        check_hash(file, digest)
    else:
        check_structure(path, file.name)


def check_structure(path: Path, name: str) -> None:
    """Look whether a file is of the format that its name says, without unpickling anything.

    Raises:
        DamagedError: It is empty, a web page, cut off, or of another format.
    """
    with path.open("rb") as stream:
        head = stream.read(512)
    if not head:
        raise DamagedError(f"{name} is empty; download it again.")
    if head.lstrip().lower().startswith(_HTML):
        raise DamagedError(f"{name} is a web page, not a model; download it again.")
    if name.endswith(".json"):
        _check_json(path, name)
    elif name.endswith(".safetensors"):
        _check_safetensors(path, name)
    elif name.endswith(_PICKLES) and not (zipfile.is_zipfile(path) or head[:1] == b"\x80"):
        raise DamagedError(f"{name} is no PyTorch file, or it is cut off; download it again.")


def _check_json(path: Path, name: str) -> None:
    try:
        json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise DamagedError(f"{name} is not valid JSON; download it again.") from error


def _check_safetensors(path: Path, name: str) -> None:
    """The header's length (8 bytes), the header, and data to the end of the last tensor.

    Format: https://huggingface.co/docs/safetensors.
    """
    size = path.stat().st_size
    try:
        with path.open("rb") as stream:
            (length,) = struct.unpack("<Q", stream.read(8))
            if length > min(size, 100_000_000):
                raise ValueError(length)
            header = json.loads(stream.read(length))
        ends = [one["data_offsets"][1] for key, one in header.items() if key != "__metadata__"]
        if 8 + length + max(ends, default=0) != size:
            raise ValueError(size)
    except (struct.error, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise DamagedError(f"{name} is cut off or no safetensors file; download it again.") from (
            error
        )
