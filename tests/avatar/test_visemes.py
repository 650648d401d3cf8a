from __future__ import annotations

import itertools

import pytest

from backend.avatar.visemes import (
    CLOSURE_SECONDS,
    Viseme,
    VisemeTimeline,
    split_symbols,
    timeline_from_phonemes,
)
from backend.engines.base import Phoneme, SpeechRequest
from backend.engines.tts.espeak import EspeakVoice


def line(*parts: tuple[str, float]) -> list[Phoneme]:
    """Phonemes one after another: (ipa, seconds)."""
    at, phonemes = 0.0, []
    for ipa, seconds in parts:
        phonemes.append(Phoneme(at, at + seconds, ipa))
        at += seconds
    return phonemes


def shapes(timeline: VisemeTimeline) -> list[str]:
    return [event.viseme.value for event in timeline.events]


@pytest.mark.parametrize(
    ("ipa", "symbols"),
    [
        ("ˈaɪ", ["a", "ɪ"]),
        ("tʃ", ["tʃ"]),
        ("uː", ["u"]),
        ("ɑːɹ", ["ɑ", "ɹ"]),
        ("ˈaɪɚ", ["a", "ɪ", "ɚ"]),
        ("ä", ["a"]),
        ("e̞", ["e"]),
        ("ɯᵝ", ["ɯ"]),
        ("ç", ["c"]),
        ("s.", ["s"]),
        ("", []),
        ("ˈ", []),
        ("5", []),
    ],
)
def test_phoneme_names_are_taken_apart(ipa: str, symbols: list[str]) -> None:
    assert split_symbols(ipa) == symbols


def test_a_voiceless_stop_closes_before_its_burst() -> None:
    timeline = timeline_from_phonemes(line(("ɐ", 0.2), ("p", 0.03), ("ɐ", 0.2)))
    assert shapes(timeline) == ["aa", "PP", "aa"]
    before, closure, after = timeline.events
    assert closure.end == pytest.approx(0.2)
    assert closure.start == pytest.approx(0.2 - CLOSURE_SECONDS)
    assert before.end == closure.start
    assert after.start == pytest.approx(0.23)


def test_a_short_sound_before_a_stop_keeps_half_of_its_time() -> None:
    timeline = timeline_from_phonemes(line(("s", 0.2), ("ɪ", 0.03), ("p", 0.03)))
    short, closure = timeline.events[1:]
    assert short.viseme is Viseme.I
    assert short.end - short.start == pytest.approx(0.015)
    assert closure.start == short.end


def test_stops_that_are_stamped_at_their_closure_stay_there() -> None:
    phonemes = line(("ɐ", 0.2), ("p", 0.08), ("ɐ", 0.2))
    closure = timeline_from_phonemes(phonemes, stops_at_burst=False).events[1]
    assert closure.start == pytest.approx(0.2)
    assert 0.24 <= closure.end < 0.28


def test_voiced_stops_open_before_they_end_and_nasals_do_not() -> None:
    stop = timeline_from_phonemes(line(("b", 0.1))).events[0]
    nasal = timeline_from_phonemes(line(("m", 0.1))).events[0]
    assert stop.end == pytest.approx(0.065)
    assert nasal.end == pytest.approx(0.1)


def test_a_diphthong_is_two_shapes_60_to_40() -> None:
    first, second = timeline_from_phonemes(line(("ˈaɪ", 0.2))).events
    assert (first.viseme, second.viseme) == (Viseme.AA, Viseme.I)
    assert first.end == pytest.approx(0.12)
    assert first.stress > 1


def test_pauses_hold_relax_or_close() -> None:
    def pause(seconds: float) -> list[tuple[str, float]]:
        events = timeline_from_phonemes(line(("a", 0.2), ("", seconds), ("a", 0.2))).events
        return [(event.viseme.value, event.stress) for event in events[1:-1]]

    assert pause(0.1) == []
    assert pause(0.2) == [("sil", 0.5)]
    assert pause(0.5) == [("sil", 1.0)]


def test_consecutive_pauses_are_one() -> None:
    timeline = timeline_from_phonemes(line(("a", 0.2), ("", 0.2), ("", 0.2), ("a", 0.2)))
    assert shapes(timeline) == ["aa", "sil", "aa"]
    assert timeline.events[1].end == pytest.approx(0.6)


def test_a_modifier_alone_is_not_a_pause() -> None:
    timeline = timeline_from_phonemes(line(("v", 0.1), ("ʲ", 0.5), ("e", 0.1)))
    assert shapes(timeline) == ["FF", "E"]


def test_nothing_gives_an_empty_timeline() -> None:
    timeline = timeline_from_phonemes([])
    assert timeline.events == ()
    assert timeline.end == 0.0


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Peter Piper picked a peck of pickled peppers, and Bob bought my brown map."),
        ("ja", "こんにちは、わたしのなまえはハナです。"),
        ("zh", "你好，我是小花。"),
        ("de", "Ich möchte bitte fünf Brötchen und einen Apfel."),
        ("fr", "Un bon vin blanc, s'il vous plaît."),
        ("ru", "Привет, меня зовут Аня."),
        ("ar", "مرحبا بكم"),
        ("ko", "안녕하세요 만나서 반갑습니다"),
    ],
)
def test_every_phoneme_of_real_speech_has_a_shape(language: str, text: str) -> None:
    (chunk,) = EspeakVoice().synthesize(SpeechRequest(text, language=language))
    unknown = {p.ipa for p in chunk.phonemes if p.ipa and not split_symbols(p.ipa)}
    assert unknown <= {"ʲ"}
    events = timeline_from_phonemes(chunk.phonemes).events
    for before, after in itertools.pairwise(events):
        assert before.start < before.end <= after.start + 1e-9
    bilabials = sum(any(s in "pbm" for s in split_symbols(p.ipa)) for p in chunk.phonemes)
    assert sum(event.viseme is Viseme.PP for event in events) >= bilabials
