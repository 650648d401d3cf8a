from __future__ import annotations

import itertools
import threading
import time
from statistics import median

import numpy as np
import pytest
from pydantic import ValidationError

from backend.engines.base import SpeechChunk, SpeechRequest
from backend.engines.tts.espeak import EspeakVoice, find_voice, speakable, split_pieces
from backend.engines.tts.espeak_library import EspeakLibrary, EspeakSettings
from backend.errors import EngineError
from backend.media.loudness import loudness
from backend.media.pcm import peak, rms_dbfs, speech_dbfs

TEXT = "Hello everyone, welcome to my stream today, I am so happy you are here."


def say(text: str, **request: object) -> list[SpeechChunk]:
    return list(EspeakVoice().synthesize(SpeechRequest(text, **request)))  # type: ignore[arg-type]


def fundamental(pcm: np.ndarray, rate: int) -> float:
    """The median pitch by autocorrelation of the loud frames, Hz."""
    found = []
    loud = np.sqrt(np.mean(np.square(pcm, dtype=np.float64)))
    for start in range(0, len(pcm) - 1024, 512):
        frame = pcm[start : start + 1024].astype(np.float64)
        if np.sqrt(np.mean(frame**2)) < loud / 2:
            continue
        correlation = np.fft.irfft(np.abs(np.fft.rfft(frame - frame.mean(), 4096)) ** 2)
        low, high = rate // 600, rate // 70
        lag = low + int(correlation[low:high].argmax())
        if correlation[lag] > correlation[0] / 2:
            found.append(rate / lag)
    return median(found)


def test_it_is_embedded_and_available() -> None:
    voice = EspeakVoice()
    assert voice.embedded
    assert voice.probe().ok
    assert len(voice.voices()) > 100
    assert any(info.language == "ja" for info in voice.voices())


def test_speech_has_the_promised_form() -> None:
    (chunk,) = say(TEXT)
    assert chunk.sample_rate == 22_050
    assert chunk.pcm.dtype == np.int16
    assert 3.5 < chunk.seconds < 6.5
    assert loudness(chunk.pcm, 22_050) == pytest.approx(-18.0, abs=0.1)
    assert peak(chunk.pcm) < 32_000


def test_phonemes_are_in_order_and_cover_the_chunk() -> None:
    (chunk,) = say(TEXT)
    phonemes = chunk.phonemes
    assert phonemes[0].start == 0.0
    assert phonemes[-1].end == pytest.approx(chunk.seconds, abs=0.001)
    for before, after in itertools.pairwise(phonemes):
        assert before.end == pytest.approx(after.start)
        assert before.end > before.start
    spoken = "".join(phoneme.ipa for phoneme in phonemes)
    assert spoken.startswith("həlˈoʊ")
    assert any(not phoneme.ipa and phoneme.end - phoneme.start > 0.1 for phoneme in phonemes)


def test_voiceless_stops_are_silent_before_their_start() -> None:
    (chunk,) = say("happy puppy people keep apples")
    stops = [phoneme for phoneme in chunk.phonemes if phoneme.ipa == "p"]
    assert len(stops) >= 5
    for stop in stops:
        burst = round(stop.start * 22_050)
        closure = chunk.pcm[burst - round(0.03 * 22_050) : burst - round(0.005 * 22_050)]
        assert rms_dbfs(closure) < -40


def test_the_default_voice_is_a_young_woman() -> None:
    (chunk,) = say(TEXT)
    assert 200 <= fundamental(chunk.pcm, 22_050) <= 250


def test_pitch_is_in_semitones_and_keeps_the_tempo() -> None:
    (plain,) = say(TEXT)
    base = fundamental(plain.pcm, 22_050)
    for semitones in (-5.0, 5.0):
        (chunk,) = say(TEXT, pitch=semitones)
        shift = 12 * np.log2(fundamental(chunk.pcm, 22_050) / base)
        assert shift == pytest.approx(semitones, abs=1.2)
        assert chunk.seconds == pytest.approx(plain.seconds, rel=0.08)
        assert chunk.phonemes[-1].end == pytest.approx(chunk.seconds, abs=0.002)


def test_speed_is_honoured() -> None:
    lengths = [say(TEXT, speed=speed)[0].seconds for speed in (0.5, 1.0, 2.0)]
    assert lengths[0] / lengths[1] == pytest.approx(2.0, rel=0.15)
    assert lengths[1] / lengths[2] == pytest.approx(2.0, rel=0.15)


def test_emotions_change_the_manner() -> None:
    (sad,), (neutral,), (happy,) = (say(TEXT, emotion=e) for e in ("sad", "neutral", "happy"))
    assert sad.seconds > neutral.seconds > happy.seconds
    pitches = [fundamental(chunk.pcm, 22_050) for chunk in (sad, neutral, happy)]
    assert pitches == sorted(pitches)
    assert len(say(TEXT, emotion="flummoxed")[0].pcm) > 0


