"""The language of each character: forced, or detected once and kept."""

from __future__ import annotations

import pytest

from backend.conversation.languages import AUTO, Languages
from backend.engines.base import Transcript


def test_a_setting_is_asked_for_whatever_was_heard() -> None:
    languages = Languages()
    languages.keep(1, Transcript("das ist aber schön", "de"))
    assert languages.asked("ja", 1) == languages.spoken("ja", 1) == "ja"


def test_it_is_detected_once_and_kept_for_each_character() -> None:
    languages = Languages()
    assert languages.asked(AUTO, 1) == AUTO
    assert languages.spoken(AUTO, 1) == "en"
    languages.keep(1, Transcript("das ist aber schön", "de"))
    languages.keep(1, Transcript("and this is not", "en"))
    languages.keep(2, Transcript("c'est très joli", "fr"))
    assert languages.asked(AUTO, 1) == languages.spoken(AUTO, 1) == "de"
    assert languages.asked(AUTO, 2) == "fr"
    assert languages.asked(AUTO, 3) == AUTO


@pytest.mark.parametrize(("text", "language"), [("ja", "de"), ("", "de"), ("one two three", "")])
def test_too_little_tells_nothing(text: str, language: str) -> None:
    languages = Languages()
    languages.keep(1, Transcript(text, language))
    assert languages.asked(AUTO, 1) == AUTO
