"""JSON values against the JSON schemas that pydantic writes; nothing outside the document is ever fetched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,), "array": (list,), "string": (str,), "boolean": (bool,), "null": (type(None),),
    "number": (int, float), "integer": (int,),
}  # fmt: skip
_DEEPEST = 40


def problems(value: Any, schema: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with a value, one line each; empty where it fits.

    Understands types, properties, required, additionalProperties, items, enum, const, anyOf/oneOf/allOf and local
    references; other keywords are taken as met.
    """
    return list(_walk(value, schema, schema, "", 0))


def _walk(value: Any, schema: Any, root: Mapping[str, Any], path: str, depth: int) -> Iterator[str]:
    if not isinstance(schema, Mapping):
        if schema is False:
            yield f"{path or 'value'}: not allowed"
        return
    if depth > _DEEPEST:
        yield f"{path or 'value'}: nested too deep"
        return
    if "$ref" in schema:
        yield from _walk(value, _resolve(str(schema["$ref"]), root), root, path, depth + 1)
        return
    for word in ("anyOf", "oneOf"):
        options = schema.get(word)
        if options and all(any(True for _ in _walk(value, one, root, path, depth + 1)) for one in options):
            yield f"{path or 'value'}: {str(value)[:40]!r} fits none of {len(options)} declared forms"
    for one in schema.get("allOf", ()):
        yield from _walk(value, one, root, path, depth + 1)
    if "const" in schema and value != schema["const"]:
        yield f"{path}: {str(value)[:40]!r} is not {schema['const']!r}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{path}: {str(value)[:40]!r} is none of the declared values"
    if "type" in schema and not _fits(value, schema["type"]):
        yield f"{path or 'value'}: {type(value).__name__} where {schema['type']} is declared"
        return
    if isinstance(value, dict):
        yield from _object(value, schema, root, path, depth)
    elif isinstance(value, list) and "items" in schema:
        for place, inside in enumerate(value):
            yield from _walk(inside, schema["items"], root, f"{path}.{place}", depth + 1)


def _object(
    value: dict[str, Any], schema: Mapping[str, Any], root: Mapping[str, Any], path: str, depth: int
) -> Iterator[str]:
    known = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in value:
            yield f"{path}.{name}".lstrip(".") + ": declared as required, not there"
    extra = schema.get("additionalProperties", True)
    for name, inside in value.items():
        place = f"{path}.{name}".lstrip(".")
        if name in known:
            yield from _walk(inside, known[name], root, place, depth + 1)
        elif extra is False:
            yield f"{place}: not in the schema"
        elif isinstance(extra, Mapping):
            yield from _walk(inside, extra, root, place, depth + 1)


def _fits(value: Any, declared: Any) -> bool:
    names = declared if isinstance(declared, list) else [declared]
    for name in names:
        if isinstance(value, bool) and name != "boolean":
            continue
        if isinstance(value, _TYPES.get(name, (object,))):
            return True
        if name == "integer" and isinstance(value, float) and value.is_integer():
            return True
    return False


def _resolve(reference: str, root: Mapping[str, Any]) -> Any:
    found: Any = root
    for part in filter(None, reference.removeprefix("#").split("/")):
        found = found.get(part, {}) if isinstance(found, Mapping) else {}
    return found if reference.startswith("#") else {}
