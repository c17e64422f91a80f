"""A saved plan read back: its shape validated by pydantic, its digest by computing it again."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from peqdlab.document import SCHEMA, digest


class SavedPlanError(ValueError):
    """A file that claims to be a plan and is not, or was changed since it was saved."""


class FrozenTemplate(BaseModel):
    """The protocol text that a plan was made from."""

    model_config = ConfigDict(extra="forbid", strict=True)

    file: str
    text: str
    sha256: str


class Place(BaseModel):
    """Where a finding stands."""

    model_config = ConfigDict(strict=True)

    key: str
    file: str | None = None
    line: int | None = None
    column: int | None = None


class SavedFinding(BaseModel):
    """One finding of a plan."""

    model_config = ConfigDict(extra="forbid", strict=True)

    severity: str
    code: str
    where: Place
    message: str
    remedy: str
    limit: str | None = None
    source: str | None = None
    scope: str | None = None


class SavedPlan(BaseModel):
    """The keys of a plan document that the program itself relies on; the rest is carried along as it is."""

    model_config = ConfigDict(extra="allow", strict=True, populate_by_name=True)

    schema_: str
    digest: str
    protocol: str
    variant: str
    title: str
    source: str
    evidence: str
    choices: dict[str, str]
    accepted: dict[str, str]
    materials: list[dict[str, Any]]
    preparations: list[dict[str, Any]]
    ratios: dict[str, str]
    steps: list[dict[str, Any]]
    findings: list[SavedFinding]
    waste: list[dict[str, Any]]
    equipment: list[dict[str, Any]]
    sources: dict[str, str]
    instruments: dict[str, Any] | None = None  # a plan of an older version has none: the defaults stand for it
    template: FrozenTemplate
    reagents: dict[str, Any]


def validate_plan(data: dict[str, Any]) -> dict[str, Any]:
    """Return a plan document as it was saved, with its empty keys.

    Raises SavedPlanError where the schema is another one, a key is missing or of another type, or the digest does not fit.
    """
    if data.get("schema") != SCHEMA:
        raise SavedPlanError(f"schema {data.get('schema')!r} is not {SCHEMA}, which is read here")
    try:
        SavedPlan.model_validate({**data, "schema_": data["schema"]})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise SavedPlanError(f"{where}: {first['msg'].lower()}") from None
    try:
        found = digest(data)
    except (TypeError, ValueError) as error:
        raise SavedPlanError(str(error)) from None
    if found != data["digest"]:
        raise SavedPlanError("the plan was changed since it was saved: its digest does not fit")
    return data
