"""One turn: streaming, order, pace, cancelling, and errors that are told but never spoken."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backend.avatar.sentence_lips import SentenceLips
from backend.conversation.safety import SpeechGate
from backend.conversation.turn import Turn, VoiceChoice, make_segment
from backend.conversation.waterfall import Waterfall
from backend.engines.base import ChatMessage, ChatRequest, EngineKind, Persona, SpeechRequest
from backend.engines.registry import engine_class
from backend.errors import EngineError
from backend.speech_text.pronunciation import Pronunciation
from backend.stage.playout import Segment
from event_system import PLAYOUT_RATE, ChatDelta, Event, TurnTiming
from tests.support.fake_engines import FakeEngines, Fault, Stand, host_stand, tone
from tests.support.settings import make_settings
from tests.support.waiting import until

REQUEST = ChatRequest((ChatMessage("user", "Hi"),), Persona("Ren"))


class Target:
    """A playout target that a test can watch and fill up."""

    def __init__(self) -> None:
        self.segments: list[Segment] = []
        self.has_room = asyncio.Event()
        self.has_room.set()

    async def room_for_more(self) -> None:
        await self.has_room.wait()

    def add(self, segment: Segment) -> None:
        self.segments.append(segment)

    @property
    def said(self) -> list[str]:
        return [segment.text for segment in self.segments]


@pytest.fixture
def stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stand:
    settings = make_settings(tmp_path, monkeypatch, llm_engines="model,spare", tts_engines="voice")
    return host_stand(settings)


@pytest.fixture
def engines(monkeypatch: pytest.MonkeyPatch) -> FakeEngines:
    return FakeEngines(monkeypatch)


@pytest.fixture
def voice(engines: FakeEngines) -> Fault:
    return engines.add(EngineKind.TTS, "voice")


def make_turn(stand: Stand, target: Target | None, **more: Any) -> tuple[Turn, list[Event]]:
    told: list[Event] = []
    turn = Turn("t1", stand.host, VoiceChoice(), told.append, Waterfall(), target, **more)
    return turn, told


async def test_an_answer_is_written_and_spoken_in_order(
    engines: FakeEngines, stand: Stand, voice: Fault
) -> None:
    pieces = ["I am ", "Ren. ", "I like tea", ". And you?"]
    engines.add(EngineKind.LLM, "model", script=pieces)
    target = Target()
    turn, told = make_turn(stand, target)
    reply = await turn.answer(REQUEST)
    assert reply.written == "I am Ren. I like tea. And you?"
    assert reply.error is None
    assert (reply.engine, reply.model) == ("model", "model")
    assert target.said == ["I am Ren.", "I like tea.", "And you?"]
    deltas = [event.text for event in told if isinstance(event, ChatDelta)]
    assert deltas == pieces


async def test_the_first_sentence_is_spoken_while_the_model_still_writes(
    engines: FakeEngines, stand: Stand, voice: Fault
) -> None:
    more = asyncio.Event()
    script = ["The first sentence is done. ", "And", more, " the second is too."]
    engines.add(EngineKind.LLM, "model", script=script)
    target = Target()
    turn, _told = make_turn(stand, target)
    task = asyncio.create_task(turn.answer(REQUEST))
    await until(lambda: target.segments)
    assert not task.done()
    more.set()
    await task
    assert len(target.segments) == 2


async def test_the_stages_are_told_in_order(
    engines: FakeEngines, stand: Stand, voice: Fault
) -> None:
    engines.add(EngineKind.LLM, "model", script=["Hello there. ", "Good evening."])
    turn, told = make_turn(stand, Target())
    turn.mark("received")
    await turn.answer(REQUEST)
    stages = [event.stage for event in told if isinstance(event, TurnTiming)]
    names = [stage.name for stage in stages]
    assert names == ["received", "first_token", "first_sentence", "first_audio"]
    assert [stage.at_ms for stage in stages] == sorted(stage.at_ms for stage in stages)
    assert tuple(stages) == turn.waterfall.stages


async def test_a_reply_in_text_only_needs_no_voice(
    engines: FakeEngines, stand: Stand, voice: Fault
) -> None:
    engines.add(EngineKind.LLM, "model", script=["I am so happy!"])
    turn, _told = make_turn(stand, None)
    reply = await turn.answer(REQUEST)
    assert reply.written == "I am so happy!"
    assert reply.emotion == "happy"
    assert voice.requests == []


async def test_markup_emoji_and_emotion_tags_are_not_spoken(
    engines: FakeEngines, stand: Stand, voice: Fault
) -> None:
    script = ["[happy] **Great** news! 🎉 *waves* ", "```code()``` 😀😀"]
    engines.add(EngineKind.LLM, "model", script=script)
    target = Target()
    turn, _told = make_turn(stand, target)
    reply = await turn.answer(REQUEST)
    assert reply.emotion == "happy"
    spoken = " ".join(request.text for request in voice.requests)
    assert spoken.startswith("Great news!")
    for bad in ("*", "`", "[", "happy", "🎉", "😀", "code"):
        assert bad not in spoken
    assert reply.written == "".join(script)


async def test_a_blocked_word_is_not_spoken_and_the_rest_is(
    engines: FakeEngines, stand: Stand, voice: Fault
) -> None:
    engines.add(EngineKind.LLM, "model", script=["All is well. ", "What a Fudge! ", "Good bye."])
    target = Target()
    turn, _told = make_turn(stand, target, gate=SpeechGate(["fudge"]))
    await turn.answer(REQUEST)
    assert target.said == ["All is well.", "Good bye."]


@pytest.mark.parametrize(
    ("script", "written", "message"),
    [
        ([EngineError("The key is wrong.")], "", "The key is wrong."),
        (["Once upon a time. ", "There", EngineError("It broke off.")], "Once upon a time. There",
         "It broke off."),
        (["Hello. ", RuntimeError("<html>502</html>")], "Hello. ", "failed unexpectedly"),
        ([], "", "empty answer"),
    ],
)  # fmt: skip
async def test_the_models_trouble_is_the_replys_error_and_never_spoken(
    engines: FakeEngines, stand: Stand, voice: Fault, script: list[Any], written: str, message: str
) -> None:
    engines.add(EngineKind.LLM, "model", script=script)
    target = Target()
    turn, _told = make_turn(stand, target)
    reply = await turn.answer(REQUEST)
    assert reply.written == written
    assert reply.error is not None
    assert message in reply.error.message
    assert " ".join(target.said) == written.strip()
    assert all("html" not in request.text for request in voice.requests)


async def test_the_voices_trouble_is_told_and_the_text_still_comes(
    engines: FakeEngines, stand: Stand
) -> None:
    engines.add(EngineKind.TTS, "voice", speech_error=EngineError("Mute."))
    engines.add(EngineKind.LLM, "model", script=["One sentence. ", 0.05, "Two sentences."])
    turn, _told = make_turn(stand, Target())
    reply = await turn.answer(REQUEST)
    assert reply.written == "One sentence. Two sentences."
    assert reply.error is not None
    assert reply.error.message == "Mute."


async def test_cancelling_stops_model_and_voice(
    engines: FakeEngines, stand: Stand, voice: Fault
) -> None:
    model = engines.add(
        EngineKind.LLM, "model", script=["The first sentence is done. ", 60.0, "Never."]
    )
    target = Target()
    turn, _told = make_turn(stand, target)
    task = asyncio.create_task(turn.answer(REQUEST))
    await until(lambda: target.segments)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 2)
    assert model.closed == 1
    assert target.said == ["The first sentence is done."]
    assert turn.reply.written == "The first sentence is done. "


async def test_speech_is_not_made_far_ahead_of_what_is_heard(
    engines: FakeEngines, stand: Stand, voice: Fault
) -> None:
    engines.add(EngineKind.LLM, "model", script=["One here. ", "Two here. ", "Three here."])
    target = Target()
    target.has_room.clear()
    turn, _told = make_turn(stand, target)
    task = asyncio.create_task(turn.answer(REQUEST))
    await until(lambda: turn.reply.written.endswith("Three here."))
    await asyncio.sleep(0.05)
    assert voice.requests == []
    target.has_room.set()
    await asyncio.wait_for(task, 5)
    assert len(target.segments) == 3


async def test_saying_a_text_needs_no_model(stand: Stand, voice: Fault) -> None:
    target = Target()
    turn, _told = make_turn(stand, target)
    reply = await turn.say("Hello you. How are you?")
    assert reply.error is None
    assert target.said == ["Hello you.", "How are you?"]


async def test_a_sentence_in_several_chunks_opens_once(stand: Stand, voice: Fault) -> None:
    voice.speech_chunks = 3
    target = Target()
    turn, _told = make_turn(stand, target)
    await turn.say("A somewhat longer sentence.")
    assert [one.opens_sentence for one in target.segments] == [True, False, False]
    assert target.said == ["A somewhat longer sentence.", "", ""]


@pytest.mark.parametrize("tells", [True, False])
async def test_the_lips_are_prepared_meanwhile_for_a_voice_without_phonemes(
    stand: Stand, voice: Fault, tells: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared: list[SentenceLips] = []
    monkeypatch.setattr(SentenceLips, "prepare", lambda lips: prepared.append(lips))
    monkeypatch.setattr(engine_class(EngineKind.TTS, "voice"), "tells_phonemes", tells)
    turn, _told = make_turn(stand, Target())
    await turn.say("Hello you. How are you?")
    await until(lambda: len(prepared) == (0 if tells else 2))


def test_a_segment_is_at_the_stages_rate() -> None:
    chunk = tone(0.5, rate=22_050)
    segment = make_segment("t", "Ah", chunk, "happy", SentenceLips(SpeechRequest("Ah")), True)
    assert segment.seconds == pytest.approx(0.5, abs=0.001)
    assert segment.pcm.dtype == np.int16
    assert len(segment.pcm) == pytest.approx(0.5 * PLAYOUT_RATE, abs=48)
    assert segment.emotion == "happy"
    assert segment.phonemes == chunk.phonemes
    assert segment.curve.at(0.25).open > 0.2


async def test_acts_move_the_face_when_their_sentence_is_heard(
    engines: FakeEngines, stand: Stand, voice: Fault
) -> None:
    script = ["*nods* Yes, of course. So *smiles* I am glad. ", "*waves*\n", "Goodbye for now."]
    engines.add(EngineKind.LLM, "model", script=script)
    target = Target()
    turn, _told = make_turn(stand, target)
    reply = await turn.answer(REQUEST)
    assert target.said == ["Yes, of course.", "So I am glad.", "Goodbye for now."]
    first, second, third = target.segments
    assert [(cue.at, cue.nod) for cue in first.cues] == [(0.0, True)]
    assert second.emotion_at(second.seconds) == "happy"
    assert [(cue.at, cue.emotion) for cue in third.cues] == [(0.0, "happy")]
    assert third.emotion == "happy"
    assert reply.emotion == "happy"


async def test_an_act_that_nothing_follows_is_shown_in_a_pause(
    engines: FakeEngines, stand: Stand, voice: Fault
) -> None:
    engines.add(EngineKind.LLM, "model", script=["Goodbye. ", "*bows*"])
    target = Target()
    turn, _told = make_turn(stand, target)
    await turn.answer(REQUEST)
    speech, silence = target.segments
    assert speech.cues == ()
    assert silence.nod_at(0.1) == 0.0
    assert not silence.pcm.any()
    assert silence.seconds > 0.9
    assert not silence.opens_sentence


async def test_a_word_is_said_as_the_character_says_it(
    engines: FakeEngines, stand: Stand, voice: Fault
) -> None:
    engines.add(EngineKind.LLM, "model", script=["I am Kotone."])
    turn, _told = make_turn(stand, Target())
    turn.voice = VoiceChoice(pronunciations=(Pronunciation("kotone", "koh toh neh"),))
    await turn.answer(REQUEST)
    assert [request.text for request in voice.requests] == ["I am koh toh neh."]


async def test_a_blocked_word_is_found_as_written_and_as_said(
    engines: FakeEngines, stand: Stand, voice: Fault
) -> None:
    engines.add(EngineKind.LLM, "model", script=["I say 88 now. ", "Fine. ", "It is 5 pounds."])
    target = Target()
    turn, _told = make_turn(stand, target, gate=SpeechGate(["88", "five"]))
    await turn.answer(REQUEST)
    assert target.said == ["Fine."]
