"""A plan as data: the JSON of the contract, complete enough to print, to freeze with a batch, and to plan again."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from peqdlab import __version__
from peqdlab.asked import asked_of, measured_of
from peqdlab.canonical import canonical_json, sha256_hex
from peqdlab.centrifuge import spin_of
from peqdlab.checks import cited, default_sources, evidence_of
from peqdlab.dispensing import as_dispensed, dispensed_with
from peqdlab.enough import enough_scale
from peqdlab.frozen import choices, member_row, parts_of, reagents_used, room_row, template_row
from peqdlab.hazards import hazard_rows, protection_rows, statements_used
from peqdlab.instruments import instruments_data
from peqdlab.judging import is_asked_at
from peqdlab.layers import inks_of, layers_of
from peqdlab.outcomes import OUTCOMES
from peqdlab.pumping import flow_row
from peqdlab.resized import scale_rows
from peqdlab.schedule import stated_duration, time_of
from peqdlab.stoichiometry import concentration
from peqdlab.supplies import ahead_rows, equipment_rows, totals_rows
from peqdlab.tells import told_of
from peqdlab.thickness import thickness_of
from peqdlab.tolerance import structure_rows
from peqdlab.uncertainty import forming_part, ratio_uncertainty, rounding_errors
from peqdlab.units import RATIO, plain, show, significant, stated
from peqdlab.washes import OA_LESS, washes_of
from peqdlab.waste import lead_balance, waste_rows
from peqdlab.wording import doubt_mark, each_of, said_dispensed, say_step, source_of_value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from peqdlab.asked import Asked
    from peqdlab.books import StepRun, Use
    from peqdlab.findings import Finding
    from peqdlab.layers import Ink, Layer
    from peqdlab.ledger import Contents
    from peqdlab.plan import Plan
    from peqdlab.preparation import Need, Preparation
    from peqdlab.tells import Told
    from peqdlab.washes import Wash

SCHEMA: Final = "peqdlab.plan/1"
_MG_PER_G: Final = Decimal(1000)
_LARGEST_COUNT: Final = 2**53 - 1  # what canonical JSON holds as a number


def plan_document(plan: Plan) -> dict[str, Any]:
    """Return a plan as JSON values (numbers are strings), with the digest of all the rest."""
    template, asked, measured = plan.template, asked_of(plan), measured_of(plan)
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "digest": "",
        "program": f"peqdlab {__version__}",
        "protocol": template.family,
        "variant": template.variant,
        "title": template.title,
        "product": template.product,
        "shell": list(template.shell),
        "source": "; ".join(cited(template.citations, tag) for tag in default_sources(template)),
        "evidence": "; ".join(dict.fromkeys(evidence_of(template, tag) for tag in default_sources(template))),
        **choices(plan),
        "materials": [material_row(plan, use) for run in plan.books.steps for use in run.uses if use.reagent is not None],
        "preparations": [_preparation_row(plan, preparation, measured) for preparation in template.preparations],
        **_stoichiometry(plan),
        "steps": [_step_row(plan, run, asked) for run in plan.books.steps],
        "substrates": _substrates(plan),
        "told": [_told_row(plan, told) for told in told_of(template, plan.books, plan.inputs)],
        "washes": [_wash_row(wash) for wash in washes_of(template, plan.books)],
        "structures": structure_rows(template, plan.books),
        **_film(plan),
        "systems": list(template.systems),
        "reported": {name: f"{value.text} [{value.source}]" for name, value in template.reported},
        "inks": [_ink_row(plan, ink) for ink in inks_of(plan.books, plan.inputs.substrates)],
        "needs": [_need_row(plan, need) for need in template.needs.values()],
        "scale_report": scale_rows(plan),
        "findings": [finding_row(finding) for finding in plan.findings],
        **_before_starting(plan),
        "instruments": instruments_data(plan.instruments),
        "sources": {tag: cited(template.citations, tag) for tag in _tags_used(plan)},
        "template": template_row(parts_of(template)[0].template),
        "members": [member_row(part) for part in template.parts] if len(template.parts) > 1 else [],
        "reagents": reagents_used(plan),
    }
    document["digest"] = digest(document)
    return document


def _substrates(plan: Plan) -> int | None:
    """Return how many substrates a plan is for; None where it has none, nor is a piece of a whole that has."""
    has_any = any(made.vessel.is_substrates for made in plan.template.preparations)
    return plan.inputs.substrates if has_any or (plan.template.cut and plan.inputs.substrates > 1) else None


def _before_starting(plan: Plan) -> dict[str, Any]:
    """Return what a person needs to know before anything is weighed."""
    hazards = hazard_rows(plan)
    return {
        "hazards": hazards,
        "statements": statements_used(hazards),
        "protection": protection_rows(hazards),
        "waste": waste_rows(plan),
        "lead": lead_balance(plan),
        "equipment": equipment_rows(plan),
        "totals": totals_rows(plan),
        "ahead": ahead_rows(plan),
        "time": time_of(plan),
    }


def _stoichiometry(plan: Plan) -> dict[str, Any]:
    """Return ratios with how well they are known, what limits, and what can be made of it."""
    found = plan.stoichiometry
    return {
        "ratios": {name: significant(ratio) for name, ratio in found.ratios.items()} if found else {},
        **_precision(plan),
        "limiting": found.limiting if found else None,
        "ceiling_mmol": significant(found.ceiling_mmol) if found else None,
        "ceiling_mg": significant(found.ceiling_mg) if found else None,
        "expected_mg": significant(plan.expected_mg) if plan.expected_mg is not None else None,
        "idle_pct": {part: significant(share * 100) for part, share in found.idle.items()} if found else {},
    }


def _precision(plan: Plan) -> dict[str, Any]:
    """Return, for each ratio, its standard uncertainty (absolute) and the error of rounding (per cent, with its sign)."""
    part = forming_part(plan.template, plan.reagents, plan.inputs, plan.books) if plan.stoichiometry else None
    if part is None or plan.stoichiometry is None:
        return {"ratio_uncertainty": None, "ratio_rounding_pct": None}
    exact = plan.stoichiometry.ratios
    errors = rounding_errors(part, exact)
    return {
        "ratio_uncertainty": {name: significant(u) for name, u in ratio_uncertainty(part, exact).items()},
        "ratio_rounding_pct": {name: significant(error * 100, 3) for name, error in errors.items()},
    }


def digest(document: dict[str, Any]) -> str:
    """Return ``sha256:…`` of a document's canonical JSON without its digest, empty keys, and where its file lies."""
    bare = without_nulls({key: value for key, value in document.items() if key != "digest"})
    for template in (bare["template"], *(member["template"] for member in bare.get("members", []))):
        template.pop("file", None)
    for finding in bare["findings"]:
        finding["where"].pop("file", None)
    return f"sha256:{sha256_hex(canonical_json(bare))}"


