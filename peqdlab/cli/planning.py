"""From a command's arguments to a plan, and from a plan to a file: shared by plan, run-sheet and log-batch."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from peqdlab.cli.folders import folders_for
from peqdlab.cli.lab import lab_instruments
from peqdlab.cli.running import fail, write_file
from peqdlab.errors import UsageError
from peqdlab.findings import Doubt, Finding, Place, suggest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from fractions import Fraction

    from peqdlab.books import Inputs, Stock
    from peqdlab.plan import Plan
    from peqdlab.preparation import Template
    from peqdlab.reagents import Reagents
    from peqdlab.units import Quantity

_SAVED = (".json", ".toml")


class Asked(NamedTuple):
    """What the arguments of a command ask of a plan, as typed."""

    settings: list[str]
    accept: list[str]
    scale: str | None = None
    target: str | None = None
    weighed: list[str] = []  # noqa: RUF012 - never changed
    assays: list[str] = []  # noqa: RUF012 - never changed
    config: str | None = None
    uses: list[str] = []  # noqa: RUF012 - never changed
    substrates: int | None = None
    store: str | None = None
    lots: list[str] = []  # noqa: RUF012 - never changed


NOTHING_ASKED = Asked([], [])


class Prepared(NamedTuple):
    """What a plan is made of: the arguments of a command, read."""

    template: Template
    reagents: Reagents
    inputs: Inputs
    accepted: dict[str, str]


def made_plan(names: str | Sequence[str], asked: Asked = NOTHING_ASKED) -> Plan:
    """Return the plan of a protocol's name, a template file or a saved plan, or of a chain of protocols, as the arguments ask.

    The scales of a saved plan and of the arguments multiply.

    Raises UsageError for arguments that do not fit, all at once; ContentError for a template that cannot be read.
    """
    from peqdlab.plan import make_plan

    accepted = (prepared := prepare(names, asked)).accepted
    made = _covering(_aimed(make_plan(*prepared), asked.target), asked)
    refuse_unknown(accepted, made.findings)
    return made


def prepare(names: str | Sequence[str], asked: Asked = NOTHING_ASKED) -> Prepared:
    """Return template, reagents, inputs and acceptances as the arguments ask; raises as ``made_plan`` does."""
    from peqdlab.books import Inputs
    from peqdlab.reagents import shipped_reagents

    names = (names,) if isinstance(names, str) else names
    before = _saved(names, asked)
    if before is not None:
        template, reagents, inputs, accepted = before.template, before.reagents, before.inputs, dict(before.accepted)
        inputs = inputs._replace(instruments=lab_instruments(asked.config)) if asked.config else inputs
    else:
        reagents, accepted = shipped_reagents(), {}
        template, stocks = _fed(names, asked, reagents)
        inputs = Inputs(stocks=stocks, instruments=lab_instruments(asked.config))
    if asked.substrates is not None:
        chosen = inputs.scale if not inputs.scaled_for else 1
        inputs = inputs._replace(substrates=asked.substrates, scale=chosen, scaled_for=0, portions={})
    doubts: list[Finding] = []
    template, settings = _settings(template, asked.settings, doubts)
    _keep_levels(names[0], template, inputs, settings)
    inputs = inputs._replace(settings=_set_anew(template, inputs.settings, settings))
    inputs = _sized(inputs, asked, template, reagents, doubts)
    accepted |= _acceptances(asked.accept, doubts)
    if doubts:
        raise UsageError(*doubts)
    return Prepared(template, reagents, inputs, accepted)


def refuse_unknown(accepted: Iterable[str], findings: Sequence[Finding]) -> None:
    """Raise UsageError A104 for every accepted code that no finding has."""
    unknown = [code for code in accepted if all(finding.code != code for finding in findings)]
    if unknown:
        codes = {finding.code for finding in findings if finding.severity == "error"}
        raise UsageError(
            *(_doubt(f"--accept {code}", "A104", f"no finding has the code {code!r}", suggest(code, codes)) for code in unknown)
        )


def _saved(names: Sequence[str], asked: Asked) -> Plan | None:
    """Return the plan of the one name that is a saved plan; None where none is; ends with A106 where it stands beside others."""
    found = [(name, saved) for name in names if (saved := read_saved_plan(name)) is not None]
    if not found:
        return None
    if len(names) > 1 or asked.uses:
        fail("A106", found[0][0], f"{found[0][0]} is a saved plan, which stands alone", "name the protocols that it was made from")
    from peqdlab.record import plan_of

    return plan_of(found[0][1])


def _fed(names: Sequence[str], asked: Asked, reagents: Reagents) -> tuple[Template, dict[str, Stock]]:
    """Return the template of one protocol, or of several that feed each other, and what is on the shelf."""
    from peqdlab.catalog import open_template

    templates = [open_template(name, reagents, folders_for(name)) for name in names]
    if len(templates) == 1 and not asked.uses:
        return templates[0], {}
    from peqdlab.cli.feeding import fed_template

    return fed_template(templates, asked.uses, asked.store, reagents)


def _sized(inputs: Inputs, asked: Asked, template: Template, reagents: Reagents, doubts: list[Finding]) -> Inputs:
    """Return the inputs with the size that --scale, --weighed and --assay ask for, and the bottles of --lot."""
    if not (asked.scale or asked.weighed or asked.assays or asked.lots):
        return inputs
    from peqdlab.cli.sizing import read_assays, read_lots, read_scale, read_weighed

    scale: Fraction | int = inputs.scale
    if asked.scale:
        try:
            scale = scale * read_scale(asked.scale)
        except Doubt as doubt:
            doubts.append(doubt.at(Place("--scale")))
    weighed = read_weighed(asked.weighed, template, doubts)
    assays = read_assays(asked.assays, reagents, template, doubts)
    lots = {**inputs.lots, **read_lots(asked.lots, reagents, template, doubts)}
    weighed, assays = {**inputs.weighed, **weighed}, {**inputs.assays, **assays}
    scaled_for = 0 if asked.scale else inputs.scaled_for
    return inputs._replace(scale=scale, scaled_for=scaled_for, weighed=weighed, assays=assays, lots=lots)


def _aimed(made: Plan, target: str | None) -> Plan:
    """Return the plan at the scale that gives the target, if there is one."""
    if target is None:
        return made
    from peqdlab.cli.sizing import scale_for
    from peqdlab.plan import make_plan

    try:
        inputs = made.inputs._replace(scale=scale_for(made, target), scaled_for=0)
    except Doubt as doubt:
        raise UsageError(doubt.at(Place("--target"))) from None
    return make_plan(made.template, made.reagents, inputs, made.accepted)


def _covering(made: Plan, asked: Asked) -> Plan:
    """Return the plan of a chain with enough of everything for its substrates: what nobody gave a size is made larger, if need be."""
    if asked.substrates is None or not made.template.unsized:
        return made
    from peqdlab.cli.sizing import covering

    given = asked.scale or asked.target or made.inputs.weighed or (made.inputs.scale != 1 and not made.inputs.scaled_for)
    return covering(made, may_scale=not given)


def _doubt(argument: str, code: str, message: str, remedy: str) -> Finding:
    return Finding("error", code, Place(argument), message, remedy)


def _settings(template: Template, texts: list[str], doubts: list[Finding]) -> tuple[Template, dict[str, Quantity]]:
    """Return what --set gives, by parameter, and the template in which the steps that it names have one."""
    from peqdlab.parameters import read_setting
    from peqdlab.step_settings import settable

    given: dict[str, Quantity] = {}
    for text in texts:
        name, sign, value = (part.strip() for part in text.partition("="))
        place = f"--set {name[:40]}"
        if not sign or not name:
            doubts.append(_doubt(place, "A102", f"{text[:40]!r} is not NAME=VALUE", "write --set T_inject=170C"))
        else:
            try:
                template, parameter = settable(template, name)
                given[parameter] = read_setting(template.parameters[parameter], value)
            except Doubt as doubt:
                doubts.append(doubt.at(Place(place)))
    return template, given


def _keep_levels(name: str, template: Template, inputs: Inputs, settings: Iterable[str]) -> None:
    """End with A141 where a run of a set is planned with another level than its own: its record would tell the wrong one."""
    from peqdlab.step_settings import settable

    for factor, level in inputs.run.get("levels", {}).items() if settings else ():
        try:
            parameter = settable(template, factor).parameter
        except Doubt:  # it is of the air, or a bottle
            continue
        if parameter in settings:
            message = f"{name} is {inputs.run['run']} of a set, at {factor} {level}"
            fail("A141", f"--set {parameter}", message, f"take the run of that level, or leave --set {parameter} out")


def _set_anew(template: Template, before: Mapping[str, Quantity], given: Mapping[str, Quantity]) -> dict[str, Quantity]:
    """Return the settings of a saved plan with new ones, which win over those that say the same in another way."""
    from peqdlab.parameters import rivals_of

    said = {name for new in given for name in rivals_of(new, template.parameters, before)}
    return {**{name: value for name, value in before.items() if name not in said}, **given}


def _acceptances(texts: list[str], doubts: list[Finding]) -> dict[str, str]:
    accepted = {}
    for text in texts:
        code, _, reason = (part.strip() for part in text.partition("="))
        if code and reason:
            accepted[code] = reason
        else:
            doubts.append(
                _doubt(f"--accept {text[:40]}", "A104", "a reason is missing", f'write --accept {code or "CODE"}="why it is right here"')
            )
    return accepted


# saved plans ---------------------------------------------------------------------------------------------------------


def read_saved_plan(name: str) -> dict[str, Any] | None:
    """Return the document of a saved plan; None where the name is no JSON or TOML file with a plan in it.

    Raises UsageError A106 for a plan that was changed since it was saved, or is not whole.
    """
    path = Path(name)
    if path.suffix.lower() not in _SAVED or not path.is_file():
        return None
    data = _read_json(path) if path.suffix.lower() == ".json" else _read_toml(path)
    if data is None or not str(data.get("schema", "")).startswith("peqdlab.plan/"):
        return (
            None
            if path.suffix.lower() == ".toml"
            else fail("A106", name, f"{name} is no saved plan", "save one: peqdlab plan PROTOCOL -o plan.json")
        )
    from peqdlab.saved import SavedPlanError, validate_plan

    try:
        return validate_plan(data)
    except SavedPlanError as error:
        fail("A106", name, f"{name}: {error}", "plan again: peqdlab plan PROTOCOL -o plan.json")


def _read_toml(path: Path) -> dict[str, Any] | None:
    from peqdlab.source import read_source

    try:
        return read_source(path, str(path)).data
    except UsageError:
        return None


def _read_json(path: Path) -> dict[str, Any] | None:
    import json

    try:
        data = json.loads(path.read_text(encoding="utf-8"), parse_float=str, parse_int=int)
    except (OSError, ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def save_plan(document: dict[str, Any], output: str, paper: str = "a4") -> None:
    """Write a plan document as JSON or TOML, or its overview as a page, by the ending of the file's name; else A105."""
    if Path(output).exists() and Path(output).resolve() == Path(document["template"]["file"]).resolve():
        fail("A107", f"-o {output}", f"{output} is the protocol itself", "name another file")
    ending = Path(output).suffix.lower()
    if ending == ".json":
        import json

        write_file(output, json.dumps(document, ensure_ascii=False, indent=1) + "\n")
    elif ending == ".toml":
        import tomli_w

        from peqdlab.document import without_nulls

        write_file(output, tomli_w.dumps(without_nulls(document), multiline_strings="\r" not in document["template"]["text"]))
    else:
        from peqdlab.cli.pages import save_page
        from peqdlab.sheet import accepted_callouts, finding_callout, plan_blocks

        findings = [finding_callout(row) for row in document["findings"]]
        blocks = plan_blocks(document, [*findings, *accepted_callouts(document["accepted"])])
        save_page(blocks, output, paper, also=_SAVED)
