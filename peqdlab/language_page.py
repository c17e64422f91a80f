"""The reference page of the protocol language, docs/language.md, made from its tables: every key, verb and adverb with an example."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from peqdlab import language
from peqdlab.examples import EXAMPLES
from peqdlab.language import ADVERBS, MATERIALS, POT, TABLE, TABLES, TEXT, TEXTS, VERBS
from peqdlab.scaling import RULES
from peqdlab.units import a_kind, example_of, units_read

if TYPE_CHECKING:
    from collections.abc import Mapping

    from peqdlab.language import Key, Verb

# What a verb does to the books, by Verb.books.
BOOKS: Final = {
    "in": "moves what is named into the vessel: a reagent as the species it delivers, a preparation as what is in it; then every "
    "reaction of `react` whose reactants are together runs to its end, and the product forms where its last ion arrives",
    "flow": "moves what is named into the vessel, where it reacts as after `inject`; what is still in the tube when the pumps stop is "
    "counted as flushed out. The tube holds π/4 · bore² · length; that over the residence time (`for`) is the rate of all pumps, or over "
    "their `rate` is the residence time. Each pump has its share of the rate by volume, and they run until all is through: a larger batch "
    "runs longer, at the same rates. The temperature is that of the tube; the vessel in which it is collected keeps its own",
    "temperature": "sets the temperature of the vessel",
    "split": "divides the vessel: the product goes with the solid (the share that `recovers` says), everything else is dissolved and goes "
    "with the liquid; `wet` is the liquid that stays with the solid, whether the solid is kept or thrown away",
    "start": "moves all of the other preparation into this one, the layers of a film with it",
    "coat": "moves what is named onto the substrates; the share that `keeps` says stays, the rest is spun off as waste",
    "dip": "moves nothing: how much a film takes up from a bath is not known; the plan counts dips and seconds for each layer",
    "rinse": "moves what is named onto the substrates and off again, as waste",
    "dry": "lets go as gas every liquid that boils below 160 °C on file, or below the temperature of the plate",
    "": "moves nothing",
}
# What an expression may name. Each example is read by a test.
NAMES: Final = (
    ("T_inject", "a parameter of the variant", '{ heat = "= T_inject" }'),
    ("n.Pb", "amount in the vessel of an element or group (OA, FA …), acid and anion together", '{ add = { OA = "= 3 * n.Pb" } }'),
    ("c.Cs", "its concentration in the vessel", '{ add = { ODE = "= volume * (c.Cs / (0.05 mol/L))" } }'),
    ("mass.product", "mass of product there; mass.Pb of an element or group", '{ add = { toluene = "= mass.product / (50 mg/mL)" } }'),
    ("n.product", "amount of product there, by formula unit; c.product its concentration", '{ add = { OA = "= 2 * n.product" } }'),
    ("volume", "liquid in the vessel at the moment when the material is put in", '{ add = { MeOAc = "= 3 * volume" } }'),
    ("volume.crude", "liquid in another preparation", '{ add = { MeOAc = "= 3 * volume.crude" } }'),
    (
        "product.other",
        "concentration of product, by formula unit, in another preparation or a need",
        '{ add = { other = "= 0.1 mmol / product.other" } }',
    ),
    ("scale", "size of the batch against the published one", '{ wait = "= scale * 1 min" }'),
)
ONLY_IN_CHECKS: Final = (
    ("Pb/Cs", "a bare element or group is its amount, so a quotient is a ratio of moles"),
    ("room.RH, room.T", "the air of the room at the step: judged when a batch logs it, printed on the sheet as wanted"),
    *((name, f"{means}, at the step") for name, means in POT.items()),
)
_TAKES: Final = {
    TEXT: "a text",
    TEXTS: "a list of texts",
    MATERIALS: "a table of materials and amounts",
    TABLE: "a table",
    TABLES: "a list of steps",
    "number": "a whole number",
    "quantity": "a quantity of any kind, or an expression",
    "range": "two quantities with ` to ` between them, or two numbers for a parameter that is a number",
    "count": 'a whole number as text, as `"4"`, or an expression',
    "vessel": "a volume and a kind",
    "preparation": "the name of a preparation",
    "dispense": "a mass, volume or amount, or an expression for one; of a preparation a volume or `all`",
    "condition": "a comparison, or several with `and` between them",
}


def says_what_it_takes(takes: str) -> str:
    """Return what a key takes, in words."""
    kind = takes.removeprefix("quantity:")
    if kind != takes:
        first = kind.partition(" or ")[0]
        return f"{a_kind(kind)}, as `{example_of(first)}`, or an expression"
    return _TAKES.get(takes, takes)


def _rows(keys: Mapping[str, Key], examples: Mapping[str, str]) -> list[str]:
    lines = ["| key | takes | means | example |", "|---|---|---|---|"]
    for name, key in keys.items():
        takes = " or ".join(f"`{choice}`" for choice in key.choices) or says_what_it_takes(key.takes)
        needed = " (needed)" if key.required else ""
        lines.append(f"| `{name}`{needed} | {takes} | {key.means} | `{examples.get(name, '')}` |")
    return [*lines, ""]


def _verb(verb: Verb) -> list[str]:
    asks = f"The sheet asks for: {', '.join(dict.fromkeys(asked for asked, _ in verb.blanks))}. " if verb.blanks else ""
    one_of = [" or ".join(f"`{name}`" for name in verb.one_of)] if verb.one_of else []
    needed = f" (needed: {', '.join([*(f'`{name}`' for name in verb.required), *one_of])})" if verb.required else ""
    own = ", ".join(f"`{name}`" for name in verb.adverbs) or "none"
    books = f"In the books it {BOOKS.get(verb.books, verb.books)}."
    takes = says_what_it_takes(verb.takes)
    return [
        f"### {verb.name}",
        "",
        f"`{EXAMPLES['verb'].get(verb.name, '')}`",
        "",
        f"{verb.means[0].upper()}{verb.means[1:]}. Takes {takes}. {asks}{books} Adverbs of its own: {own}{needed}. {_effort(verb)}",
        "",
    ]


def _effort(verb: Verb) -> str:
    """Return what a verb takes of the operator in the estimate of a plan's time (assumed), and what it needs on the bench."""
    each = f" and {verb.minutes_each} min for each material" if verb.minutes_each else ""
    stays = "; the operator stays for a stated duration" if verb.attended else ""
    needs = f" It needs: {verb.needs}." if verb.needs else ""
    return f"Assumed for the time of a plan: {verb.minutes} min of work{each}{stays}.{needs}"


