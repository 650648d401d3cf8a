"""The decoders of PocketSphinx, in a process of their own. Run as a module, never imported.

They keep Python's lock while they work, for half a second at the end of an utterance. Here that
stops nobody. Several utterances take turns, a tenth of a second of sound at a time. It imports
the standard library and `pocketsphinx` alone, so that it is there at once.

A request has `ask` (`partial`, `speculate`, `finalize` or `cancel`), the `stream` it is about, and
the sound that came since the last one (16-bit mono PCM at 16,000 Hz) as its body. The answer has
the `text`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from typing import Any

from backend.engines.messages import Message, WorkerChannel

BYTES_A_SECOND = 32_000
DECODERS_KEPT = 3
"""As many as there are conversations at once."""

_BLOCK = BYTES_A_SECOND // 10
_HEAD_LIVE = BYTES_A_SECOND
_HEAD_WHOLE = 4 * BYTES_A_SECOND
_CHEAP_SEARCH = "cheap"
_DECODER_OPTIONS = {
    "samprate": BYTES_A_SECOND / 2.0,
    "loglevel": "FATAL",
    # Narrower than the defaults (30000 and no limit): 40 % less work for 2 points of word errors.
    "maxhmmpf": 3000,
    "maxwpf": 10,
}

Steps = Generator[None, None, str]


class Decoders:
    """The decoders that are free; more are made when more are needed (0.3 s each)."""

    def __init__(self) -> None:
        self._free = [self._new()]

    def take(self) -> Any:
        """One that is in no utterance."""
        return self._free.pop() if self._free else self._new()

    def give_back(self, decoder: Any) -> None:
        """It is free again."""
        if len(self._free) < DECODERS_KEPT:
            self._free.append(decoder)

    @staticmethod
    def _new() -> Any:
        from pocketsphinx import Decoder

        decoder = Decoder(**_DECODER_OPTIONS)
        decoder.add_keyphrase(_CHEAP_SEARCH, "hello")
        return decoder


class Utterance:
    """One utterance. Its questions are answered step by step; a step is short.

    Decoding starts when it is needed: at the first `partial`, or at the end. Sound that is all
    there before anything is asked recognises better, because the cepstral mean is then taken from
    more of it. Live decoding gets its mean from the first second instead of from the decoder's
    general default.
    """

    def __init__(self, decoders: Decoders) -> None:
        self._decoders = decoders
        self._decoder: Any = None
        self._sound = bytearray()
        self._decoded = 0
        self._end: str | None = None

    def feed(self, pcm: bytes) -> None:
        """Take the next piece."""
        if pcm:
            self._sound += pcm
            # What was decoded to its end has to be decoded anew if it goes on after all.
            if self._end is not None:
                self._end, self._decoded = None, 0

    def partial(self) -> Steps:
        """What has been understood so far."""
        if self._end is not None:
            return self._end
        if self._decoder is None and len(self._sound) < _HEAD_LIVE:
            return ""
        yield from self._decode(_HEAD_LIVE)
        return _words(self._decoder)

    def end(self) -> Steps:
        """The final transcript."""
        if self._end is None:
            yield from self._decode(_HEAD_WHOLE)
            self._decoder.end_utt()
            yield
            found = _words(self._decoder)
            self._decoders.give_back(self._decoder)
            self._decoder, self._end = None, found
        return self._end

    def drop(self) -> None:
        """Leave the decoder to others."""
        if self._decoder is not None:
            self._decoder.end_utt()
            self._decoders.give_back(self._decoder)
            self._decoder = None

    def _decode(self, head: int) -> Steps:
        if self._decoder is None:
            decoder = self._decoders.take()
            _begin(decoder, bytes(self._sound[:head]))
            self._decoder = decoder
            yield
        while self._decoded < len(self._sound):
            block = bytes(self._sound[self._decoded : self._decoded + _BLOCK])
            self._decoded += len(block)
            self._decoder.process_raw(block, no_search=False, full_utt=False)
            yield
        return ""


def _begin(decoder: Any, head: bytes) -> None:
    """Take the cepstral mean from the head, then begin the utterance.

    The end of an utterance costs a search, so the sound for the mean goes to the cheap one.
    """
    words = decoder.current_search()
    decoder.activate_search(_CHEAP_SEARCH)
    decoder.start_utt()
    decoder.process_raw(head, no_search=True, full_utt=True)
    mean = decoder.get_cmn(False)
    decoder.end_utt()
    decoder.activate_search(words)
    decoder.set_cmn(mean)
    decoder.start_utt()


def _words(decoder: Any) -> str:
    found = decoder.hyp()
    return found.hypstr if found is not None and found.hypstr else ""


class Service:
    """Answers what the backend asks, all utterances in turn."""

    def __init__(self, channel: WorkerChannel, decoders: Decoders) -> None:
        self._channel = channel
        self._decoders = decoders
        self._utterances: dict[int, Utterance] = {}
        self._jobs: deque[tuple[dict[str, Any], Steps]] = deque()

    def run(self) -> None:
        """Work until the process ends."""
        while True:
            while (message := self._channel.next(wait=not self._jobs)) is not None:
                self._take(message)
            head, steps = self._jobs.popleft()
            try:
                next(steps)
            except StopIteration as end:
                self._finish(head, text=end.value)
            except RuntimeError as error:
                self._finish(head, failed=f"PocketSphinx could not decode the speech: {error}.")
            else:
                self._jobs.append((head, steps))

    def _take(self, message: Message) -> None:
        head, stream = message.head, message.head["stream"]
        if head["ask"] == "cancel":
            for job in [job for job in self._jobs if job[0]["stream"] == stream]:
                self._jobs.remove(job)
                self._finish(job[0], failed="The utterance has ended; open a new one.")
            self._finish(head, text="")
            return
        utterance = self._utterances.setdefault(stream, Utterance(self._decoders))
        utterance.feed(message.body)
        steps = utterance.partial() if head["ask"] == "partial" else utterance.end()
        self._jobs.append((head, steps))

    def _finish(self, head: dict[str, Any], **answer: str) -> None:
        if head["ask"] in ("finalize", "cancel") or "failed" in answer:
            utterance = self._utterances.pop(head["stream"], None)
            if utterance is not None:
                utterance.drop()
        self._channel.answer(Message({"id": head["id"], **answer}))


def main() -> None:
    """Load the models, tell that they are there, and serve."""
    channel = WorkerChannel()
    try:
        decoders = Decoders()
    except (ImportError, RuntimeError, OSError) as error:
        channel.answer(Message({"failed": f"PocketSphinx cannot be loaded: {error}."}))
        return
    channel.answer(Message({"ready": True}))
    Service(channel, decoders).run()


if __name__ == "__main__":
    main()
