"""Which language each character is spoken to in: a setting, or detected once and kept."""

from __future__ import annotations

from backend.engines.base import Transcript

AUTO = "auto"
"""The language setting that means: detect it."""
TELLING_WORDS = 3
"""Words of an utterance whose detected language is kept: of fewer it is a guess."""


class Languages:
    """What was detected for each character since the program began."""

    def __init__(self) -> None:
        self._kept: dict[int, str] = {}

    def asked(self, setting: str, character_id: int) -> str:
        """The language to ask a recogniser for: a BCP 47 tag, or `AUTO`."""
        return self._kept.get(character_id, AUTO) if setting == AUTO else setting

    def spoken(self, setting: str, character_id: int) -> str:
        """The language to answer in, for a character that has none of its own."""
        asked = self.asked(setting, character_id)
        return "en" if asked == AUTO else asked

    def keep(self, character_id: int, transcript: Transcript) -> None:
        """Keep the language of the first utterance that is long enough to tell it."""
        if len(transcript.text.split()) >= TELLING_WORDS and transcript.language not in ("", AUTO):
            self._kept.setdefault(character_id, transcript.language)