def without_nulls(value: Any) -> Any:
    """Return JSON values without keys that are null, as TOML needs them."""
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [without_nulls(item) for item in value]
    return value


def _film(plan: Plan) -> dict[str, Any]:
    """Return the layers of the last film with their thickness, and what is known of that in all."""
    found = thickness_of(plan.template, plan.books, plan.instruments.films)
    nm = found.layers_nm if found else {}
    whole = None if found is None or found.stack_nm is None else significant(found.stack_nm)
    return {
        "layers": [_layer_row(n, layer, nm.get(layer.step)) for n, layer in enumerate(layers_of(plan.books), start=1)],
        "thickness": {"stack_nm": whole, "told": found.told} if found else None,
    }


def _layer_row(n: int, layer: Layer, nm: Decimal | None) -> dict[str, Any]:
    baths = {name: plain(seconds) for name, seconds in layer.baths.items()}
    thickness = None if nm is None else significant(nm)
    exposure = {"dips": layer.dips, "exposure_s": plain(layer.exposure_s), "baths_s": baths}
    return {"n": n, "step": layer.step, "ink": layer.ink, **exposure, "thickness_nm": thickness}


def _ink_row(plan: Plan, ink: Ink) -> dict[str, Any]:
    covered = ink.substrates if ink.substrates <= _LARGEST_COUNT else None
    row = {"id": ink.name, "made_ml": significant(ink.made_ml), "used_ml": significant(ink.used_ml), "covers_substrates": covered}
    template = plan.template
    if not template.unsized or ink.name in template.unsized or template.preparation(ink.name) is None or plan.inputs.weighed:
        return row
    return {**row, "scale_enough": plain(enough_scale(ink, plan.inputs))}


