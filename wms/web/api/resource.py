"""How a route of the API is made: permission, models in and out, problems, one answer per key."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Blueprint, Response, json, request
from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from wms.auth.permissions import Permission
from wms.errors import Refusal
from wms.i18n import N_
from wms.web.doors import Door, keep_door
from wms.web.house import run_once
from wms.web.refusals import answer_refusal
from wms.web.requests import is_key, request_id

View = TypeVar("View", bound=Callable[..., Any])
M = TypeVar("M", bound=BaseModel)


class Body(BaseModel):
    """Base of what comes in: unknown fields are refused, so a misspelt one is never dropped in silence."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Out(BaseModel):
    """Base of what goes out; reads from rows and dataclasses."""

    model_config = ConfigDict(from_attributes=True, frozen=True)


class BadBody(Refusal):
    """The body does not fit its model; says the first fault."""

    message = N_("The body does not fit at {place}: {fault}")
    status = 422


@dataclass(frozen=True, kw_only=True)
class Route:
    """One route as the specification tells it."""

    path: str
    method: str
    endpoint: str
    text: str
    permission: Permission
    body: type[BaseModel] | None
    out: type[BaseModel]


class Resource:
    """Routes of one noun under ``/api/<name>``."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.blueprint = Blueprint(f"api_{name.replace('/', '_')}", __name__, url_prefix=f"/api/{name}")
        self.routes: list[Route] = []

    def get(self, rule: str, *, permission: Permission, out: type[BaseModel]) -> Callable[[View], View]:
        """Something to read; the view returns an `out`."""
        return self._route(rule, "GET", permission=permission, out=out, body=None)

    def post(
        self, rule: str, *, permission: Permission, out: type[BaseModel], body: type[BaseModel] | None = None
    ) -> Callable[[View], View]:
        """Something to do; the view calls `once` and returns what it gives."""
        return self._route(rule, "POST", permission=permission, out=out, body=body)

    def _route(
        self,
        rule: str,
        method: str,
        *,
        permission: Permission,
        out: type[BaseModel],
        body: type[BaseModel] | None,
    ) -> Callable[[View], View]:
        def add(view: View) -> View:
            def answer(**arguments: Any) -> BaseResponse:
                result = view(**arguments)
                return result if isinstance(result, BaseResponse) else _json(result.model_dump(mode="json"))

            keep_door(answer, Door(permission=permission))
            self.blueprint.add_url_rule(rule, view.__name__, answer, methods=[method])
            route = Route(
                path=f"{self.blueprint.url_prefix}{rule}",
                method=method,
                endpoint=f"{self.blueprint.name}.{view.__name__}",
                text=view.__doc__ or "",
                permission=permission,
                body=body,
                out=out,
            )
            self.routes.append(route)
            return view

        return add


def read_body(kind: type[M]) -> M:
    """The JSON body as a model; raises BadBody with the first fault."""
    raw = request.get_data()
    if b"\\u0000" in raw or b"\x00" in raw:
        raise BadBody(place="/", fault="NUL")
    try:
        return kind.model_validate_json(raw)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "/"
        raise BadBody(place=place, fault=first["msg"]) from None


def number_asked(name: str, default: int) -> int:
    """A whole number of the query (`?after=12`), small enough for a table's key; raises BadBody."""
    text = request.args.get(name, str(default))
    if not is_key(text):
        raise BadBody(place=name, fault=text[:40])
    return int(text)


def once(work: Callable[[Session], BaseModel], *, action: str) -> BaseResponse:
    """Do `work` once for this Idempotency-Key; a repeat with the same body gets the same answer."""
    answered = run_once(
        lambda session: work(session).model_dump(mode="json"),
        action=action,
        request_id=request_id(),
        content=f"{request.method} {request.path}\n".encode() + request.get_data(),
    )
    if answered.refused is not None:
        return answer_refusal(answered.refused)
    return _json(answered.answer)


def _json(value: Mapping[str, Any]) -> Response:
    return Response(json.dumps(value, ensure_ascii=False), content_type="application/json")