@pytest.mark.parametrize(
    ("language", "voice"),
    [
        ("en", "gmw/en-US"),
        ("en-US", "gmw/en-US"),
        ("EN_us", "gmw/en-US"),
        ("en-GB", "gmw/en"),
        ("ja-JP", "jpx/ja"),
        ("de-AT", "gmw/de"),
        ("zh-Hant-TW", "sit/cmn"),
        ("pt", "roa/pt-BR"),
        ("pt-PT", "roa/pt"),
        ("no", "gmq/nb"),
        ("xx", None),
        ("", None),
    ],
)
def test_language_tags_find_their_voice(language: str, voice: str | None) -> None:
    assert find_voice(EspeakLibrary.shared().voices, language) == voice


def test_japanese_is_spoken_as_japanese() -> None:
    (chunk,) = say("こんにちは", language="ja")
    assert "tɕ" in {phoneme.ipa for phoneme in chunk.phonemes}


def test_what_cannot_be_spoken_is_a_named_error() -> None:
    with pytest.raises(EngineError, match="does not speak the language xx"):
        say("hello", language="xx")
    with pytest.raises(EngineError, match="no voice named Hatsune"):
        say("hello", voice="Hatsune")
    with pytest.raises(ValidationError):
        EspeakVoice({"volume": 11})
    with pytest.raises(ValidationError):
        EspeakVoice({"rate": 5})


def test_a_voice_can_be_named_with_a_variant() -> None:
    (low,) = say(TEXT, voice="en-us+m3")
    assert fundamental(low.pcm, 22_050) < 150


@pytest.mark.parametrize("text", ["", "   ", "😀🎉", "\x00\x07\x1b", "...", "?!", "\ud800"])
def test_text_without_words_says_nothing(text: str) -> None:
    assert say(text) == []


def test_odd_text_is_spoken_without_its_oddities() -> None:
    assert speakable("a\x00b\x07 😀\n\tc\u200b") == "a b c"
    (chunk,) = say("Hi\x00 there 😀!")
    assert chunk.seconds < 2


def test_ten_thousand_characters_come_in_chunks_at_one_level() -> None:
    stream = EspeakVoice().synthesize(SpeechRequest("This is a sentence. " * 500))
    started = time.perf_counter()
    chunks = [next(stream) for _ in range(4)]
    stream.close()
    assert time.perf_counter() - started < 2
    assert all(chunk.seconds < 20 for chunk in chunks)
    levels = [speech_dbfs(chunk.pcm, 22_050) for chunk in chunks]
    assert max(levels) - min(levels) < 1.5


def test_long_text_is_cut_where_one_breathes() -> None:
    text = "One two three. Four five, six seven eight nine ten. " * 6
    pieces = split_pieces(text.strip(), 60)
    assert " ".join(pieces) == text.strip()
    assert all(piece.endswith(".") for piece in pieces)
    assert split_pieces("x" * 25, 10) == ["x" * 10, "x" * 10, "x" * 5]
    assert all(len(piece) <= 20 for piece in split_pieces("aaa, bbb ccc " * 9, 20))


def test_cancelling_ends_a_running_synthesis() -> None:
    library = EspeakLibrary.shared()
    asked = 0

    def stop_soon() -> bool:
        nonlocal asked
        asked += 1
        return asked >= 3

    text = "word " * 400
    whole, _ = library.synthesize(text, "gmw/en-US", EspeakSettings())
    part, _ = library.synthesize(text, "gmw/en-US", EspeakSettings(), stop_soon)
    assert asked == 3
    assert len(part) < len(whole) / 10


def test_cancel_from_another_thread_ends_the_stream() -> None:
    voice = EspeakVoice()
    stream = voice.synthesize(SpeechRequest("This is a sentence. " * 500))
    next(stream)
    threading.Timer(0.05, voice.cancel).start()
    started = time.perf_counter()
    rest = list(stream)
    assert time.perf_counter() - started < 2
    assert len(rest) < 100


def test_two_instances_in_two_threads_do_not_mix() -> None:
    alone = {text: say(text)[0].phonemes for text in ("papa mama", "seven zebras")}
    mixed: dict[str, list[str]] = {text: [] for text in alone}

    def work(text: str) -> None:
        for _ in range(15):
            mixed[text].append("".join(p.ipa for p in say(text)[0].phonemes))

    threads = [threading.Thread(target=work, args=(text,)) for text in alone]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for text, heard in mixed.items():
        assert heard == ["".join(p.ipa for p in alone[text])] * 15


def test_an_exception_in_the_callback_does_not_reach_the_library() -> None:
    def fail() -> bool:
        raise RuntimeError("mine")

    library = EspeakLibrary.shared()
    with pytest.raises(EngineError, match="mine"):
        library.synthesize("hello", "gmw/en-US", EspeakSettings(), fail)
    assert len(library.synthesize("hello", "gmw/en-US", EspeakSettings())[0]) > 1000