def _need_row(plan: Plan, need: Need) -> dict[str, Any]:
    stock = plan.inputs.stocks.get(need.name)
    uses = [use for run in plan.books.steps for use in run.uses if use.material.name == need.name]
    drawn = sum((use.volume_ml for use in uses if use.volume_ml is not None), Decimal(0))
    return {
        "id": need.name,
        "is": need.what,
        "product": need.product,
        "from": stock.origin if stock else None,
        "used_ml": significant(drawn),
        "there_ml": significant(stock.contents.volume_ml) if stock else None,
    }


def _told_row(plan: Plan, told: Told) -> dict[str, Any]:
    """Return what is said of a step as JSON values; a ratio is a plain number."""
    tell, ratio = told.tell, told.found.dimension == RATIO
    figures = None if tell.value.quantity else 4  # as stated where it is stated
    value, _, unit = (significant(told.found.value), "", "") if ratio else show(told.found, figures).rpartition(" ")
    return {
        "name": tell.name,
        "step": told.run.n,
        "at": tell.at,
        "value": value,
        "unit": unit or None,
        "reads": told.reads or None,
        "why": tell.why,
        "source": "; ".join(cited(plan.template.citations, tag) for tag in tell.sources),
        "scope": tell.scope or None,
        "doubtful": bool(doubt_mark(plan.template, tell.value.source)),
    }


def _wash_row(wash: Wash) -> dict[str, Any]:
    """Return what a wash leaves beside the dots as JSON values."""
    acid, lead_mg = wash.acid_per_lead, wash.halide_mg
    return {
        "n": wash.n,
        "step": wash.run.n,
        "preparation": wash.run.preparation.name,
        "oa_per_pb": None if acid is None else significant(acid, 3),
        "reads": None if acid is None else "OA-less" if acid < OA_LESS else "OA-rich",
        "lead_outside_as": wash.halide,
        "lead_outside_mg": None if lead_mg is None else significant(lead_mg, 3),
    }


def finding_row(finding: Finding) -> dict[str, Any]:
    """Return a finding as JSON values."""
    place = finding.where
    return {
        "severity": finding.severity,
        "code": finding.code,
        "where": {"file": place.file, "line": place.line, "column": place.column, "key": place.key},
        "message": finding.message,
        "remedy": finding.remedy,
        "limit": finding.limit,
        "source": finding.source,
        "scope": finding.scope,
    }


def material_row(plan: Plan, use: Use) -> dict[str, Any]:
    """Return one addition of a reagent: what is dispensed, and the amount of the named reagent in it."""
    template, material, reagent = plan.template, use.material, use.reagent
    tag = source_of_value(material.amount, template) if material.amount else template.default_source
    citation = template.citations.get(tag)
    given = plan.inputs.assays.get(reagent.key) if reagent else None
    assay = f"{plain(given * 100)} %" if given is not None else material.assay.text if material.assay else None
    return {
        "id": material.name,
        "reagent": reagent.key if reagent else None,
        "name": reagent.name if reagent else None,
        "formula": reagent.formula.text if reagent else None,
        "preparation": use.preparation,
        "code": use.code,
        "mass_g": stated(use.quantity.value / _MG_PER_G) if use.quantity.is_kind("mass") else None,
        "volume_ml": stated(use.quantity.value) if use.quantity.is_kind("volume") else None,
        "amount_mmol": significant(use.amount_mmol) if use.amount_mmol is not None else None,
        "as_dispensed": said_dispensed(use, instruments=plan.instruments),
        "substrates": use.times if use.times > 1 else None,
        **dispensed_with(each_of(use), plan.instruments),
        "typed": material.amount.text if material.amount else "all",
        "remark": (material.amount.remark if material.amount else "") or None,
        "grade": material.grade or None,
        "correction": f"assay {assay}" if assay else None,
        "evidence": evidence_of(template, tag),
        "source": (citation.doi or citation.cite) if citation else tag,
        "doubtful": bool(doubt_mark(template, tag)),
        "density": f"{reagent.density.text} [{reagent.density.source}]"
        if reagent and reagent.density and use.volume_ml is not None
        else None,
    }