def _table(title: str, group: str, keys: Mapping[str, Key], *said: str) -> list[str]:
    return [f"## {title}", "", *said, "", *_rows(keys, EXAMPLES[group])]


def _quantities() -> list[str]:
    units = {kind: symbols for kind, symbols in units_read().items() if symbols}
    return [
        "## Quantities",
        "",
        "A number, a unit, then a remark if there is one: `5 mL, dried`. A bare number is an error. Digits are kept as typed. Units may be",
        "put together (`mol/L`, `mg/mL`, `mA/cm2`). What is not in this table is not read, rather than guessed.",
        "",
        "| kind | units | example |",
        "|---|---|---|",
        *(f"| {kind} | {' '.join(f'`{symbol}`' for symbol in symbols)} | `{example_of(kind)}` |" for kind, symbols in units.items()),
        "",
    ]


def _expressions() -> list[str]:
    return [
        "## Expressions",
        "",
        "A value that starts with `=` is reckoned when the step is reached: `+ - * / ( )`, numbers with units, and these names. Kinds are",
        "checked: a mass is not added to a volume. At most 300 characters; nothing else can be written in one.",
        "",
        "| name | is | example |",
        "|---|---|---|",
        *(f"| `{name}` | {means} | `{example}` |" for name, means, example in NAMES),
        "",
        "In `want` of a check also `<= >= < > ==`, chains such as `3 <= Pb/Cs <= 5`, several joined by `and`, and these names:",
        "",
        *(f"- `{name}`: {means}." for name, means in ONLY_IN_CHECKS),
        "",
    ]


