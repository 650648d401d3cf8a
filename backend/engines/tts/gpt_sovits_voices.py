"""The voices of GPT-SoVITS: a folder each, with a recording to imitate.

    models/gpt_sovits/Ren/reference.wav         3 to 10 s of the speaker, or longer; any format
    models/gpt_sovits/Ren/reference.txt         what is said in it; may be missing
    models/gpt_sovits/Ren/reference.happy.wav   the same speaker in that emotion; may be missing
    models/gpt_sovits/Ren/voice.json            {"name", "language", "gpt_weights",
                                                "sovits_weights"}; may be missing, as may each key

Weights are looked for in the voice's folder, then in that of GPT-SoVITS, and nowhere else: they are
pickles, which a voice from elsewhere must not choose freely.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from backend.errors import EngineError

LANGUAGES = ("en", "zh", "ja", "yue", "ko")

_SOUNDS = (".wav", ".flac", ".mp3", ".ogg", ".opus", ".m4a")
_WEIGHTS = {"gpt": ".ckpt", "sovits": ".pth"}
_CANTONESE = ("yue", "zh-hk", "zh-mo", "zh-yue")
_LONGEST_TRANSCRIPT = 500


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording to imitate, and what is said in it ("" if that is not known)."""

    path: Path
    transcript: str = ""


@dataclass(frozen=True, slots=True)
class SovitsVoice:
    """A voice.

    Attributes:
        id: The folder's name.
        name: For people.
        language: BCP 47 tag of the recording.
        recordings: By emotion; "" is the usual one, which is always there.
        gpt_weights: Fine-tuned weights; None: those that GPT-SoVITS starts with.
        sovits_weights: The same.
    """

    id: str
    name: str
    language: str
    recordings: Mapping[str, Recording] = field(default_factory=dict)
    gpt_weights: Path | None = None
    sovits_weights: Path | None = None

    def recording(self, emotion: str) -> Recording:
        """The recording for an emotion, or the usual one."""
        return self.recordings.get(emotion) or self.recordings[""]


class _Description(BaseModel):
    """`voice.json`; what others have written into it beside that does not matter here."""

    model_config = ConfigDict(extra="ignore")

    name: str = ""
    language: str = ""
    gpt_weights: str = ""
    sovits_weights: str = ""


def voice_folders(folder: Path) -> list[Path]:
    """The folders that hold a voice, in the order of their names."""
    if not folder.is_dir():
        return []
    return [one for one in sorted(folder.iterdir()) if one.is_dir() and _sounds(one)]


def read_voice(folder: Path, language: str, installation: Path | None) -> SovitsVoice:
    """Read a voice.

    Args:
        folder: Its folder.
        language: Of a voice that does not tell its own.
        installation: Where GPT-SoVITS keeps its weights; None if that is not known.

    Raises:
        EngineError: Its files do not fit together.
    """
    described = _described(folder)
    recordings = _recordings(folder)
    if "" not in recordings:
        raise EngineError(
            f"The voice {folder.name} has no reference.wav; put 3 to 10 s of the speaker there.",
            retryable=False,
        )
    return SovitsVoice(
        folder.name,
        described.name or folder.name,
        described.language or language,
        recordings,
        _weights(folder, installation, described.gpt_weights, "gpt"),
        _weights(folder, installation, described.sovits_weights, "sovits"),
    )


def fingerprint(folder: Path) -> str:
    """Changes with every file of every voice."""
    told = hashlib.sha256()
    for voice in voice_folders(folder):
        for path in sorted(voice.iterdir()):
            about = path.stat()
            told.update(f"{path} {about.st_size} {about.st_mtime_ns}\n".encode("utf-8", "replace"))
    return told.hexdigest()


def language_code(tag: str) -> str:
    """GPT-SoVITS's name of a language.

    Raises:
        EngineError: It does not speak it.
    """
    lower = tag.strip().lower().replace("_", "-")
    if lower.startswith(_CANTONESE):
        return "yue"
    base = {"cmn": "zh", "": "en"}.get(lower.partition("-")[0], lower.partition("-")[0])
    if base not in (*LANGUAGES, "auto"):
        raise EngineError(
            f"GPT-SoVITS does not speak the language {tag}; it speaks English, Chinese,"
            " Cantonese, Japanese and Korean.",
            retryable=False,
        )
    return base


def read_transcript(sound: Path) -> str:
    """What is said in a recording, from the text file beside it; "" without one.

    Raises:
        EngineError: It is not a text.
    """
    path = sound.with_suffix(".txt")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise EngineError(
            f"{path.name} of the voice {path.parent.name} is not a text in UTF-8; save it as such.",
            retryable=False,
        ) from error
    return " ".join(text.split())[:_LONGEST_TRANSCRIPT]


def _described(folder: Path) -> _Description:
    path = folder / "voice.json"
    try:
        return _Description.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return _Description()
    except (OSError, ValidationError) as error:
        raise EngineError(
            f"voice.json of the voice {folder.name} cannot be read; correct or delete it.",
            retryable=False,
        ) from error


def _recordings(folder: Path) -> dict[str, Recording]:
    """The recordings of a folder, by emotion."""
    sounds = _sounds(folder).items()
    return {emotion: Recording(path, read_transcript(path)) for emotion, path in sounds}


def _sounds(folder: Path) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for path in sorted(folder.glob("reference*")):
        if path.suffix.lower() in _SOUNDS and path.is_file():
            emotion = path.stem.partition("reference")[2].lstrip(".").lower()
            found.setdefault(emotion, path)
    return found


def _weights(folder: Path, installation: Path | None, named: str, kind: str) -> Path | None:
    """The weights of a voice: those that it names, or the only ones in its folder."""
    suffix = _WEIGHTS[kind]
    if not named:
        own = sorted(folder.glob(f"*{suffix}"))
        return own[0].resolve() if len(own) == 1 else None
    for place in filter(None, (folder, installation)):
        path = (place / named).resolve()
        if path.is_file() and path.is_relative_to(place.resolve()) and path.suffix == suffix:
            return path
    raise EngineError(
        f"The weights {named} of the voice {folder.name} are missing; put the {suffix} file into"
        " its folder.",
        retryable=False,
    )