def _preparation_row(plan: Plan, preparation: Preparation, measured: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    held = plan.books.finished[preparation.name]
    return {
        "id": preparation.name,
        "vessel": preparation.vessel.text,
        "ready": preparation.ready or None,
        "volume_ml": significant(held.volume_ml),
        "species_mmol": species_mmol(held),
        "label_mol_per_l": {part: plain(value.quantity.value) for part, value in preparation.label if value.quantity},
        "computed_mol_per_l": {part: significant(concentration(plan.books, preparation, part)) for part, _ in preparation.label},
        "measured": [
            {"code": f"{preparation.name}.{name}", "asks": OUTCOMES[name].means, "unit": OUTCOMES[name].unit}
            for name in measured.get(preparation.name, ())
        ],
    }


def species_mmol(held: Contents) -> dict[str, str]:
    """Return every species in contents with its amount in mmol."""
    return {name: significant(n) for name, n in held.species.items()}


def _step_row(plan: Plan, run: StepRun, asked: Mapping[str, Asked]) -> dict[str, Any]:
    step, template = run.step, plan.template
    duration = stated_duration(run)
    spun = spin_of(run, plan.instruments.rotor)
    temperature = run.temperature_c if step.verb.takes != "preparation" else run.values["to"].value if "to" in run.values else None
    return {
        "n": run.n,
        "code": str(run.n),
        "do": step.verb.name,
        "name": step.text_of("name") or None,
        "text": say_step(run, template, instruments=plan.instruments),
        "preparation": run.preparation.name,
        "vessel": run.preparation.vessel.text,
        "temperature_c": None if temperature is None else plain(temperature),
        "duration_s": None if duration is None else plain(duration.value),
        "speed_rpm": None if spun is None else significant(spun[0]),
        "rcf_g": None if spun is None else significant(spun[1]),
        "flow": flow_row(plan, run),
        "atmosphere": None if run.atmosphere is None else run.atmosphere.text,
        "relative_humidity_pct": None,
        "hold": step.adverbs.get("hold") is True,
        "cycle": run.cycle[0] if run.cycle else None,
        "cycles": run.cycle[1] if run.cycle else None,
        "asks": list(step.texts_of("ask")),
        "room_wanted": [check.want_text for check in template.checks if "room." in check.want_text and is_asked_at(check, step)],
        **({"room_planned": room_row(plan.inputs.rooms[run.n])} if run.n in plan.inputs.rooms else {}),
        "blanks": [_blank_row(plan, asked[blank.code]) for blank in run.blanks],
    }


def _blank_row(plan: Plan, blank: Asked) -> dict[str, Any]:
    planned = None if blank.planned is None else as_dispensed(blank.planned, plan.instruments)
    row = {"code": blank.code, "asks": blank.asks, "planned": planned, "doubtful": bool(blank.doubt)}
    return row if blank.planned is None or blank.is_result else row | dispensed_with(blank.planned, plan.instruments)


def _tags_used(plan: Plan) -> list[str]:
    template = plan.template
    of_sentences = [tag for check in template.checks for tag in check.sources] + [tag for tell in template.tells for tag in tell.sources]
    tags = [*default_sources(template), *(tag for _, tag in template.tags), *of_sentences]
    return list(dict.fromkeys(tags))
