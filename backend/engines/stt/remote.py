"""What recognisers on a server share: work that can be cancelled, and a look at the answer."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from backend.engines.base import Pcm, Transcript
from backend.engines.http.call_loop import AbandonedError, CallLoop
from backend.engines.stt.utterance import DroppedError
from backend.engines.stt.whisper_guards import Decoded, has_sound, is_believable
from backend.engines.stt.whisper_window import Recognition
from backend.errors import EngineError

MAX_ANSWER_BYTES = 1 << 20

T = TypeVar("T")


class Worker(CallLoop):
    """A loop whose calls end with the utterance that they work on."""

    def run(self, work: Coroutine[Any, Any, T], cancelled: Callable[[], bool]) -> T:
        """Run to the end, or until cancelled.

        Raises:
            DroppedError: It was cancelled.
        """
        try:
            return super().run(work, cancelled)
        except AbandonedError:
            raise DroppedError from None


def recognise_remotely(pcm: Pcm, language: str, ask: Callable[[], tuple[str, str]]) -> Recognition:
    """Ask a server about a sound, unless it is silent, and drop what nobody said.

    Args:
        pcm: (samples,) int16 at 16,000 Hz.
        language: A code, or empty when the server finds out.
        ask: Gives the text, and its language where the server tells.
    """
    if not has_sound(pcm):
        return Recognition(Transcript("", language or "en"), settled=True)
    text, told = ask()
    text = " ".join(text.split())
    found = language or told or "en"
    if not is_believable(Decoded(text, found, logprob=0.0, no_speech=0.0), pcm):
        text = ""
    return Recognition(Transcript(text, found), settled=True)


def too_late(server: str, seconds: float) -> EngineError:
    """The failure of a server that does not answer in time."""
    return EngineError(f"{server} did not answer within {seconds:g} s; try again.", retryable=True)
