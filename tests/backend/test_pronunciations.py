"""The pronunciations of a character over HTTP, and in what is spoken."""

from __future__ import annotations

from fastapi.testclient import TestClient

from tests.support.fake_engines import Fault

URL = "/api/characters/1/pronunciations"
ENTRY = {"word": "Kotone", "say": "koh toh neh"}


def test_they_are_stored_and_heard(client: TestClient, voice: Fault) -> None:
    assert client.get(URL).json() == []
    assert client.put(URL, json=[ENTRY]).json() == [ENTRY]
    assert client.get(URL).json() == [ENTRY]
    client.post("/api/tts", json={"text": "Kotone has $5."})
    assert voice.requests[-1].text == "koh toh neh has five dollars."


def test_a_sentence_is_tried_without_storing(client: TestClient, voice: Fault) -> None:
    body = {"text": "Hi Kotone, *waves* 3 km", "entries": [ENTRY]}
    assert client.post(f"{URL}/try", json=body).json() == {
        "said": "Hi koh toh neh, three kilometers"
    }
    wav = client.post(f"{URL}/listen", json=body)
    assert wav.content.startswith(b"RIFF")
    assert voice.requests[-1].text == "Hi koh toh neh, three kilometers"
    assert client.get(URL).json() == []


def test_files_go_in_and_out(client: TestClient) -> None:
    assert client.put(f"{URL}/file", content=b"Kotone,koh toh neh\n").json() == [ENTRY]
    assert client.get(f"{URL}/file").text == "word,say\nKotone,koh toh neh\n"
    assert client.get(f"{URL}/file?form=json").json() == [ENTRY]


def test_bad_ones_change_nothing(client: TestClient) -> None:
    client.put(URL, json=[ENTRY])
    for answer in (
        client.put(URL, json=[ENTRY, ENTRY]),
        client.put(f"{URL}/file", content=b"\x80"),
        client.post(f"{URL}/try", json={"text": "a", "entries": [{"word": "", "say": "b"}]}),
    ):
        assert answer.status_code == 422
        assert answer.json()["error"]["code"] == "bad_input"
    assert client.get(URL).json() == [ENTRY]
    assert client.put("/api/characters/99/pronunciations", json=[]).status_code == 404
