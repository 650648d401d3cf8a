"""Models from a folder or a USB stick: recognised by their content, copied whole, or refused.

A file with a known hash is recognised by it, whatever its name; one without by name and size,
beside one that was. A Piper voice that the catalogue does not have is taken when its two files
agree, and a shared voice when its package is whole. Nothing is moved, and no link is followed.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from backend.models_store.catalogue import Catalogue, CatalogueFile, CatalogueModel
from backend.models_store.content import (
    check_structure,
    expected_hash,
    hash_file,
    new_hash,
)
from backend.models_store.errors import (
    DamagedError,
    DiskFullError,
    StoreError,
    VoiceFileError,
)
from backend.models_store.library import Library
from backend.models_store.part import disk_errors, free_bytes, part_path, sync_folder
from backend.models_store.voice_check import check_voice
from backend.models_store.voice_package import SUFFIX as PACKAGE
from backend.models_store.voice_package import unpack_voice

MOST_FILES = 20_000
DEEPEST = 6
_RESERVE = 200_000_000


@dataclass
class Added:
    """What became of a folder.

    Attributes:
        models: Names of the models that are installed now by it.
        refused: A sentence for each file or model that was not taken, with the reason.
    """

    models: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def add_from(source: Path, catalogue: Catalogue, library: Library) -> Added:
    """Copy all models that are found in a folder, or the one file.

    Raises:
        StoreError: There is no such folder, or nothing in it is a model; the message says what
            would be one.
        DiskFullError: There is no room for it.
    """
    if not source.exists():
        raise StoreError(f"There is no {source} on the computer that the backend runs on.")
    files = [source] if source.is_file() else list(_walk(source, DEEPEST))
    if source.is_file() and source.suffix in (".onnx", ".json"):
        files = [path for path in _pair(source) if path.is_file()]
    added = Added()
    recognised = _recognise(files, catalogue)
    used: set[Path] = set()
    for model, sources in _whole(recognised, catalogue, added):
        for file, path in sources.items():
            _copy(path, library.target(file), library.root)
            used.add(path)
            assert file in model.files
        library.verify(model)
        added.models.append(model.id)
    for path in files:
        if path.suffix == ".onnx" and path not in used:
            _add_voice(path, library, added)
        elif path.suffix == PACKAGE:
            _add_package(path, library, added)
    if not added.models and not added.refused:
        raise StoreError(
            f"Nothing in {source} is a model that the program knows. A voice is a pair NAME.onnx"
            f" and NAME.onnx.json, or a NAME{PACKAGE}; other models need the files that the list of"
            " models names."
        )
    return added


def _walk(folder: Path, depth: int) -> Iterator[Path]:
    """Files beneath a folder, not too deep and not too many; links and hidden ones left out."""
    count = 0
    for place, folders, names in os.walk(folder, followlinks=False):
        here = Path(place)
        level = len(here.relative_to(folder).parts)
        folders[:] = sorted(one for one in folders if not one.startswith(".") and level < depth)
        for name in sorted(names):
            path = here / name
            if not name.startswith(".") and not path.is_symlink() and path.is_file():
                count += 1
                if count > MOST_FILES:
                    raise StoreError(
                        f"{folder} holds more than {MOST_FILES:,} files; choose the folder with"
                        " the models in it."
                    )
                yield path


def _recognise(files: list[Path], catalogue: Catalogue) -> dict[CatalogueFile, Path]:
    """Which file of the catalogue each file is."""
    by_size: dict[int, list[CatalogueFile]] = {}
    by_name: dict[str, list[CatalogueFile]] = {}
    for model in catalogue:
        for file in model.files:
            if file.size is not None and expected_hash(file):
                by_size.setdefault(file.size, []).append(file)
            else:
                by_name.setdefault(file.name, []).append(file)
    found: dict[CatalogueFile, Path] = {}
    for path in files:
        digests: dict[bool, str] = {}
        for file in by_size.get(path.stat().st_size, []):
            kind = bool(file.sha256)
            if kind not in digests:
                digest = new_hash(file)
                hash_file(path, digest)
                digests[kind] = digest.hexdigest()
            if digests[kind] == expected_hash(file):
                found.setdefault(file, path)
    places = {path.parent for path in found.values()}
    for path in files:
        for file in by_name.get(path.name, []):
            if _fits(path, file, alone=path.parent not in places):
                found.setdefault(file, path)
    return found


def _fits(path: Path, file: CatalogueFile, *, alone: bool) -> bool:
    """Whether a file without a whole record is taken for one of the catalogue's."""
    if file.size not in (None, path.stat().st_size):
        return False
    if expected_hash(file):
        digest = new_hash(file)
        hash_file(path, digest)
        return bool(digest.hexdigest() == expected_hash(file))
    if alone and file.size is not None:
        # A small text file is told apart only by what lies beside it.
        return False
    try:
        check_structure(path, file.name)
    except DamagedError:
        return False
    return True


def _whole(
    found: dict[CatalogueFile, Path], catalogue: Catalogue, added: Added
) -> Iterator[tuple[CatalogueModel, dict[CatalogueFile, Path]]]:
    """The models of which all files were found; of others, what is missing is told."""
    for model in catalogue:
        mine = {file: found[file] for file in model.in_order if file in found}
        lacking = [file.name for file in model.required if file not in mine]
        if model.required and not lacking:
            yield model, mine
        elif mine and _tells(model, mine):
            added.refused.append(f"{model.id} is not whole there: {', '.join(lacking)} is missing.")


def _tells(model: CatalogueModel, mine: dict[CatalogueFile, Path]) -> bool:
    """Whether what was found is the model's main file, and not one that many models share."""
    return model.in_order[-1] in mine


def _add_voice(onnx: Path, library: Library, added: Added) -> None:
    """Take a voice that the catalogue does not have, if its two files agree."""
    try:
        check_voice(onnx)
    except VoiceFileError as error:
        added.refused.append(error.message)
        return
    for path in reversed(_pair(onnx)):
        _copy(path, library.root / "piper" / path.name, library.root)
    added.models.append(f"own:piper/{onnx.name}")


def _add_package(package: Path, library: Library, added: Added) -> None:
    """Take a shared voice."""
    try:
        onnx = unpack_voice(package, library.root)
    except StoreError as error:
        added.refused.append(error.message)
        return
    added.models.append(f"own:{onnx.relative_to(library.root).as_posix()}")


def _pair(path: Path) -> tuple[Path, Path]:
    """The network and the description of a voice, by either of them."""
    onnx = path.with_name(path.name.removesuffix(".json"))
    return onnx, onnx.with_name(onnx.name + ".json")


def _copy(source: Path, target: Path, root: Path) -> None:
    """Copy a file so that it appears whole or not at all."""
    if target.exists() and target.samefile(source):
        return
    needed = source.stat().st_size
    if free_bytes(root) < needed + _RESERVE:
        raise DiskFullError(f"There is no room for {source.name} in {root}; make room first.")
    part = part_path(target)
    with disk_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        if part.is_symlink():
            part.unlink()
        try:
            with source.open("rb") as read, part.open("wb") as write:
                shutil.copyfileobj(read, write, 1 << 20)
                write.flush()
                os.fsync(write.fileno())
            part.replace(target)
        except OSError:
            part.unlink(missing_ok=True)
            raise
        sync_folder(target.parent)
