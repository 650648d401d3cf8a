"""Usage: example_client.py URL TOKEN IN.wav OUT.wav: say a WAV (16 kHz mono), save the answer."""

import asyncio
import json
import struct
import sys
import wave

from websockets.asyncio.client import connect

HEADER = struct.Struct("<BBHIQ")  # kind, 0, 0, generation, presentation time in microseconds


async def speak(socket, path):
    with wave.open(path) as file:
        sound = file.readframes(file.getnframes()) + bytes(32_000)  # and a second of silence
    for start in range(0, len(sound) - 639, 640):
        await socket.send(HEADER.pack(16, 0, 0, 0, 0) + sound[start : start + 640])
        await asyncio.sleep(0.02)


async def main(url, token, question, answer):
    address = f"{url.replace('http', 'ws', 1)}/ws/voice?video=0"
    async with connect(address, additional_headers={"Authorization": f"Bearer {token}"}) as socket:
        await socket.send(json.dumps({"type": "listen.start"}))
        speaking, voice = asyncio.create_task(speak(socket, question)), b""
        async for message in socket:
            if isinstance(message, bytes):
                voice += message[HEADER.size :]
                continue
            print(event := json.loads(message).get("event", {}))
            if event.get("type") == "chat.response":
                break
        speaking.cancel()
    with wave.open(answer, "wb") as file:
        file.setparams((1, 2, 48_000, 0, "NONE", ""))
        file.writeframes(voice)


asyncio.run(main(*sys.argv[1:5]))
