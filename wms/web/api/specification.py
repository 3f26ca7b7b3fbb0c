"""The OpenAPI 3.1 document, generated from the routes and their models."""

import re
from functools import cache
from typing import Any, Final

from pydantic import BaseModel, Field
from pydantic.json_schema import models_json_schema

from wms.web.api.resource import Resource, Route
from wms.web.refusals import PROBLEM

_ARGUMENT: Final = re.compile(r"<(?:(\w+):)?(\w+)>")
_TYPES: Final = {
    "int": {"type": "integer", "minimum": 0},
    "uuid": {"type": "string", "format": "uuid"},
}
#: What any route may answer besides its own.
_PROBLEMS: Final = {
    "401": "No token, or a wrong one",
    "403": "The token's role may not do this",
    "404": "No such thing",
    "429": "Too many attempts with wrong tokens",
}
_WRITE_PROBLEMS: Final = {
    "400": "The Idempotency-Key is missing or no UUID",
    "409": "The state of the warehouse forbids it, or the key was used for something else",
    "422": "The body cannot be read",
}


class Problem(BaseModel):
    """A no (RFC 9457); `facts` are the sentence's facts by name."""

    type: str = Field(examples=["urn:wms:refusal:NotEnoughStock"])
    title: str
    status: int
    detail: str
    facts: dict[str, str]


@cache
def specification(resources: tuple[Resource, ...]) -> dict[str, Any]:
    """The whole document; made when it is first asked for, which most processes never do."""
    routes = [(resource, route) for resource in resources for route in resource.routes]
    models = {model for _, route in routes for model in (route.body, route.out) if model is not None}
    named = [
        (model, "serialization") for model in sorted(models | {Problem}, key=lambda model: model.__name__)
    ]
    refs, definitions = models_json_schema(named, ref_template="#/components/schemas/{model}")  # type: ignore[arg-type]
    schema_of = {model: ref for (model, _mode), ref in refs.items()}
    paths: dict[str, dict[str, Any]] = {}
    for resource, route in routes:
        path = _ARGUMENT.sub(r"{\2}", route.path)
        paths.setdefault(path, {})[route.method.lower()] = _operation(resource, route, schema_of)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Lhasa WMS", "version": "1"},
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": definitions.get("$defs", {}),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(resource: Resource, route: Route, schema_of: dict[Any, Any]) -> dict[str, Any]:
    summary, _, description = route.text.partition("\n")
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": _TYPES.get(kind, {"type": "string"})}
        for kind, name in _ARGUMENT.findall(route.path)
    ]
    problems = dict(_PROBLEMS)
    if route.method == "POST":
        key = {"type": "string", "format": "uuid"}
        parameters.append({"name": "Idempotency-Key", "in": "header", "required": True, "schema": key})
        problems |= _WRITE_PROBLEMS
    operation: dict[str, Any] = {
        "operationId": route.endpoint.replace(".", "_"),
        "tags": [resource.name],
        "summary": summary.strip(),
        "description": " ".join(description.split()) or f"Permission: {route.permission}.",
        "parameters": parameters,
        "responses": {
            "200": {"description": "Done", "content": {"application/json": {"schema": schema_of[route.out]}}},
            **{
                status: {"description": text, "content": {PROBLEM: {"schema": schema_of[Problem]}}}
                for status, text in sorted(problems.items())
            },
        },
    }
    if route.body is not None:
        content = {"application/json": {"schema": schema_of[route.body]}}
        operation["requestBody"] = {"required": True, "content": content}
    return operation
