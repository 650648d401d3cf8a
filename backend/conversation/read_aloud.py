"""Reading a text aloud for another program: sentence by sentence, after the live conversation."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import cast

from backend.conversation.pauses import manner_of, with_pauses
from backend.conversation.safety import SpeechGate
from backend.conversation.sentences import SentenceSplitter
from backend.conversation.turn import VoiceChoice
from backend.engines.base import Pcm, SpeechChunk, SpeechRequest
from backend.engines.host import EngineHost
from backend.media.stream_resampler import StreamResampler
from backend.speech_text.sentence import prepare_sentence


async def read_aloud(
    host: EngineHost, text: str, choice: VoiceChoice, gate: SpeechGate, rate: int
) -> AsyncGenerator[Pcm, None]:
    """Speak a text piece by piece; closing the generator stops the work.

    Args:
        host: Who has the voices.
        text: Any text; what cannot be spoken is left out.
        choice: How it sounds.
        gate: Sentences that it does not allow are left out.
        rate: Sample rate of the result, Hz.

    Yields:
        (samples,) int16 mono; the pieces join without a gap.

    Raises:
        EngineError: No voice can speak it; what was yielded stands.
    """
    resampler = StreamResampler(rate)
    splitter = SentenceSplitter()
    for sentence in splitter.feed(text) + splitter.flush():
        ready = prepare_sentence(sentence, choice.language, choice.pronunciations)
        if not ready.said or not (gate.allow(ready.shown) and gate.allow(ready.said)):
            continue
        request = SpeechRequest(
            ready.said,
            voice=choice.voice,
            language=choice.language,
            speed=choice.speed,
            pitch=choice.pitch,
            emotion=ready.emotion,
        )
        chunks = cast(AsyncGenerator[SpeechChunk, None], host.speak(request, guest=True))
        async with aclosing(chunks):
            async for chunk in chunks:
                paused = with_pauses(chunk, manner_of(ready.emotion).factor)
                pcm = await asyncio.to_thread(resampler.feed, paused.pcm, paused.sample_rate)
                if len(pcm):
                    yield pcm
    rest = resampler.finish()
    if len(rest):
        yield rest
