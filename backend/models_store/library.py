"""What lies in the models folder: which models are whole, which were checked, how large they are.

Every path is kept inside the folder: a link that leads out of it is neither read nor followed.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from backend.models_store.catalogue import Catalogue, CatalogueFile, CatalogueModel
from backend.models_store.content import check_file, check_structure
from backend.models_store.errors import (
    DamagedError,
    DownloadError,
    OutsideError,
    StoreError,
    UnknownModelError,
)
from backend.models_store.part import SUFFIX, discard, part_path
from backend.models_store.voice_package import MANIFEST, PREVIEW
from config import write_atomically

CHECKED = Path(".checked.json")
"""Which files were checked, in the models folder: size and time of change by path."""
OWN = "own:"
"""Names of models that the catalogue does not have begin so."""
Presence = Literal["absent", "partial", "installed"]
Stamp = tuple[int, int]


@dataclass(frozen=True)
class OwnModel:
    """A model in the folder that the catalogue does not have.

    Attributes:
        id: `own:` and its path.
        path: Its main file, or its folder.
        paths: Its files.
    """

    id: str
    kind: str
    engine: str
    name: str
    path: Path
    paths: tuple[Path, ...]


@dataclass
class Library:
    """The models folder.

    Attributes:
        root: The folder; it need not be there yet.
    """

    root: Path
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def target(self, file: CatalogueFile) -> Path:
        """Where a file belongs.

        Raises:
            OutsideError: A link on the way leads out of the folder.
        """
        return self._inside(self.root / file.path)

    def presence(self, model: CatalogueModel) -> Presence:
        """Whether a model's files are there, by name and size."""
        if not model.files:
            return "absent"
        there = [self._is_there(file) for file in model.required]
        if all(there):
            return "installed"
        started = any(part_path(self.root / file.path).is_file() for file in model.files)
        return "partial" if started or any(there) else "absent"

    def bytes_there(self, model: CatalogueModel) -> int:
        """Bytes of a model that need not be downloaded any more."""
        total = 0
        for file in model.files:
            path = self.root / file.path
            part = part_path(path)
            if self._is_there(file):
                total += path.stat().st_size
            elif part.is_file():
                total += part.stat().st_size
        return total

    def missing(self, model: CatalogueModel) -> list[CatalogueFile]:
        """The files that are still to be had, in the order of their download."""
        return [file for file in model.in_order if not self._is_there(file)]

    def is_checked(self, model: CatalogueModel) -> bool:
        """Whether all files were checked since they last changed."""
        known = self._read_checked()
        return bool(model.files) and all(
            known.get(file.path) == _stamp(self.root / file.path) for file in model.required
        )

    def verify(self, model: CatalogueModel) -> None:
        """Check all files of a model, and remember that they are good.

        Raises:
            UnknownModelError: It is not there.
            WrongSizeError, WrongHashError, DamagedError: A file is not what it should be.
        """
        if self.presence(model) != "installed":
            raise UnknownModelError(f"{model.id} is not whole in {self.root}; install it first.")
        for file in model.in_order:
            if file.optional and not self._is_there(file):
                continue
            path = self.target(file)
            try:
                check_file(path, file)
            except OSError as error:
                raise DamagedError(f"{file.name} cannot be read ({error.strerror}).") from error
            except (DownloadError, StoreError):
                self._note({file.path: None})
                raise
        self.note_checked(model)

    def drop_damaged(self, model: CatalogueModel) -> None:
        """Delete those files of a model that are not what they should be."""
        for file in model.files:
            path = self.target(file)
            try:
                check_file(path, file)
            except (OSError, DownloadError, StoreError):
                self._unlink(self._inside(path, follow_last=False))

    def verify_own(self, model: OwnModel) -> None:
        """Check a model that the catalogue does not have, by its structure.

        Raises:
            DamagedError: It is damaged.
        """
        from backend.models_store.voice_check import check_voice

        for path in model.paths:
            if path.suffix == ".onnx":
                check_voice(path)
            else:
                check_structure(path, path.name)

    def note_checked(self, model: CatalogueModel) -> None:
        """Remember that a model's files are good as they are now."""
        self._note({file.path: _stamp(self.root / file.path) for file in model.files})

    def remove(self, model: CatalogueModel, keep: set[str]) -> int:
        """Delete a model's files, and what of them came so far.

        Args:
            model: The model.
            keep: Paths of files that other installed models use too.

        Returns:
            Bytes that became free.
        """
        freed = 0
        for file in model.files:
            if file.path not in keep:
                path = self._inside(self.root / file.path, follow_last=False)
                freed += self._unlink(path) + self._unlink(part_path(path))
                discard(path)
        self._note({file.path: None for file in model.files})
        return freed

    def remove_own(self, model: OwnModel) -> int:
        """Delete a model that the catalogue does not have; bytes that became free."""
        return sum(self._unlink(self._inside(path, follow_last=False)) for path in model.paths)

    def own_models(self, catalogue: Catalogue) -> list[OwnModel]:
        """Models in the folder that the catalogue does not have: voices, and Whisper's."""
        from backend.engines.stt.whisper_models import installed as whisper_models

        known = {(self.root / file.path) for model in catalogue for file in model.files}
        found = []
        if not self.root.is_dir():
            return []
        for onnx in self._voices():
            if onnx not in known:
                pair = (onnx, onnx.with_name(onnx.name + ".json"))
                shared = [onnx.with_name(name) for name in (MANIFEST, PREVIEW)]
                files = (*pair, *(path for path in shared if path.is_file()))
                found.append(self._own("tts", "piper", onnx, files))
        for path in whisper_models(self.root):
            first = path / "model.bin" if path.is_dir() else path
            if first not in known and not path.is_symlink():
                files = tuple(sorted(path.iterdir())) if path.is_dir() else (path,)
                engine = "faster_whisper" if path.is_dir() else "openai_whisper"
                found.append(self._own("stt", engine, path, files))
        return found

    def disk(self) -> dict[str, int]:
        """Bytes by the first folder beneath the models folder; links count nothing."""
        used: dict[str, int] = {}
        for path in _files(self.root):
            first = path.relative_to(self.root).parts[0]
            used[first] = used.get(first, 0) + path.lstat().st_size
        return used

    def _voices(self) -> Iterator[Path]:
        from backend.engines.tts.piper_files import find_voices

        home = self.root.resolve()
        for path in find_voices(self.root):
            if home in path.parents:
                yield self.root / path.relative_to(home)

    def _own(self, kind: str, engine: str, path: Path, files: tuple[Path, ...]) -> OwnModel:
        name = path.relative_to(self.root).as_posix()
        shown = path.name if path.is_dir() else path.stem
        return OwnModel(OWN + name, kind, engine, shown, path, files)

    def _is_there(self, file: CatalogueFile) -> bool:
        path = self.root / file.path
        try:
            size = path.stat().st_size
        except OSError:
            return False
        return path.is_file() and bool(size) and file.size in (None, size)

    def _inside(self, path: Path, *, follow_last: bool = True) -> Path:
        """A path whose folders, with their links followed, are beneath the models folder."""
        home = self.root.resolve()
        real = (path if follow_last else path.parent).resolve()
        if real != home and home not in real.parents:
            raise OutsideError(
                f"{path} leads out of the models folder to {real}; it was left as it is."
            )
        return path

    def _unlink(self, path: Path) -> int:
        """Delete a file, or a link itself; and the folders that become empty."""
        try:
            size = path.lstat().st_size
            path.unlink()
        except FileNotFoundError:
            return 0
        except OSError as error:
            raise StoreError(
                f"{path} cannot be deleted ({error.strerror}); a program may be using it."
            ) from error
        for folder in path.parents:
            if folder == self.root or any(folder.iterdir()):
                break
            folder.rmdir()
        return size

    def _read_checked(self) -> dict[str, Stamp]:
        try:
            raw = json.loads((self.root / CHECKED).read_text(encoding="utf-8"))
            return {str(path): (int(size), int(at)) for path, (size, at) in raw.items()}
        except (OSError, ValueError, TypeError, AttributeError):
            return {}

    def _note(self, stamps: dict[str, Stamp | None]) -> None:
        with self._lock:
            known = self._read_checked()
            for path, stamp in stamps.items():
                if stamp is None:
                    known.pop(path, None)
                else:
                    known[path] = stamp
            if self.root.is_dir():
                write_atomically(self.root / CHECKED, json.dumps(known, indent=0).encode())


def _stamp(path: Path) -> Stamp | None:
    try:
        facts = path.stat()
    except OSError:
        return None
    return facts.st_size, facts.st_mtime_ns


def _files(folder: Path) -> Iterator[Path]:
    """All real files beneath a folder, links left out."""
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        return
    for path in entries:
        if path.is_symlink():
            continue
        if path.is_dir():
            yield from _files(path)
        elif not path.name.startswith(".") or path.name.endswith(SUFFIX):
            yield path
