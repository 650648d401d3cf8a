"""Endpointing: are utterances kept whole, and how soon is their end known, by pauses alone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from backend.media.pcm import apply_gain, speech_dbfs
from commands.benchmarks.figures import Figure, percentile
from commands.benchmarks.rooms import Sound, mixed, silence, spoken, utterances, voices
from config import Settings
from event_system import MICROPHONE_RATE

SPEECH_DIR = "KOTODAMA_SPEECH_DIR"
"""Environment variable: a folder of recordings, one utterance a file; ten make thirty in all."""
NOISE_DBFS = (-70.0, -50.0, -40.0)
LEVEL_DBFS = -24.0
SENTENCES = (
    "I would like to know how old you are today.",
    "Yesterday I went to the market and bought three apples.",
    "Could you tell me what the weather will be like tomorrow?",
    "My favourite game is the one with the little dragon.",
    "When I was young, we used to live close to the sea.",
    "Please remember that my sister is called Anna.",
    "It is getting late, so I will go to bed soon.",
    "What do you think about music from the eighties?",
    "First we boil the water, then we add the noodles, and in the end a little salt.",
    "If it rains on Sunday, which I do not hope, we could visit the museum instead.",
)


@dataclass
class _Count:
    whole: int = 0
    cut: int = 0
    missed: int = 0


def measure(settings: Settings) -> Iterator[Figure]:
    """At three levels of noise; about a minute."""
    clips = _clips()
    for noise in NOISE_DBFS:
        yield from _at_noise(clips, noise)


def _clips() -> list[Sound]:
    clips = [spoken(text, voice) for text in SENTENCES for voice in voices()[:2]]
    folder = os.environ.get(SPEECH_DIR)
    if folder:
        from backend.media.decode import decode_audio

        files = sorted(one for one in Path(folder).iterdir() if one.suffix in (".wav", ".ogg"))
        clips += [_levelled(decode_audio(one, MICROPHONE_RATE)) for one in files]
    return clips


def _levelled(clip: Sound) -> Sound:
    """A recording as loud as a usual microphone gives it."""
    gain = 10.0 ** ((LEVEL_DBFS - speech_dbfs(clip, MICROPHONE_RATE)) / 20.0)
    return apply_gain(clip, gain)


def _at_noise(clips: list[Sound], noise: float) -> list[Figure]:
    count, delays = _Count(), []
    for seed, clip in enumerate(clips):
        sound = mixed(np.concatenate([silence(1), clip, silence(2)]), noise_dbfs=noise, seed=seed)
        found = utterances(sound)
        count.whole += len(found) == 1
        count.cut += len(found) > 1
        count.missed += not found
        if found:
            delays.append((found[-1][1] - 1.0 - len(clip) / MICROPHONE_RATE) * 1000)
    pair = np.concatenate([silence(1), clips[0], silence(1.5), clips[1], silence(2)])
    merged = 2 - len(utterances(mixed(pair, noise_dbfs=noise, seed=0)))
    how = f"{len(clips)} utterances, noise at {noise:.0f} dBFS, without words"
    return [
        Figure("kept whole", count.whole, "", how, at_least=len(clips) * 28 // 30),
        Figure("cut", count.cut, "", how),
        Figure("missed", count.missed, "", how, at_most=0),
        Figure("two merged", merged, "", how, at_most=0),
        Figure("end of speech to endpoint, p50", round(percentile(delays, 50)), "ms", how),
    ]