_OPENING: Final = (
    "# The protocol language",
    "",
    "A protocol is a TOML 1.0 file: a head, sources, and variants; a variant makes preparations by steps. This page is the reference;",
    "[write-a-protocol.md](write-a-protocol.md) is the way in. `peqdlab check my.toml` says every doubt at its place.",
    "",
    "This page is generated: `python -m peqdlab.language_page > docs/language.md`.",
    "",
)
_MATERIALS: Final = (
    "Under a verb that puts materials in: `NAME = amount`, or a table where there is more to say. NAME is a reagent of the table, by",
    "its formula, short name or a synonym, or a preparation made above. A name with brackets, blanks or dots needs quotes:",
    '`"Pb(OAc)2·3H2O" = "76 mg"`. Materials of one step go in one after another, in the order typed.',
)
_CHECKS: Final = ("`[variant.check]`: `name = { … }`. The name is what `--accept` takes; `fix` is the value that is solved for.",)
_TELLS: Final = (
    "`[variant.tell]`: `name = { … }`: printed on plan and sheet and in the JSON, reckoned from the books of that step, so that it follows",
    "what was really put in. It judges nothing; a bound is a check. A bare element or group is its amount, as in a check.",
)
_SCALING: Final = (
    "## Scaling",
    "",
    "Masses, volumes and amounts follow `--scale`, `--target` and `--weighed`, also inside expressions and parameters; temperatures,",
    f"times, speeds and concentrations do not. `scales` says otherwise for one material: {', '.join(f'`{rule}`' for rule in RULES)}.",
    "",
)
_TAGS: Final = (
    "## Sources and tags",
    "",
    "Every value has a source. One that names none has that of its variant (`source`); a tag in brackets at its end names another:",
    '`for = "10 min [zeng2018 p. 4]"` is 10 min from `sources.zeng2018`, with a locator. Two tags need no entry in `[sources]`:',
    "`[unverified]` (assumed, or quoted from nowhere) and `[computed]` (from numbers beside it). Inside `why` tags may stand anywhere.",
    "Values that are unverified or repaired print with a `?`, and the plan counts them.",
    "",
)


def _evidence() -> list[str]:
    mark = dict.fromkeys(language.DOUBTFUL, "; prints with a ?")
    return [
        "| evidence | means |",
        "|---|---|",
        *(f"| `{word}` | {means}{mark.get(word, '')} |" for word, means in language.EVIDENCE.items()),
        "",
    ]


def _steps() -> list[str]:
    everywhere = [name for name in ADVERBS if all(name in language.adverbs_of(verb) for verb in VERBS.values())]
    return [
        "## Steps",
        "",
        "A step is a table with exactly one verb; adverbs say how. Beside its own, every verb takes",
        f"{', '.join(f'`{name}`' for name in everywhere)}.",
        "",
        *(line for verb in VERBS.values() for line in _verb(verb)),
        *_table("Adverbs", "adverb", ADVERBS, "In the order in which the sheet says them."),
    ]


def render_language_page() -> str:
    """Return docs/language.md."""
    lines = [
        *_OPENING,
        *_table("The file", "file", language.FILE, "At the top. Every other table of the file is a variant."),
        *_TAGS,
        *_table("A source", "source", language.SOURCE, "Under `[sources]`, by its tag.")[2:],
        *_evidence(),
        *_table("A variant", "variant", language.VARIANT, "`[name]`: one recipe, complete, or what it changes of one that it `extends`."),
        *_table("A parameter", "parameter", language.PARAMETER, "`[variant.set]`: what `--set` may change."),
        *_table("A need", "need", language.NEED, "`[variant.needs.name]`: what a protocol in front, a stock or a batch brings (`--use`)."),
        *_table("A preparation", "preparation", language.PREPARATION, "`[variant.make.name]`: materials in, steps, one named product out."),
        *_steps(),
        *_table("Materials", "material", language.MATERIAL, *_MATERIALS),
        *_SCALING,
        *_table("Checks", "check", language.CHECK, *_CHECKS),
        *_table("What a plan tells", "tell", language.TELL, *_TELLS),
        *_quantities(),
        *_expressions(),
    ]
    return "\n".join(lines).rstrip("\n") + "\n"


if __name__ == "__main__":
    print(render_language_page(), end="")
