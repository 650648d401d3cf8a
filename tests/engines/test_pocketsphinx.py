from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

import numpy as np
import psutil
import pytest

from backend.engines.base import SpeechRequest
from backend.engines.stt.pocketsphinx import SAMPLE_RATE, PocketsphinxRecogniser
from backend.engines.tts.espeak import EspeakVoice
from backend.errors import EngineError
from backend.media.pcm import resample
from config import ROOT
from tests.support.processes import is_running
from tests.support.window_parts import wait_until

OWNER = """
import time
from backend.engines.stt.pocketsphinx import PocketsphinxRecogniser
engine = PocketsphinxRecogniser()
engine.load()
print(engine._worker._process._child.pid, flush=True)
time.sleep(600)
"""
TEXT = "thank you so much for watching the show"


@pytest.fixture(scope="module")
def recogniser() -> Iterator[PocketsphinxRecogniser]:
    engine = PocketsphinxRecogniser()
    engine.load()
    yield engine
    engine.unload()


def process_of(engine: PocketsphinxRecogniser) -> psutil.Process:
    """The process with the decoders."""
    assert engine._worker._process is not None
    return psutil.Process(engine._worker._process._child.pid)


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


def test_what_goes_on_after_a_guess_is_decoded_anew(
    recogniser: PocketsphinxRecogniser, speech: np.ndarray
) -> None:
    stream = recogniser.open_stream()
    half = len(speech) // 2
    stream.feed(speech[:half])
    guess = stream.speculate().text
    assert stream.speculate().text == stream.partial().text == guess
    stream.feed(speech[half:])
    final = stream.finalize().text
    assert right_words(final) >= 6 > right_words(guess)


def test_it_works_in_a_process_that_ends_with_the_engine(speech: np.ndarray) -> None:
    engine = PocketsphinxRecogniser()
    engine.unload()
    engine.load()
    process = process_of(engine)
    engine.load()
    assert process_of(engine) == process
    engine.unload()
    assert not process.is_running()
    engine.unload()


def test_an_utterance_survives_the_death_of_the_process(
    recogniser: PocketsphinxRecogniser, speech: np.ndarray, caplog: pytest.LogCaptureFixture
) -> None:
    stream = recogniser.open_stream()
    half = len(speech) // 2
    stream.feed(speech[:half])
    stream.partial()
    process = process_of(recogniser)
    process.kill()
    process.wait(10)
    stream.feed(speech[half:])
    assert right_words(stream.finalize().text) >= 6


def test_it_may_die_in_the_midst_of_its_work(
    recogniser: PocketsphinxRecogniser, speech: np.ndarray, caplog: pytest.LogCaptureFixture
) -> None:
    recogniser.load()
    process = process_of(recogniser)
    stream = recogniser.open_stream()
    for _ in range(3):
        stream.feed(speech)
    killer = threading.Timer(0.2, process.kill)
    killer.start()
    final = stream.finalize().text
    killer.join()
    assert final.count("show") >= 2
    assert "is decoded anew" in caplog.text


def test_one_that_dies_each_time_is_an_error_that_may_pass(
    recogniser: PocketsphinxRecogniser, speech: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.engines.stt.pocketsphinx.ANSWER_S", 0.05)
    stream = recogniser.open_stream()
    for _ in range(3):
        stream.feed(speech)
    with pytest.raises(EngineError, match="did not answer") as caught:
        stream.finalize()
    assert caught.value.retryable


def test_a_long_utterance_does_not_hold_up_a_short_one(
    recogniser: PocketsphinxRecogniser, speech: np.ndarray
) -> None:
    recogniser.load()
    order: list[str] = []

    def recognise(name: str, times: int) -> None:
        stream = recogniser.open_stream()
        for _ in range(times):
            stream.feed(speech)
        if right_words(stream.finalize().text) >= 5:
            order.append(name)

    long = threading.Thread(target=recognise, args=("long", 3))
    long.start()
    recognise("short", 1)
    long.join()
    assert order == ["short", "long"]


def test_a_decode_under_way_is_cancelled_from_another_thread(
    recogniser: PocketsphinxRecogniser, speech: np.ndarray
) -> None:
    stream = recogniser.open_stream()
    for _ in range(4):
        stream.feed(speech)
    threading.Timer(0.2, stream.cancel).start()
    with pytest.raises(EngineError, match="has ended"):
        stream.finalize()


@pytest.mark.skipif(sys.platform == "win32", reason="signals are of POSIX systems")
def test_no_process_is_left_when_the_backend_is_killed() -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert owner.stdout is not None
        pid = int(owner.stdout.readline())
        assert is_running(pid)
        owner.send_signal(signal.SIGKILL)
        wait_until(lambda: not is_running(pid))
    finally:
        owner.kill()
        owner.wait()
        owner.stdout.close()
