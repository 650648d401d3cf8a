"""Who speaks in Coqui, in which language, and what its failures mean."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backend.engines.http.answers import quoted
from backend.engines.tts.coqui_models import CoquiModel
from backend.errors import EngineError

_SOUNDS = (".wav", ".flac", ".mp3", ".ogg", ".opus", ".m4a")
_MEANINGS = (
    (
        r"ModuleNotFoundError|ImportError",
        "Coqui's installation is not complete; install it again",
        False,
    ),
    (
        r"OutOfMemory|out of memory",
        "Coqui has not enough memory on the graphics card; close other programs that use it",
        True,
    ),
    (
        r"ConnectionError|ConnectTimeout|NewConnectionError|Max retries|NameResolution|HTTPError",
        "Coqui's model could not be fetched; check the network",
        True,
    ),
    (
        r"UnpicklingError|PytorchStreamReader|BadZipFile|size mismatch|Missing key|"
        r"(?:Model|Config) file not found",
        "The files of Coqui's model are damaged; delete its folder, so that it is fetched anew",
        False,
    ),
    (r"No space left|Errno 28", "The disk is full; free some space for Coqui's model", True),
)


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a loaded model can.

    Attributes:
        speakers: Their names; empty for a model of one speaker.
        languages: Its own codes; empty for a model of one language.
        cloning: Whether it imitates recordings.
    """

    speakers: tuple[str, ...]
    languages: tuple[str, ...]
    cloning: bool

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Loaded:
        """What the process said of it."""
        return cls(tuple(told["speakers"]), tuple(told["languages"]), bool(told["cloning"]))

    def speaker(self, wanted: str, preferred: str) -> str:
        """The speaker of a name, or the preferred one, or the first.

        Raises:
            EngineError: There is none of that name, or none at all.
        """
        name = wanted or preferred
        if name in self.speakers:
            return name
        if name and self.speakers:
            few = ", ".join(self.speakers[:5])
            raise EngineError(
                f"Coqui's model has no speaker {name}; it has {few} and others.", retryable=False
            )
        if not self.speakers and self.cloning:
            raise EngineError(
                "Coqui's model has no voice of its own; choose a recording for it to imitate"
                " (COQUI_REFERENCE).",
                retryable=False,
            )
        return self.speakers[0] if self.speakers else ""


def language_for(tag: str, loaded: Loaded, model: CoquiModel) -> str:
    """The model's own code of a language; "" for a model of one language.

    Raises:
        EngineError: It does not speak it.
    """
    wanted = tag.strip().lower().replace("_", "-") or "en"
    base = wanted.partition("-")[0]
    if not loaded.languages:
        own = model.language.lower().partition("-")[0]
        if own and base not in (own, "auto"):
            raise _does_not_speak(tag, model)
        return ""
    base = "en" if base == "auto" else base
    codes = {code.lower(): code for code in reversed(loaded.languages)}
    bases = {code.partition("-")[0]: own for code, own in codes.items()}
    found = codes.get(wanted) or codes.get(base) or bases.get(base)
    if found is not None:
        return found
    raise _does_not_speak(tag, model)


def recordings(home: Path, chosen: str) -> dict[str, Path]:
    """The recordings that can be imitated, by name: the chosen one, and `voices/NAME/reference.*`.

    A name is that of a folder, or of the chosen file.
    """
    found: dict[str, Path] = {}
    if chosen.strip():
        path = Path(chosen).expanduser()
        if path.is_file():
            found[path.stem] = path
    for path in sorted((home / "voices").glob("*/reference.*")):
        if path.suffix.lower() in _SOUNDS:
            found.setdefault(path.parent.name, path)
    return found


def explain(said: str) -> EngineError:
    """A failure in the other process, as a sentence for people."""
    for pattern, meaning, retryable in _MEANINGS:
        if re.search(pattern, said):
            return EngineError(f"{meaning}.", retryable=retryable)
    return EngineError(f"Coqui failed{quoted(said)}.")


def _does_not_speak(tag: str, model: CoquiModel) -> EngineError:
    return EngineError(
        f"Coqui's {model.name} does not speak the language {tag}; choose another model.",
        retryable=False,
    )
