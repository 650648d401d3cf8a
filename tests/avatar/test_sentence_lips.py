"""The lips of a sentence whose voice tells no phonemes, whole and in parts."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from statistics import median

import numpy as np
import pytest

from backend.avatar.coarticulation import MouthCurve
from backend.avatar.feature_stream import MelStream
from backend.avatar.open_dtw import OpenWarp
from backend.avatar.part_alignment import render
from backend.avatar.sentence_lips import Lips, SentenceLips
from backend.avatar.speech_features import log_mel
from backend.avatar.visemes import timeline_from_phonemes
from backend.engines.base import Phoneme, SpeechChunk, SpeechRequest
from backend.engines.tts.espeak import EspeakVoice
from backend.media.pcm import concat_segments, silence

TEXT = "Hello everyone, my puppy bumps maps. Five very funny fish saw you go home."
OTHER = "Thank you so much for watching; see you tomorrow at the usual time, and sleep well."


@pytest.fixture(scope="module")
def foreign() -> SpeechChunk:
    """The text by another speaker, slower, lower, after a pause."""
    voice = EspeakVoice({"variant": "m3", "pitch": 35})
    (chunk,) = voice.synthesize(SpeechRequest(TEXT, speed=0.9, pitch=-1))
    lead = 0.4
    pcm = concat_segments([silence(lead, chunk.sample_rate), chunk.pcm], chunk.sample_rate)
    phonemes = tuple(Phoneme(p.start + lead, p.end + lead, p.ipa) for p in chunk.phonemes)
    return SpeechChunk(pcm, chunk.sample_rate, phonemes)


def parts_of(chunk: SpeechChunk, seconds: float) -> Iterator[SpeechChunk]:
    size = round(seconds * chunk.sample_rate)
    for at in range(0, len(chunk.pcm), size):
        yield SpeechChunk(chunk.pcm[at : at + size], chunk.sample_rate, whole=False)


def spoken(lips: SentenceLips, chunk: SpeechChunk, seconds: float) -> list[tuple[float, Lips]]:
    """When each part begins, and its lips."""
    found, at = [], 0.0
    for part in parts_of(chunk, seconds):
        found.append((at, lips.of(part)))
        at += part.seconds
    return found


def opening(found: list[tuple[float, Lips]], times: np.ndarray) -> np.ndarray:
    starts = np.array([at for at, _lips in found])
    which = np.searchsorted(starts, times + 1e-9) - 1
    pairs = zip(which, times, strict=True)
    return np.array([found[part][1].curve.at(at - starts[part]).open for part, at in pairs])


@pytest.mark.parametrize("seconds", [0.3, 1.0])
def test_a_sentence_in_parts_is_aligned_on_the_way(foreign: SpeechChunk, seconds: float) -> None:
    found = spoken(SentenceLips(SpeechRequest(TEXT)), foreign, seconds)
    told = [p.start + at for at, lips in found for p in lips.phonemes if p.ipa]
    truth = [p.start for p in foreign.phonemes if p.ipa]
    assert len(told) == len(truth)
    errors = [abs(a - b) for a, b in zip(told, truth, strict=True)]
    assert median(errors) < 0.03
    assert np.percentile(errors, 90) < 0.15
    assert {lips.curve.timeline.source for at, lips in found if at > 0.6} == {"alignment"}
    times = np.arange(0.5, foreign.seconds, 0.02)
    true = MouthCurve(timeline_from_phonemes(foreign.phonemes)).sample(times)[:, 0]
    assert np.corrcoef(true, opening(found, times))[0, 1] > 0.65


def test_each_phoneme_begins_in_the_part_that_tells_it(foreign: SpeechChunk) -> None:
    found = spoken(SentenceLips(SpeechRequest(TEXT)), foreign, 0.3)
    starts = []
    for at, lips in found:
        assert all(0.0 <= one.start < 0.3 for one in lips.phonemes)
        assert all(one.end > one.start for one in lips.phonemes)
        starts += [one.start + at for one in lips.phonemes]
    assert starts == sorted(starts)


def test_lips_go_on_over_the_seam_and_rest_when_nothing_follows(foreign: SpeechChunk) -> None:
    found = [lips for _at, lips in spoken(SentenceLips(SpeechRequest(TEXT)), foreign, 0.3)]
    ends = np.array([lips.curve.at(0.2999).open for lips in found[:-2]])
    starts = np.array([lips.curve.at(0.0).open for lips in found[1:-1]])
    assert np.abs(ends - starts).max() < 0.1
    assert all(lips.curve.at(0.45).open == 0.0 for lips in found)


def test_lips_that_were_given_out_never_change(foreign: SpeechChunk) -> None:
    lips = SentenceLips(SpeechRequest(TEXT))
    times = np.arange(0.0, 0.5, 0.01)
    given = []
    for part in parts_of(foreign, 0.5):
        found = lips.of(part)
        given.append((found, found.curve.sample(times), found.phonemes))
    for found, rows, phonemes in given:
        assert (found.curve.sample(times) == rows).all()
        assert found.phonemes == phonemes


def test_a_part_takes_no_more_memory_than_it_is_long(foreign: SpeechChunk) -> None:
    rendering = render(SpeechRequest(TEXT))
    assert rendering is not None
    warp = OpenWarp(rendering.features, rendering.pauses)
    frames = rendering.features[:30]
    steps = []
    for _ in range(6):
        warp.feed(frames, np.zeros(30, bool))
        path = warp.path()
        assert path is not None
        steps.append(len(path.heard))
    assert max(steps) <= 30 + 40


def test_another_text_is_trusted_less(foreign: SpeechChunk) -> None:
    def trust(text: str) -> float:
        found = spoken(SentenceLips(SpeechRequest(text)), foreign, 0.5)
        told = [lips.curve.timeline for _at, lips in found]
        return median(one.confidence if one.source == "alignment" else 0.0 for one in told)

    assert trust(TEXT) > trust(OTHER) + 0.15


def test_a_whole_sentence_is_aligned_at_once(foreign: SpeechChunk) -> None:
    lips = SentenceLips(SpeechRequest(TEXT)).of(SpeechChunk(foreign.pcm, foreign.sample_rate))
    assert len(lips.phonemes) > 40
    assert lips.curve.timeline.source == "alignment"
    assert 0.2 < lips.curve.timeline.confidence <= 1.0


def test_a_voice_that_tells_its_phonemes_is_believed(foreign: SpeechChunk) -> None:
    lips = SentenceLips(SpeechRequest("something else")).of(foreign)
    assert lips.phonemes == foreign.phonemes
    assert (lips.curve.timeline.source, lips.curve.timeline.confidence) == ("phonemes", 1.0)


@pytest.mark.parametrize("whole", [True, False])
def test_a_language_that_nobody_speaks_is_logged(
    foreign: SpeechChunk, whole: bool, caplog: pytest.LogCaptureFixture
) -> None:
    chunk = SpeechChunk(foreign.pcm, foreign.sample_rate, whole=whole)
    with caplog.at_level(logging.WARNING):
        lips = SentenceLips(SpeechRequest(TEXT, language="xx")).of(chunk)
    assert lips.phonemes == ()
    assert lips.curve.timeline.source == "audio"
    assert "does not speak the language xx" in caplog.text


@pytest.mark.parametrize("samples", [0, 1, 300, 5_000])
def test_parts_of_any_size_have_lips(samples: int) -> None:
    lips = SentenceLips(SpeechRequest(TEXT))
    for _ in range(3):
        part = SpeechChunk(np.zeros(samples, np.int16), 22_050, whole=False)
        assert lips.of(part).curve.at(0.1).open == 0.0


def test_nothing_that_can_be_said_has_lips_by_ear(foreign: SpeechChunk) -> None:
    part = SpeechChunk(foreign.pcm, foreign.sample_rate, whole=False)
    assert SentenceLips(SpeechRequest("…")).of(part).curve.timeline.source == "audio"


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 48_000])
def test_frames_in_pieces_are_those_of_the_whole(rate: int) -> None:
    noise = np.random.default_rng(1).normal(0, 3000, rate).astype(np.int16)
    stream = MelStream(rate)
    pieces = np.concatenate([stream.feed(part) for part in np.array_split(noise, 13)])
    whole = log_mel(noise, rate)
    assert 0 <= len(whole) - len(pieces) <= 3
    inside = slice(2, len(pieces) - 2)
    bands = slice(2, 15)
    assert np.abs(pieces[inside, bands] - whole[inside, bands]).mean() < 0.5


def test_an_open_warp_knows_where_it_is() -> None:
    known = np.random.default_rng(2).normal(0, 2, (200, 26)).astype(np.float32)
    warp = OpenWarp(known, np.zeros(200, bool))
    assert warp.path() is None
    stretched = np.repeat(known, 2, axis=0)[:200]
    silent = np.zeros((30, 26), np.float32)
    warp.feed(silent, np.ones(30, bool))
    assert warp.path() is None
    for part in np.array_split(stretched, 5):
        warp.feed(part, np.zeros(len(part), bool))
    path = warp.path()
    assert path is not None
    assert path.heard[-1] == 229
    assert path.known[-1] == pytest.approx(99, abs=2)
    assert path.tempo == pytest.approx(0.5, abs=0.05)
    assert path.when(np.array([90.0, 110.0])) == pytest.approx([30 + 180.5, 30 + 220], abs=4)
