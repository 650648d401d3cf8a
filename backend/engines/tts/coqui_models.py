"""Coqui's models: the list that its package carries, and their licences. Nothing is started.

The package `coqui-tts` lives in an environment of its own, because it wants torch and its own
versions of much else. Its `.models.json` is `{type: {language: {data set: {model: {…}}}}}`.
"""

from __future__ import annotations

import difflib
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backend.errors import EngineError

CPML = "https://coqui.ai/cpml"
INSTALL = "python main.py extras install coqui"

XTTS_V2 = "tts_models/multilingual/multi-dataset/xtts_v2"
XTTS_V2_FILES = {
    "model.pth": 1_867_929_118, "config.json": 4_368, "vocab.json": 361_219, "hash.md5": 32,
    "speakers_xtts.pth": 7_754_818,
}  # fmt: skip
"""The files of that model, and their sizes in bytes: a cut one has another."""

_ENVIRONMENT = ".venv.coqui"
_MULTILINGUAL = "multilingual"
_CLONING = ("xtts", "your_tts", "bark", "tortoise")


@dataclass(frozen=True, slots=True)
class CoquiModel:
    """A model that can be asked for.

    Attributes:
        name: "tts_models/en/ljspeech/vits", or the folder of an own one.
        language: BCP 47 tag; "" where it speaks several.
        licence: As its makers named it; "" if they did not.
        folder: Where an own model lies; None for one of the list.
    """

    name: str
    language: str
    licence: str
    folder: Path | None = None

    @property
    def is_xtts(self) -> bool:
        """Whether it is XTTS, which may not be used commercially."""
        return self.licence == "CPML"

    @property
    def clones(self) -> bool:
        """Whether it can imitate a recording."""
        return self.is_xtts or any(name in self.name for name in _CLONING)

    def kept_in(self, home: Path) -> Path:
        """Where its files are, or will be once Coqui has fetched them."""
        return self.folder or home / "tts" / self.name.replace("/", "--")

    def is_whole(self, home: Path) -> bool:
        """Whether its files are known to be there, each as long as it has to be.

        Of most models nobody tells the sizes: those are left to Coqui.
        """
        sizes = XTTS_V2_FILES if self.name == XTTS_V2 else {}
        folder = self.kept_in(home)
        return bool(sizes) and all(_size(folder / name) == size for name, size in sizes.items())

    def is_coming(self, home: Path) -> bool:
        """Whether a download of it by the program is not done yet: Coqui must not begin another.

        The program gets the network last, Coqui first.
        """
        folder = self.kept_in(home)
        known = [name for name in XTTS_V2_FILES if (folder / name).is_file()]
        begun = self.name == XTTS_V2 and bool(known) and "model.pth" not in known
        return begun or any(folder.glob("*.part"))


def find_python(chosen: str) -> Path:
    """The Python that has `coqui-tts`.

    Args:
        chosen: By the user; empty: that of the extra.

    Raises:
        EngineError: There is none.
    """
    inside = ("Scripts", "python.exe") if sys.platform == "win32" else ("bin", "python")
    own = Path(__file__).parents[3].joinpath(_ENVIRONMENT, *inside)
    python = Path(chosen).expanduser() if chosen else own
    if next(_package(python), None) is None:
        raise EngineError(f"Coqui is not installed; install it by `{INSTALL}`.", retryable=False)
    return python


def list_models(python: Path) -> list[CoquiModel]:
    """The models that the installed package knows.

    Raises:
        EngineError: Its list cannot be read.
    """
    try:
        path = next(_package(python)) / ".models.json"
        listed = json.loads(path.read_text(encoding="utf-8"))["tts_models"]
        return [
            CoquiModel(
                f"tts_models/{language}/{data_set}/{name}",
                "" if language == _MULTILINGUAL else language.replace("_", "-"),
                "CPML" if about.get("tos_required") else str(about.get("license", "")),
            )
            for language, data_sets in listed.items()
            for data_set, models in data_sets.items()
            for name, about in models.items()
        ]
    except (StopIteration, OSError, ValueError, KeyError, AttributeError) as error:
        raise EngineError(
            f"Coqui's list of models cannot be read; install it again by `{INSTALL}`.",
            retryable=False,
        ) from error


def find_model(python: Path, wanted: str) -> CoquiModel:
    """The model of a name, or in a folder.

    Raises:
        EngineError: There is none; the message names the nearest ones.
    """
    folder = Path(wanted).expanduser()
    if (folder / "config.json").is_file():
        return _own_model(folder)
    known = {model.name: model for model in list_models(python)}
    if wanted in known:
        return known[wanted]
    near = difflib.get_close_matches(wanted, known, 3, 0.4)
    hint = f"the nearest are {', '.join(near)}" if near else f"an example is {next(iter(known))}"
    raise EngineError(f"Coqui has no model {wanted}; {hint}.", retryable=False)


def has_xtts(home: Path) -> bool:
    """Whether XTTS v2 lies whole in the folder of Coqui's models."""
    return CoquiModel(XTTS_V2, "", "CPML").is_whole(home)


def _size(path: Path) -> int:
    """Bytes of a file; -1 where there is none."""
    try:
        return path.stat().st_size
    except OSError:
        return -1


def _own_model(folder: Path) -> CoquiModel:
    """A model that was trained or downloaded by the user."""
    try:
        config: Any = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        kind = str(config["model"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EngineError(
            f"config.json in {folder} is not that of a Coqui model; choose another folder.",
            retryable=False,
        ) from error
    licence = "CPML" if kind == "xtts" else ""
    return CoquiModel(str(folder), "", licence, folder)


def _package(python: Path) -> Iterator[Path]:
    """Where the package `TTS` lies in the environment of a Python."""
    root = python.parent.parent
    places = (*root.glob("lib/python3*/site-packages"), root / "Lib" / "site-packages")
    for place in (*places, python.parent / "Lib" / "site-packages"):
        if (place / "TTS" / "__init__.py").is_file():
            yield place / "TTS"
