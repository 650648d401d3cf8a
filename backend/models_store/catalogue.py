"""The catalogue: which models there are, of which files they consist, and where these come from.

Two files of data stand beside this module: `catalogue.json`, in the shape of the classes here,
and `voices.json`, a snapshot of the voices of Piper in the shape that its authors publish (see
`piper_voices`). A hash stands only where it was published or agreed upon by several sources; a
file without one is checked by its size and by reading its structure.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date, datetime
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from backend.models_store.errors import CatalogueError, UnknownModelError

HERE = Path(__file__).parent
REFRESHED = Path("catalogue") / "voices.json"
"""Where a refreshed list of voices is kept, in the models folder."""
MAX_CATALOGUE_BYTES = 16_000_000
Kind = Literal["tts", "stt", "llm", "clip"]

_PART = re.compile(r"[^\W_][\w.+-]*")
_WINDOWS_DEVICES = {"con", "prn", "aux", "nul"}
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class CatalogueFile(BaseModel):
    """One file of a model.

    Attributes:
        path: Where it belongs in the models folder, with slashes.
        urls: Where it can be had, in the order in which they are tried.
        size: Its exact size in bytes, where that is known.
        about: Its size as far as it is known otherwise, for the check of the disk.
        sha256: Its SHA-256 in hex; empty where none is known.
        md5: Its MD5 in hex, as Piper publishes it; it shows damage, and proves no origin.
        optional: Whether the model works without it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    urls: tuple[str, ...] = Field(min_length=1)
    size: int | None = Field(None, ge=1)
    about: int = Field(0, ge=0)
    sha256: str = Field("", pattern=r"^([0-9a-f]{64})?$")
    md5: str = Field("", pattern=r"^([0-9a-f]{32})?$")
    optional: bool = False

    @field_validator("path")
    @classmethod
    def _inside(cls, value: str) -> str:
        parts = value.split("/")
        safe = all(_PART.fullmatch(part) and not part.endswith(".") for part in parts)
        if not safe or any(part.split(".")[0].lower() in _WINDOWS_DEVICES for part in parts):
            raise ValueError("not a path inside the models folder")
        return value

    @field_validator("urls")
    @classmethod
    def _safe(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return _checked(value)

    @property
    def name(self) -> str:
        """The file's own name."""
        return PurePosixPath(self.path).name

    @property
    def bytes(self) -> int:
        """Its size, or as near as that is known."""
        return self.size or self.about


class CatalogueModel(BaseModel):
    """One model or voice.

    Attributes:
        id: Its name in commands and addresses, for example "piper:en_US-lessac-medium".
        engine: The engine that uses it.
        language: "en_US", "en", "multi", or empty where there is none.
        needs: What else is needed to use it.
        by_hand: How to get it, where the program does not fetch it itself.
        about: Its size in bytes where it has no files here.
        commercial: False where the licence forbids use for money.
        accept: The licence that has to be accepted before it is downloaded; empty for none.
        sample: Where its makers let it be heard, in the order in which they are tried.
        speakers: How many voices it holds.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z0-9-]+:[\w.+-]+$")
    kind: Kind
    engine: str
    name: str
    language: str = ""
    language_name: str = ""
    quality: str = ""
    licence: str
    page: str
    needs: str = ""
    by_hand: str = ""
    about: int = 0
    commercial: bool = True
    accept: str = ""
    sample: tuple[str, ...] = ()
    speakers: int = Field(1, ge=1)
    files: tuple[CatalogueFile, ...] = ()

    @field_validator("sample")
    @classmethod
    def _safe(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return _checked(value)

    @property
    def by_ollama(self) -> bool:
        """Whether Ollama downloads and keeps it, under its `name`."""
        return self.engine == "ollama"

    @property
    def bytes(self) -> int:
        """The size of all its files."""
        return sum(file.bytes for file in self.files) or self.about

    @property
    def required(self) -> tuple[CatalogueFile, ...]:
        """The files without which it does not work."""
        return tuple(file for file in self.files if not file.optional)

    @cached_property
    def in_order(self) -> tuple[CatalogueFile, ...]:
        """Its files, the largest last: an engine that looks for it finds the others there."""
        return tuple(sorted(self.files, key=lambda file: file.bytes))


class Catalogue:
    """Models by name.

    Args:
        models: All of them; of two with one name the later counts.
        notice: What the user should know about how it was read; empty if all is well.
    """

    def __init__(self, models: list[CatalogueModel], notice: str = "") -> None:
        self._models = {model.id: model for model in models}
        self.notice = notice

    def __iter__(self) -> Iterator[CatalogueModel]:
        return iter(self._models.values())

    def __len__(self) -> int:
        return len(self._models)

    def __contains__(self, model_id: object) -> bool:
        return model_id in self._models

    def get(self, model_id: str) -> CatalogueModel:
        """A model by its name, or by the part of it after the colon where only one has it.

        Raises:
            UnknownModelError: There is none.
        """
        if model_id in self._models:
            return self._models[model_id]
        short = [model for model in self if model.id.split(":", 1)[1] == model_id]
        if len(short) == 1:
            return short[0]
        if short:
            names = ", ".join(model.id for model in short)
            raise UnknownModelError(f"There are several models {model_id!r}: {names}.")
        raise UnknownModelError(
            f"The catalogue has no model {model_id!r}; `./run models list` shows all."
        )


def load_catalogue(models_dir: Path, built_in: Path = HERE) -> Catalogue:
    """Read the catalogue: the project's own, and the refreshed list of voices over it.

    A refreshed list that cannot be read is passed over, and said so in `notice`.

    Raises:
        CatalogueError: The project's own catalogue is damaged.
    """
    from backend.models_store.piper_voices import read_voices

    own = _read_own(built_in / "catalogue.json")
    models = [*read_voices((built_in / "voices.json").read_bytes()), *own["models"]]
    refreshed = models_dir / REFRESHED
    notice = ""
    try:
        made = datetime.fromtimestamp(refreshed.stat().st_mtime).date()
        if made > own["voices_of"]:
            models += read_voices(refreshed.read_bytes())
    except FileNotFoundError:
        pass
    except (OSError, CatalogueError) as error:
        notice = f"The refreshed list of voices in {refreshed} cannot be used: {error}"
    return Catalogue(models, notice)


def _read_own(path: Path) -> dict[str, Any]:
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        models = [CatalogueModel.model_validate(one) for one in raw["models"]]
        return {"models": models, "voices_of": date.fromisoformat(raw["voices_of"])}
    except (OSError, ValueError, KeyError, TypeError, ValidationError) as error:
        raise CatalogueError(
            f"The catalogue of the program is damaged ({path.name}); install the program anew."
        ) from error


def _checked(urls: tuple[str, ...]) -> tuple[str, ...]:
    for url in urls:
        if not is_allowed(url):
            raise ValueError(f"{url[:80]!r} is not an https address")
    return urls


def is_allowed(url: str) -> bool:
    """Whether a download may go to an address: https, or this computer itself."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    if parts.username or parts.password or not parts.hostname:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
