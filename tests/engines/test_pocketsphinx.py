from __future__ import annotations

import numpy as np
import pytest

from backend.engines.base import SpeechRequest
from backend.engines.stt.pocketsphinx import SAMPLE_RATE, PocketsphinxRecogniser
from backend.engines.tts.espeak import EspeakVoice
from backend.errors import EngineError
from backend.media.pcm import resample

TEXT = "thank you so much for watching the show"


@pytest.fixture(scope="module")
def recogniser() -> PocketsphinxRecogniser:
    engine = PocketsphinxRecogniser()
    engine.load()
    return engine


@pytest.fixture(scope="module")
def speech() -> np.ndarray:
    chunks = EspeakVoice({"variant": "f2", "pitch": 50, "pitch_range": 50}).synthesize(
        SpeechRequest(TEXT)
    )
    pcm = np.concatenate([chunk.pcm for chunk in chunks])
    return resample(pcm, 22_050, SAMPLE_RATE)


def right_words(heard: str) -> int:
    return sum(word in heard.split() for word in TEXT.split())


def test_it_is_embedded_and_says_what_it_is(recogniser: PocketsphinxRecogniser) -> None:
    assert recogniser.embedded
    assert recogniser.label == "PocketSphinx (demo recogniser)"
    assert recogniser.probe().ok


def test_a_whole_utterance_is_recognised(
    recogniser: PocketsphinxRecogniser, speech: np.ndarray
) -> None:
    stream = recogniser.open_stream("en-US")
    stream.feed(speech)
    transcript = stream.finalize()
    assert right_words(transcript.text) >= 6, transcript.text
    assert transcript.language == "en"
    assert transcript.confidence is None


def test_partials_grow_while_it_listens(
    recogniser: PocketsphinxRecogniser, speech: np.ndarray
) -> None:
    stream = recogniser.open_stream()
    partials = []
    for start in range(0, len(speech), 3200):
        stream.feed(speech[start : start + 3200])
        partials.append(stream.partial().text)
    final = stream.finalize().text
    assert partials[0] == ""
    assert any(partials[:-1])
    assert right_words(final) >= 5, final


def test_silence_and_nothing_are_empty(recogniser: PocketsphinxRecogniser) -> None:
    stream = recogniser.open_stream()
    assert stream.partial().text == ""
    assert stream.finalize().text == ""
    stream = recogniser.open_stream()
    stream.feed(np.zeros(100, np.int16))
    assert stream.finalize().text == ""


@pytest.mark.parametrize("amplitude", [0, 3, 300])
def test_steady_noise_is_not_words(recogniser: PocketsphinxRecogniser, amplitude: int) -> None:
    noise = np.random.default_rng(1).integers(-amplitude, amplitude + 1, SAMPLE_RATE)
    stream = recogniser.open_stream()
    stream.feed(noise.astype(np.int16))
    assert stream.finalize().text == ""


def test_a_cancelled_stream_leaves_the_recogniser_usable(
    recogniser: PocketsphinxRecogniser, speech: np.ndarray
) -> None:
    stream = recogniser.open_stream()
    stream.feed(speech)
    stream.partial()
    stream.cancel()
    stream.cancel()
    with pytest.raises(EngineError, match="has ended"):
        stream.feed(speech)
    again = recogniser.open_stream()
    again.feed(speech)
    assert right_words(again.finalize().text) >= 6


def test_a_second_stream_does_not_disturb_the_first(
    recogniser: PocketsphinxRecogniser, speech: np.ndarray
) -> None:
    first, second = recogniser.open_stream(), recogniser.open_stream()
    first.feed(speech)
    second.feed(np.zeros(SAMPLE_RATE * 3 // 2, np.int16))
    first.partial()
    second.partial()
    second.cancel()
    assert right_words(first.finalize().text) >= 5


def test_other_languages_are_refused(recogniser: PocketsphinxRecogniser) -> None:
    with pytest.raises(EngineError, match="English only, not ja") as caught:
        recogniser.open_stream("ja")
    assert not caught.value.retryable
