"""Endpointing: when somebody begins to speak, when they pause, and when they have finished.

A pure state machine, driven by one speech probability a frame and by the clock that the frames
make; it knows no audio, no thread and no recogniser, so that tests drive it by numbers. The
defaults follow measurements on read speech (`python main.py bench endpointing`): a pause of 21
frames (672 ms) keeps nearly every utterance whole; a finished sentence needs less, an unfinished
one more.
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
        off: Probability below which a frame counts as silence once somebody speaks.
        guarded_on: `on` while the character speaks, whose echo must not count.
        guarded_off: `off` while the character speaks.
        start_frames: Voiced frames in a row that begin an utterance.
        guarded_frames: The same while the character speaks (4 of 32 ms: 128 ms).
        pre_roll: Sound before the beginning that belongs to it.
        tentative: Silence after which the words so far are looked at, without sound.
        finished: Silence that ends an utterance whose words end a sentence.
        default: Silence that ends an utterance.
        unfinished: Silence that ends an utterance whose last word wants another.
        least_voiced: An utterance with less voice than this is no utterance.
        least_held: The same of an utterance that a button began and ended.
        split_from: From this length on an utterance is split at the next quiet frame.
        longest: At this length it is split whatever sounds.
    """

    on: float = 0.5
    off: float = 0.35
    guarded_on: float = 0.7
    guarded_off: float = 0.5
    start_frames: int = 3
    guarded_frames: int = 4
    pre_roll: float = 0.45
    tentative: float = 0.2
    finished: float = 0.38
    default: float = 0.67
    unfinished: float = 1.2
    least_voiced: float = 0.25
    least_held: float = 0.1
    split_from: float = 14.0
    longest: float = 19.0


class Gate(Enum):
    """What may begin an utterance now."""

    OPEN = "open"
    """Any voice."""
    GUARDED = "guarded"
    """A clear voice: the character speaks, and her echo must not count."""
    SHUT = "shut"
    """Nothing but the button."""


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
    """The utterance goes on, but a recogniser has to take what was said so far for itself."""


class _State(Enum):
    SILENCE = 0
    SPEECH = 1
    PAUSE = 2


@dataclass
class Endpointer:
    """Follows one speaker.

    Attributes:
        now: The time of the frames so far, seconds.
        began: Where the running utterance, or its part since the last split, begins.
        voiced: How much voice the running utterance has, seconds.
    """

    rules: EndpointRules = field(default_factory=EndpointRules)
    now: float = 0.0
    began: float = 0.0
    voiced: float = 0.0
    _ended: float = 0.0
    _state: _State = _State.SILENCE
    _held: bool = False
    _run: int = 0
    _last_voice: float = 0.0
    _words: str = ""

    @property
    def speaking(self) -> bool:
        """Whether an utterance is under way."""
        return self._state is not _State.SILENCE

    @property
    def held(self) -> bool:
        """Whether a button keeps the utterance open."""
        return self._held

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

    def step(self, probability: float, seconds: float, gate: Gate = Gate.OPEN) -> list[Signal]:
        """Take the next frame.

        Args:
            probability: That it holds speech, 0 to 1.
            seconds: Its length.
            gate: What may begin an utterance.
        """
        self.now += seconds
        if self._state is _State.SILENCE:
            return self._in_silence(probability, seconds, gate)
        return self._in_speech(probability, seconds, gate)

    def begin_now(self) -> None:
        """An utterance begins here, whatever sounds: a button is pressed, and holds it open."""
        if not self.speaking:
            self.began = max(self._ended, self.now - self.rules.pre_roll)
            self.voiced = 0.0
            self._last_voice = self.now
            self._state, self._words = _State.SPEECH, ""
        self._held = True

    def finish(self) -> list[Signal]:
        """End what is under way: the button is let go, or no more frames will come."""
        return [self._end()] if self.speaking else []

    def reset(self) -> None:
        """Forget the running utterance."""
        self._state, self._run, self._words, self.voiced = _State.SILENCE, 0, "", 0.0
        self._held = False
        self._ended = self.now

    def _in_silence(self, probability: float, seconds: float, gate: Gate) -> list[Signal]:
        rules = self.rules
        guarded = gate is Gate.GUARDED
        if gate is Gate.SHUT or probability < (rules.guarded_on if guarded else rules.on):
            self._run = 0
            return []
        if self._run == 0:
            self.began = max(self._ended, self.now - seconds - rules.pre_roll)
            self.voiced = 0.0
        self._run += 1
        self.voiced += seconds
        self._last_voice = self.now
        if self._run < (rules.guarded_frames if guarded else rules.start_frames):
            return []
        self._state, self._words = _State.SPEECH, ""
        return [Signal.STARTED]

    def _in_speech(self, probability: float, seconds: float, gate: Gate) -> list[Signal]:
        rules = self.rules
        off = rules.guarded_off if gate is Gate.GUARDED else rules.off
        if probability >= (off if self._state is _State.SPEECH else max(off, rules.on)):
            self.voiced += seconds
            self._last_voice = self.now
            if self._state is _State.PAUSE:
                self._state = _State.SPEECH
                return [Signal.RESUMED]
        elif self._state is _State.SPEECH and self.silence >= rules.tentative:
            self._state = _State.PAUSE
            return [Signal.PAUSED]
        elif self._state is _State.PAUSE and not self._held and self.silence >= self.patience():
            return [self._end()]
        return self._split(quiet=probability < off)

    def _split(self, *, quiet: bool) -> list[Signal]:
        length = self.now - self.began
        if length < (self.rules.split_from if quiet else self.rules.longest):
            return []
        if self._state is _State.PAUSE and not self._held:
            return []
        self.began = self.now
        return [Signal.SPLIT]

    def _end(self) -> Signal:
        least = self.rules.least_held if self._held else self.rules.least_voiced
        enough = self.voiced >= least
        self.reset()
        return Signal.COMMITTED if enough else Signal.REJECTED
