"""The Piper voices that are installed here, and which of them speaks what is asked for."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from backend.engines.tts.piper_files import PiperFiles, VoiceFileError, find_voices, read_files
from backend.errors import EngineError, UnsupportedError

log = logging.getLogger("kotodama.engines")


@dataclass(frozen=True, slots=True)
class Shelf:
    """The voices found.

    Attributes:
        files: All of them.
        preferred: Those that the setting names.
    """

    files: tuple[PiperFiles, ...]
    preferred: tuple[PiperFiles, ...]

    @classmethod
    def of(cls, wanted: str, models_dir: Path) -> Shelf:
        """Look for voices; one whose description is damaged is logged and left out.

        Args:
            wanted: A voice's `.onnx`, a folder of voices, or a voice's name; may be empty.
            models_dir: Searched with all its folders.
        """
        path = Path(wanted)
        found = []
        for network in find_voices(*([path] if wanted and path.exists() else []), models_dir):
            try:
                found.append(read_files(network))
            except VoiceFileError as error:
                log.warning("%s", error.message)
        real = path.resolve()
        preferred = [
            files
            for files in found
            if wanted and (real in (files.model, *files.model.parents) or files.name == path.name)
        ]
        return cls(tuple(found), tuple(preferred))

    def first(self, language: str) -> tuple[PiperFiles, int]:
        """The voice to be made ready before anything is asked for, and its speaker.

        Raises:
            EngineError: There is none.
        """
        try:
            return self.choose("", language)
        except EngineError:
            if not self.files:
                raise
            files = (*self.preferred, *self.files)[0]
            return files, _speaker(files, "")

    def choose(self, voice: str, language: str) -> tuple[PiperFiles, int]:
        """The voice that is meant, and the number of its speaker.

        Args:
            voice: "name" or "name#speaker"; without a name, by language: the preferred voice if
                it speaks it, else one of the same region, else any of the language.
            language: BCP 47 tag.

        Raises:
            UnsupportedError: There is no such voice, or none for the language.
        """
        name, _, speaker = voice.partition("#")
        if name:
            named = [files for files in self.files if files.name == name]
            if not named:
                raise UnsupportedError(
                    f"Piper has no voice named {name}. Choose one of its list, or install it.",
                )
            return named[0], _speaker(named[0], speaker)
        tag = language.replace("_", "-").lower()
        speaking = [files for files in self.files if _base(files.language) == _base(tag)]
        exact = [files for files in speaking if files.language.lower() == tag]
        own = [files for files in self.preferred if files in speaking]
        fitting = [*own, *exact, *speaking]
        if not fitting:
            raise UnsupportedError(
                f"Piper has no voice for the language {language}. Install one, or choose another"
                " voice.",
            )
        return fitting[0], _speaker(fitting[0], speaker)


def _base(language: str) -> str:
    return language.split("-")[0].lower()


def _speaker(files: PiperFiles, speaker: str) -> int:
    """A speaker's number, by name or as it is; without one, the voice's default.

    Raises:
        UnsupportedError: The voice has no such speaker.
    """
    if not speaker:
        default = files.described.get("default_speaker_id", 0)
        return min(int(default), files.num_speakers - 1)
    if speaker in files.speakers:
        return files.speakers[speaker]
    if speaker.isdecimal() and int(speaker) < files.num_speakers:
        return int(speaker)
    raise UnsupportedError(
        f"The voice {files.name} has no speaker {speaker}. Choose one of its list.",
    )
