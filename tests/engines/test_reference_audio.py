"""Recordings to imitate: cut to what a cloning voice takes, or refused by name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from backend.engines.base import Pcm, SpeechRequest
from backend.engines.tts.espeak import EspeakVoice
from backend.engines.tts.reference_audio import (
    REFERENCE_RATE,
    Limits,
    cut_reference,
    prepare_reference,
)
from backend.errors import BadInputError
from backend.media.pcm import peak, resample, rms_dbfs, speech_dbfs
from backend.media.wav import read_wav, write_wav

LIMITS = Limits(3.0, 10.0)
SENTENCE = "The quick brown fox jumps over the lazy dog, and nobody has seen it."


@pytest.fixture(scope="module")
def speech() -> Pcm:
    """One sentence of about four seconds."""
    chunks = list(EspeakVoice().synthesize(SpeechRequest(SENTENCE)))
    pcm = np.concatenate([one.pcm for one in chunks])
    return resample(pcm, chunks[0].sample_rate, REFERENCE_RATE)


def silence(seconds: float) -> Pcm:
    """A quiet room, not digital silence."""
    noise = np.random.default_rng(1).normal(0, 8, round(seconds * REFERENCE_RATE))
    return noise.astype(np.int16)


def length(pcm: Pcm) -> float:
    return len(pcm) / REFERENCE_RATE


def test_silence_around_the_speech_goes_and_the_transcript_still_fits(speech: Pcm) -> None:
    cut, whole = cut_reference(np.concatenate([silence(6), speech, silence(6)]), "a.wav", LIMITS)
    assert whole
    assert length(speech) - 0.5 < length(cut) < length(speech) + 0.5


def test_a_long_recording_gives_its_loudest_speech_from_pause_to_pause(speech: Pcm) -> None:
    said, pause = speech[: 3 * REFERENCE_RATE], silence(0.8)
    quiet = (said // 8).astype(np.int16)
    whole_sound = np.concatenate(
        [quiet, pause, quiet, pause, said, pause, said, pause, quiet, pause, quiet]
    )
    cut, whole = cut_reference(whole_sound, "a.wav", LIMITS)
    assert not whole
    assert LIMITS.shortest <= length(cut) <= LIMITS.longest
    # Both loud sentences, and nothing but the pause where it begins and ends.
    assert length(cut) == pytest.approx(2 * length(said) + 0.8, abs=0.6)
    edge = round(0.1 * REFERENCE_RATE)
    for part in (cut[:edge], cut[-edge:]):
        assert rms_dbfs(part) < speech_dbfs(cut, REFERENCE_RATE) - 20


def test_speech_without_a_pause_is_cut_all_the_same(speech: Pcm) -> None:
    dense = speech[np.abs(speech.astype(int)).cumsum() > 0][: 3 * REFERENCE_RATE]
    cut, whole = cut_reference(np.concatenate([dense] * 6), "a.wav", LIMITS)
    assert not whole
    assert LIMITS.shortest <= length(cut) <= LIMITS.longest


@pytest.mark.parametrize("seconds", [3.0, 3.2, 4.0, 9.9, 10.0, 10.4, 30.0])
@pytest.mark.parametrize("where", [0.0, 0.5, 1.0])
def test_every_length_that_may_be_used_ends_within_the_limits(
    speech: Pcm, seconds: float, where: float
) -> None:
    said = speech[: round(1.8 * REFERENCE_RATE)]
    before = (seconds - 1.8) * where
    sound = np.concatenate([silence(before), said, silence(seconds - 1.8 - before)])
    cut, whole = cut_reference(sound, "a.wav", LIMITS)
    assert whole
    assert LIMITS.shortest - 1e-3 <= length(cut) <= LIMITS.longest


@pytest.mark.parametrize("factor", [0.01, 0.3, 1.0])
def test_the_level_is_moderate_and_nothing_clips(speech: Pcm, factor: float) -> None:
    cut, _whole = cut_reference((speech * factor).astype(np.int16), "a.wav", LIMITS)
    assert speech_dbfs(cut, REFERENCE_RATE) == pytest.approx(-20, abs=1.5)
    assert peak(cut) <= 32767 * 0.9 + 1


@pytest.mark.parametrize(
    ("sound", "sentence"),
    [
        (silence(2.5), r"mine\.wav is 2\.5 s long; a reference has to be 3 to 10 s"),
        (silence(8), r"Hardly any speech can be heard in mine\.wav"),
        (np.zeros(8 * REFERENCE_RATE, np.int16), r"Hardly any speech can be heard in mine\.wav"),
    ],
)
def test_what_cannot_be_imitated_is_refused_by_name(
    tmp_path: Path, sound: Pcm, sentence: str
) -> None:
    write_wav(tmp_path / "mine.wav", sound, REFERENCE_RATE)
    with pytest.raises(BadInputError, match=sentence):
        prepare_reference(tmp_path / "mine.wav", tmp_path / "data", LIMITS)
    assert not (tmp_path / "data").exists()


def test_files_that_are_no_sound_are_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "text.mp3").write_text("not a sound " * 100)
    for name, sentence in (("text.mp3", "cannot be decoded"), ("none.wav", "cannot be read")):
        with pytest.raises(BadInputError, match=rf"{name} {sentence}"):
            prepare_reference(tmp_path / name, tmp_path / "data", LIMITS)


def test_it_is_prepared_once_and_again_when_the_recording_changes(
    tmp_path: Path, speech: Pcm
) -> None:
    source, folder = tmp_path / "mine.wav", tmp_path / "data"
    write_wav(source, resample(speech, REFERENCE_RATE, 44_100), 44_100)
    first = prepare_reference(source, folder, LIMITS)
    pcm, rate = read_wav(first.path)
    assert (rate, first.whole) == (REFERENCE_RATE, True)
    assert length(pcm) == pytest.approx(length(speech), abs=0.5)
    written = first.path.stat().st_mtime_ns
    assert prepare_reference(source, folder, LIMITS) == first
    assert first.path.stat().st_mtime_ns == written
    write_wav(source, np.concatenate([speech] * 4), REFERENCE_RATE)
    second = prepare_reference(source, folder, LIMITS)
    assert second.path != first.path
    assert not second.whole
