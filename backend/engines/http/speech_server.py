"""What the engines on a speech server with OpenAI's calls share: who it is, whether it is there.

Hearing and speaking use two calls of the same kind of server, with an address, a key and a model
each.
"""

from __future__ import annotations

from dataclasses import dataclass

from backend.engines.base import Availability
from backend.engines.http.answers import error_text, looks_like_html, quoted
from backend.engines.http.endpoint import Endpoint
from backend.errors import EngineError

CONNECT_S = 5.0
OPENAI_HOST = "api.openai.com"

_PROBE_S = 0.3


@dataclass(frozen=True, slots=True)
class SpeechServer:
    """A server as the user entered it.

    Attributes:
        kind: What it is called in sentences, for example "transcription server".
        prefix: What its settings begin with, for example "STT".
        call: The path of the call that is made there.
        address: Where it is, as entered.
        key: Shown to it alone; empty for none.
        model: The model to ask for.
        material: What it is given, for example "the sound".
    """

    kind: str
    prefix: str
    call: str
    address: str
    key: str
    model: str
    material: str

    @property
    def headers(self) -> dict[str, str]:
        """What every request carries."""
        return {"Authorization": f"Bearer {self.key}"} if self.key else {}

    @property
    def name(self) -> str:
        """The server at the beginning of a sentence.

        Raises:
            EngineError: The address is not set or wrong.
        """
        return f"The {self.kind} at {self.endpoint().host}"

    def endpoint(self) -> Endpoint:
        """The checked address.

        Raises:
            EngineError: It is not set, wrong, or no place to send a key to.
        """
        if not self.address.strip():
            raise EngineError(f"No address of a {self.kind} is set.", retryable=False)
        endpoint = Endpoint.parse(self.address, "/v1", call=self.call, server=self.kind)
        if self.key:
            endpoint.check_secret()
        return endpoint

    def probe(self) -> Availability:
        """Whether a server is set up; one in the own network is asked whether it is there."""
        if not self.address.strip():
            return Availability(
                False, f"No address of a {self.kind} is set.", f"Set {self.prefix}_BASE_URL."
            )
        try:
            endpoint = self.endpoint()
        except EngineError as error:
            return self._absent(error.message, f"Correct {self.prefix}_BASE_URL.")
        if endpoint.host == OPENAI_HOST and not self.key:
            return self._absent("OpenAI needs a key.", f"Set {self.prefix}_API_KEY.")
        if not endpoint.is_private:
            return Availability(True, f"Asks {endpoint.host} for {self.model}.")
        return self._probe_nearby(endpoint)

    def _probe_nearby(self, endpoint: Endpoint) -> Availability:
        import httpx

        start = f"Start the server, or correct {self.prefix}_BASE_URL."
        try:
            with httpx.Client(timeout=_PROBE_S, trust_env=False) as client:
                response = client.get(f"{endpoint.url}/models", headers=self.headers)
        except httpx.HTTPError:
            return self._absent(f"No server answers at {endpoint.url}.", start)
        if response.status_code in (401, 403):
            return self._absent(
                f"{endpoint.host} refused the key.", f"Correct {self.prefix}_API_KEY."
            )
        if response.status_code == 200 and looks_like_html(response.text):
            return self._absent(f"A web page answers at {endpoint.url}.", start)
        return Availability(True, f"A server answers at {endpoint.url}.")

    def _absent(self, reason: str, remedy: str) -> Availability:
        """A server that the user has set up and that cannot be used: another engine's turn."""
        return Availability(False, reason, remedy, expected=True)

    def refusal(self, status: int, body: str) -> EngineError:
        """The failure behind an HTTP status, in one sentence that says what to do."""
        said = error_text(body).replace(self.key, "…") if self.key else error_text(body)
        if 300 <= status < 400:
            sentence = "sends the request on to another address; enter the final one"
        elif status in (401, 403):
            sentence = f"refused the key; check {self.prefix}_API_KEY"
        elif status == 404:
            sentence = f"knows neither this address nor the model {self.model}; check both"
        elif status == 429:
            sentence = "is limiting how often it may be asked; wait a moment"
        elif status >= 500:
            sentence = f"has a problem of its own (status {status}); try again in a moment"
        else:
            sentence = f"refused {self.material} (status {status}){quoted(said)}"
        return EngineError(f"{self.name} {sentence}.", retryable=status == 429 or status >= 500)

    def unreachable(self) -> EngineError:
        """The failure of a server that nobody answers for."""
        return EngineError(f"{self.name} cannot be reached; check that it runs.")
