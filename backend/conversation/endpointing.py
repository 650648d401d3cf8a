"""Endpointing: when somebody begins to speak, when they pause, and when they have finished.

A pure state machine, driven by one speech probability a frame and by the clock that the frames
make; it knows no audio, no thread and no recogniser, so that tests drive it by numbers. The
defaults follow measurements on read speech (see `python main.py bench listen`): a pause of 600 ms
keeps nearly every utterance whole; a finished sentence needs less, an unfinished one more.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum

_FINISHED = re.compile(r"[.?!。？！…]['\")\]]*$")
_UNFINISHED = re.compile(
    r"(?:\b(?:and|but|or|so|because|um|uh|er|like|the|a|an|to|of|my|your|with|if|that|which)|,)$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class EndpointRules:
    """When what is decided; all times in seconds.

    Attributes:
        on: Probability from which a frame counts as voice.
        guarded_on: The same while the character speaks, whose echo must not count.
        off: Probability below which a frame counts as silence once somebody speaks.
        start_frames: Voiced frames in a row that begin an utterance.
        guarded_frames: The same while the character speaks (9 of 32 ms: 300 ms).
        pre_roll: Sound before the beginning that belongs to it.
        tentative: Silence after which the words so far are looked at, without sound.
        finished: Silence that ends an utterance whose words end a sentence.
        default: Silence that ends an utterance.
        unfinished: Silence that ends an utterance whose last word wants another.
        least_voiced: An utterance with less voice than this is no utterance.
        longest: An utterance is split at the quietest moment when it grows longer.
    """

    on: float = 0.5
    guarded_on: float = 0.7
    off: float = 0.35
    start_frames: int = 3
    guarded_frames: int = 9
    pre_roll: float = 0.45
    tentative: float = 0.2
    finished: float = 0.4
    default: float = 0.7
    unfinished: float = 1.2
    least_voiced: float = 0.25
    longest: float = 18.0


class Signal(Enum):
    """What the frames so far mean."""

    STARTED = "started"
    """Somebody speaks; `Endpointer.began` is where the utterance begins, with its pre-roll."""
    PAUSED = "paused"
    """A pause: a good moment to look at the words."""
    RESUMED = "resumed"
    """The pause was none; what was prepared for it is void."""
    COMMITTED = "committed"
    """The utterance is over."""
    REJECTED = "rejected"
    """What sounded was too short to be speech."""
    SPLIT = "split"
    """The utterance is too long: it ends at `Endpointer.split_at`, and a new one goes on there."""


class _State(Enum):
    SILENCE = 0
    SPEECH = 1
    PAUSE = 2


@dataclass
class Endpointer:
    """Follows one speaker.

    Attributes:
        now: The time of the frames so far, seconds.
        began: Where the running utterance begins.
        voiced: How much voice it has.
        split_at: Where the last split was.
    """

    rules: EndpointRules = field(default_factory=EndpointRules)
    now: float = 0.0
    began: float = 0.0
    voiced: float = 0.0
    split_at: float = 0.0
    _state: _State = _State.SILENCE
    _run: int = 0
    _last_voice: float = 0.0
    _words: str = ""
    _quietest: tuple[float, float] = (2.0, 0.0)

    @property
    def speaking(self) -> bool:
        """Whether an utterance is under way."""
        return self._state is not _State.SILENCE

    @property
    def silence(self) -> float:
        """Seconds since the last voiced frame."""
        return self.now - self._last_voice

    def hear_words(self, text: str) -> None:
        """Tell what has been understood so far: it decides how long a pause must be."""
        self._words = text.strip()

    def patience(self) -> float:
        """Seconds of silence that end the utterance, by what has been said."""
        if self._words and _FINISHED.search(self._words):
            return self.rules.finished
        if self._words and _UNFINISHED.search(self._words):
            return self.rules.unfinished
        return self.rules.default

    def step(self, probability: float, seconds: float, *, guarded: bool = False) -> list[Signal]:
        """Take the next frame.

        Args:
            probability: That it holds speech, 0 to 1.
            seconds: Its length.
            guarded: The character speaks: more is wanted before an utterance begins.
        """
        self.now += seconds
        if self._state is _State.SILENCE:
            return self._in_silence(probability, seconds, guarded)
        signals = self._in_speech(probability, seconds)
        if self.speaking and self.now - self.began > self.rules.longest:
            signals.append(self._split())
        return signals

    def begin_now(self) -> None:
        """An utterance begins here, whatever sounds: a button was pressed."""
        self.began = max(self.split_at, self.now - self.rules.pre_roll)
        self.voiced = self.rules.least_voiced
        self._last_voice = self.now
        self._state, self._words = _State.SPEECH, ""
        self._quietest = (2.0, self.now)

    def finish(self) -> list[Signal]:
        """No more frames will come: end what is under way."""
        if self._state is _State.SILENCE:
            return []
        return [self._end()]

    def reset(self) -> None:
        """Forget the running utterance."""
        self._state, self._run, self._words, self.voiced = _State.SILENCE, 0, "", 0.0

    def _in_silence(self, probability: float, seconds: float, guarded: bool) -> list[Signal]:
        rules = self.rules
        if probability < (rules.guarded_on if guarded else rules.on):
            self._run = 0
            return []
        if self._run == 0:
            self.began = max(self.split_at, self.now - seconds - rules.pre_roll)
            self.voiced = 0.0
        self._run += 1
        self.voiced += seconds
        self._last_voice = self.now
        if self._run < (rules.guarded_frames if guarded else rules.start_frames):
            return []
        self._state, self._words = _State.SPEECH, ""
        self._quietest = (2.0, self.now)
        return [Signal.STARTED]

    def _in_speech(self, probability: float, seconds: float) -> list[Signal]:
        if self.now - self.began > self.rules.longest / 2 and probability <= self._quietest[0]:
            self._quietest = (probability, self.now)
        threshold = self.rules.off if self._state is _State.SPEECH else self.rules.on
        if probability >= threshold:
            self.voiced += seconds
            self._last_voice = self.now
            if self._state is _State.PAUSE:
                self._state = _State.SPEECH
                return [Signal.RESUMED]
            return []
        if self._state is _State.SPEECH and self.silence >= self.rules.tentative:
            self._state = _State.PAUSE
            return [Signal.PAUSED]
        if self._state is _State.PAUSE and self.silence >= self.patience():
            return [self._end()]
        return []

    def _end(self) -> Signal:
        enough = self.voiced >= self.rules.least_voiced
        self.reset()
        return Signal.COMMITTED if enough else Signal.REJECTED

    def _split(self) -> Signal:
        _probability, self.split_at = self._quietest
        self.began = self.split_at
        self.voiced = max(self.rules.least_voiced, self.now - self.split_at)
        self._state, self._words = _State.SPEECH, ""
        self._quietest = (2.0, self.now)
        return Signal.SPLIT
