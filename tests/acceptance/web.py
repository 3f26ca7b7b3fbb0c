"""HTTP as the outside does it: the JSON API with a token. Answers, also refusals, are values here."""

import http.client
import json
import urllib.parse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self
from uuid import uuid4

TIMEOUT_S = 120


class NotThere(Exception):
    """The system does not answer as docs/acceptance-api.md says; the sentence names path and answer."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A status, headers in small letters, and the body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON; raises NotThere when it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            raise NotThere(f"status {self.status} without JSON: {self.body[:200]!r}") from None


class Web:
    """One keep-alive connection to the system; opened again when the server has closed it."""

    def __init__(self, host: str, port: int) -> None:
        self._place = (host, port)
        self._connection: http.client.HTTPConnection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the connection back."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def ask(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Answer:
        """Send one request; a connection that was closed between two requests is opened once more."""
        for last in (False, True):
            connection = self._connection or http.client.HTTPConnection(*self._place, timeout=TIMEOUT_S)
            reused, self._connection = self._connection is not None, connection
            try:
                connection.request(method, path, body=body, headers=dict(headers or {}))
                response = connection.getresponse()
                content = response.read()
            except (http.client.HTTPException, ConnectionError, TimeoutError) as error:
                connection.close()
                self._connection = None
                if last or not reused:
                    raise NotThere(f"{method} {path}: {error or type(error).__name__}") from None
                continue
            if response.will_close:
                connection.close()
                self._connection = None
            found = {name.lower(): value for name, value in response.getheaders()}
            cookies = response.headers.get_all("Set-Cookie") or []
            return Answer(
                status=response.status, headers=found | {"set-cookie": "\n".join(cookies)}, body=content
            )
        raise AssertionError("the loop returns or raises")


class Api:
    """The JSON API as one user."""

    def __init__(self, web: Web, token: str) -> None:
        self._web = web
        self._headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}

    def get(self, path: str) -> Any:
        """One answer; raises NotThere for anything but 200."""
        answer = self._web.ask("GET", path, headers=self._headers)
        if answer.status != 200:
            raise NotThere(f"GET {path} answers {answer.status}: {_sentence(answer)}")
        return answer.json

    def text(self, path: str) -> bytes:
        """A body that is not JSON."""
        answer = self._web.ask("GET", path, headers=self._headers)
        if answer.status != 200:
            raise NotThere(f"GET {path} answers {answer.status}: {_sentence(answer)}")
        return answer.body

    def every(self, path: str) -> Iterator[dict[str, Any]]:
        """All items of a list, page by page: {"items": […], "next": path of the next page or null}."""
        at: str | None = path
        while at:
            page = self.get(at)
            if not isinstance(page, dict) or not isinstance(page.get("items"), list):
                raise NotThere(f"GET {at} answers no list of items")
            yield from page["items"]
            at = page.get("next")

    def post(self, path: str, content: Any) -> Any:
        """Ask for something to be done; raises NotThere with the refusal's sentence."""
        headers = self._headers | {"Content-Type": "application/json", "Idempotency-Key": str(uuid4())}
        answer = self._web.ask("POST", path, headers=headers, body=json.dumps(content).encode())
        if answer.status // 100 != 2:
            raise NotThere(f"POST {path} answers {answer.status}: {_sentence(answer)}")
        return answer.json if answer.body else None

    def hand_in(self, raw: bytes, *, file_name: str) -> Answer:
        """A message through the public door; its file name goes percent-encoded in X-File-Name."""
        headers = self._headers | {
            "Content-Type": "application/xml",
            "Idempotency-Key": str(uuid4()),
            "X-File-Name": urllib.parse.quote(file_name, safe="/"),
        }
        return self._web.ask("POST", "/api/messages", headers=headers, body=raw)


def _sentence(answer: Answer) -> str:
    """The detail of problem+json, or the beginning of whatever came."""
    try:
        problem = json.loads(answer.body)
    except ValueError:
        return answer.body[:160].decode("utf-8", "replace").replace("\n", " ")
    return str(problem.get("detail") or problem.get("title") or problem) if isinstance(problem, dict) else ""
