"""FHIR bundles from outside: read with limits, checked against the R4B models, about one patient and one visit."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from triagelab.datasets.cells import one_line
from triagelab.datasets.fhir_map import fhir_map
from triagelab.errors import BadInputError, DataFormatError, MissingDependencyError
from triagelab.files import open_input

MAX_BUNDLE_BYTES = 32 * 1024 * 1024
MAX_ENTRIES = 5_000
MAX_MESSAGE = 400
Resource = Mapping[str, Any]


@dataclass(frozen=True)
class Bundle:
    """The resources of one bundle that may be read, in order.

    Attributes:
        where: file or "bundle", for error lines.
        resources: type -> resources, each checked against its model.
        by_reference: every way a resource can be referred to -> "Type/id" or its fullUrl.
        test_data: the bundle says of itself that it is made up.
    """

    where: str
    bundle_id: str | None
    resources: Mapping[str, list[Resource]]
    by_reference: Mapping[str, Resource]
    test_data: bool

    def of(self, kind: str) -> list[Resource]:
        return self.resources.get(kind, [])

    def resolve(self, reference: Any) -> Resource | None:
        """Return the resource that a Reference points to, None if it is not in the bundle."""
        text = reference.get("reference") if isinstance(reference, Mapping) else None
        if not isinstance(text, str):
            return None
        return self.by_reference.get(text) or self.by_reference.get(_local(text))


def parse_bundle(source: str | Path | Mapping[str, Any]) -> Bundle:
    """Return the bundle of a JSON file or of a mapping.

    Raises: BadInputError, DataFormatError for anything that is not one R4 bundle of sane size;
    MissingDependencyError without fhir.resources.
    """
    if not isinstance(source, str | Path):
        return checked_bundle(source, "bundle")
    path = Path(source)
    with open_input(path, "FHIR file") as stream:
        data = stream.read(MAX_BUNDLE_BYTES + 1)
    if len(data) > MAX_BUNDLE_BYTES:
        raise _unfit(f"{path}: larger than {MAX_BUNDLE_BYTES} bytes; expected the bundle of one visit")
    try:
        raw = json.loads(data.decode("utf-8-sig"), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        detail = " ".join(str(error).split())[:80]
        raise _unfit(f"{path}: not JSON ({detail}); expected a FHIR R4 bundle as JSON") from error
    return checked_bundle(raw, str(path))


def _unfit(message: str) -> DataFormatError:
    """Return the error as one line, whatever ids and values of the bundle are in it."""
    return DataFormatError(one_line(message, MAX_MESSAGE) or "not a FHIR bundle")


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON number")


def checked_bundle(raw: Any, where: str) -> Bundle:
    """Return the bundle with every resource of the allow-list checked; other types are passed over unread."""
    kind = raw.get("resourceType") if isinstance(raw, Mapping) else None
    if kind != "Bundle":
        raise _unfit(f"{where}: resourceType: got {str(kind)[:40]!r}; allowed: 'Bundle'")
    if raw.get("type") == "history":
        raise _unfit(f"{where}: type: got 'history'; allowed: a bundle with one version of each resource")
    entries = raw.get("entry", [])
    if not isinstance(entries, list) or len(entries) > MAX_ENTRIES:
        raise _unfit(f"{where}: entry: expected a list of at most {MAX_ENTRIES} entries")
    resources: dict[str, list[Resource]] = {}
    by_reference: dict[str, Resource] = {}
    for number, entry in enumerate(entries):
        for url, resource in _resource(entry, f"{where}: entry {number}"):
            here = str(resource["resourceType"])
            name = f"{here}/{resource['id']}" if "id" in resource else None
            if name and name in by_reference:
                if by_reference[name] != resource:
                    raise _unfit(f"{where}: entry {number}: {name} is there twice and differs; which is right?")
                continue
            resources.setdefault(here, []).append(resource)
            by_reference.update({key: resource for key in (url, name) if key})
    bundle_id = raw.get("id") if isinstance(raw.get("id"), str) else None
    return Bundle(where, bundle_id, resources, by_reference, _is_test_data(raw))


def _resource(entry: Any, where: str) -> Iterator[tuple[str | None, Resource]]:
    if not isinstance(entry, Mapping):
        raise _unfit(f"{where}: expected an object, got {type(entry).__name__}")
    resource = entry.get("resource")
    if resource is None:
        return
    if not isinstance(resource, Mapping) or not isinstance(resource.get("resourceType"), str):
        raise _unfit(f"{where}: resource: expected an object with a resourceType")
    if resource["resourceType"] in fhir_map().resources:
        try:
            resource = _without_nulls(resource)
        except RecursionError as error:
            raise _unfit(f"{where}: nested too deeply") from error
        validate(resource, where)
        url = entry.get("fullUrl")
        yield (url if isinstance(url, str) else None), resource


def _without_nulls(node: Any) -> Any:
    """Return the value without null members: FHIR has no null, and "not there" is said by leaving out."""
    if isinstance(node, Mapping):
        return {key: _without_nulls(value) for key, value in node.items() if value is not None}
    return [_without_nulls(value) for value in node if value is not None] if isinstance(node, list) else node


def validate(resource: Resource, where: str) -> None:
    """Raises: DataFormatError with type, field and what is wrong for a resource that is not valid R4B."""
    from pydantic import ValidationError

    model = _models()(str(resource["resourceType"]))
    try:
        model.model_validate(dict(resource))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"] if part != "root")
        name = f"{resource['resourceType']}/{resource.get('id', '?')}"
        detail = " ".join(str(first["msg"]).split())[:120]
        raise _unfit(f"{where}: {name}: {place}: {detail} (expected FHIR R4)") from error
    except (RecursionError, TypeError, ValueError, AttributeError, KeyError) as error:
        detail = " ".join(str(error).split())[:120]
        raise _unfit(f"{where}: {resource['resourceType']}: not FHIR R4 ({detail})") from error


def _models() -> Any:
    try:
        from fhir.resources.R4B import get_fhir_model_class
    except ImportError as error:
        raise MissingDependencyError("fhir.resources", "data", "reading and writing FHIR") from error
    return get_fhir_model_class


def _is_test_data(raw: Mapping[str, Any]) -> bool:
    meta = raw.get("meta")
    marks = [*_list(meta, "security"), *_list(meta, "tag")] if isinstance(meta, Mapping) else []
    return any(isinstance(mark, Mapping) and mark.get("code") == "HTEST" for mark in marks)


def _list(holder: Mapping[str, Any], key: str) -> list[Any]:
    value = holder.get(key)
    return value if isinstance(value, list) else []


def _local(reference: str) -> str:
    """Return "Type/id" from an absolute or versioned reference."""
    parts = reference.split("/_history/")[0].split("/")
    return "/".join(parts[-2:])


def name_of(resource: Resource) -> str | None:
    """Return "Type/id", None for a resource without an id."""
    return f"{resource['resourceType']}/{resource['id']}" if resource.get("id") else None


def only_patient(bundle: Bundle) -> Resource:
    """Return the one patient. Raises: BadInputError for none or several."""
    patients = bundle.of("Patient")
    if len(patients) != 1:
        raise BadInputError(
            f"{bundle.where}: patients", len(patients), "exactly one", "send one bundle for each patient"
        )
    return patients[0]


def only_encounter(bundle: Bundle) -> Resource | None:
    """Return the visit: the only encounter, or the only emergency one; None if the bundle has none."""
    void = ("entered-in-error", "cancelled", "unknown")
    found = [one for one in bundle.of("Encounter") if one.get("status") not in void]
    if len(found) > 1:
        found = [one for one in found if one["class"].get("code") == "EMER"] or found
    if len(found) > 1:
        raise BadInputError(
            f"{bundle.where}: emergency encounters", len(found), "one", "send one bundle for each visit"
        )
    return found[0] if found else None
