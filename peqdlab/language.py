"""The protocol language as one table: every key that a template may hold, what it means and what it takes."""

from __future__ import annotations

from functools import cache
from typing import Final, NamedTuple

# What a key takes. "quantity:mass" is a quantity of that kind, or an expression that gives one.
TEXT = "text"
TEXTS = "list of texts"
FLAG = "true or false"
MATERIALS = "materials"
TABLE = "table"
TABLES = "list of tables"


class Key(NamedTuple):
    """One key of a table: its name, what it takes, what it means, and how a step's sentence says it."""

    name: str
    takes: str
    means: str
    required: bool = False
    choices: tuple[str, ...] = ()
    phrase: str = ""


class Verb(NamedTuple):
    """One thing a step can do. ``books`` says what it does to the ledger, ``phrase`` how the sheet says it.

    The minutes are assumed, not measured: what one pair of hands takes at a fume hood, so that a plan can estimate its day.
    """

    name: str
    takes: str
    means: str
    phrase: str
    adverbs: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    books: str = ""
    blanks: tuple[tuple[str, str], ...] = ()  # (what is asked, which adverb or "" for the verb's own value is planned)
    minutes: int = 5  # of the operator, for the step
    minutes_each: int = 0  # and for each material
    attended: bool = False  # the operator stays for a stated duration
    needs: str = ""  # equipment
    one_of: tuple[str, ...] = ()  # adverbs of which exactly one is needed
    says: tuple[tuple[str, str], ...] = ()  # phrases of its own for adverbs


def _keys(*keys: Key) -> dict[str, Key]:
    return {key.name: key for key in keys}


EVIDENCE: Final = {
    "published": "printed in the paper, whose text was read",
    "transcribed": "from a structured, page-cited transcription of the paper",
    "repaired": "printed in the paper, a digit repaired in a damaged scan",
    "abstract": "from the abstract or first part alone",
    "review": "the review says so",
    "computed": "computed from numbers beside it",
    "own": "measured or chosen in this lab, written in its notebook",
    "unverified": "commonly quoted or assumed; no source read",
}
DOUBTFUL: Final = ("unverified", "repaired")
FEEDS: Final = "--use "  # a fix that begins so names what should feed a need
BUILT_IN_SOURCES: Final = ("computed", "unverified")

FILE: Final = _keys(
    Key("format", "number", "version of the language: 1", required=True),
    Key("title", TEXT, "what the family is"),
    Key("sources", TABLE, "tag = { cite, doi, evidence }"),
)
SOURCE: Final = _keys(
    Key("cite", TEXT, "authors, journal, year, page", required=True),
    Key("doi", TEXT, "the DOI, where it was seen"),
    Key("evidence", TEXT, "how far the source can be trusted", required=True, choices=tuple(EVIDENCE)),
)
VARIANT: Final = _keys(
    Key("title", TEXT, "one line: product, route, size", required=True),
    Key("product", TEXT, "formula of the inorganic product"),
    Key("shell", TEXTS, "ligand species on the dots, which a later exchange has to reach"),
    Key("mostly", TEXTS, "those of its shell that rule it, where the others are few"),
    Key("reaches", TEXTS, "ligand species that its exchange or soak takes off the dots, each for all of its kind"),
    Key("source", TEXT, "tag of every value that names no other", required=True),
    Key("system", TEXTS, "ids of the review's systems that it stands for, as S01"),
    Key("reported", TABLE, 'figures of the literature for it: name = value with its source, as pce = "16.5 % [review 4.2]"'),
    Key("extends", TEXT, "another variant of the file: what is not said here is as there"),
    Key("without", TEXTS, "what is left out of it, as in check.damp-wash"),
    Key("swap", TABLE, "a material of it = the materials in its place, or their name alone"),
    Key("needs", TABLE, "what another protocol, a stock or a batch brings, by the name under which the steps use it"),
    Key("set", TABLE, "parameters that --set may change"),
    Key("make", TABLE, "preparations, in the order in which they are made", required=True),
    Key("check", TABLE, "what must hold, where, and why"),
    Key("tell", TABLE, "what the plan says of a step: an estimate, or what the vessel holds by then"),
    Key("then", TABLE, "a protocol that has to come behind it where a plan goes on = why, and who says so"),
)
PARAMETER: Final = _keys(
    Key("is", "quantity", "the value unless --set gives another", required=True),
    Key("range", "range", "from … to …"),
    Key("why", TEXT, "what it does, and who says so"),
    Key("gives", TABLE, "where --set gives this one: the parameter that it is another way to say = an expression for it"),
)
TELL: Final = _keys(
    Key("at", TEXT, "the step: its name, its verb, or end", required=True),
    Key("is", "quantity", "what is said, reckoned from the books of that step", required=True),
    Key("reads", TABLE, "words for it = the condition under which they are right, as OA-rich; the first that holds is said"),
    Key("why", TEXT, "how it is reckoned or what follows from it, and who says so", required=True),
    Key("scope", TEXT, "what it was shown for"),
)
NEED: Final = _keys(
    Key("is", TEXT, "what it is, in words", required=True),
    Key("product", TEXT, "formula of the inorganic product that it holds"),
    Key("also", TEXTS, "other products that are as good; any, where it does not matter"),
    Key("in", TEXT, "the liquid that it is in"),
    Key("also_in", TEXTS, "other liquids in which it may come"),
    Key("holds", TABLE, "concentrations, of product or of a species: taken where nothing feeds it"),
    Key("volume", "quantity:volume", "how much there is where nothing feeds it; as much as is used, unless stated"),
    Key("shell", TEXTS, "ligand species on the dots"),
    Key("from", TEXTS, "other names under which a protocol in front may make it"),
)
PREPARATION: Final = _keys(
    Key("vessel", "vessel", "capacity and kind; a plural such as tubes is counted; or substrates", required=True),
    Key("ready", TEXT, "when it must be there, as in the day before"),
    Key("label", TABLE, "concentrations as printed on the bottle: a remark, compared with mass and volume"),
    Key("react", TEXTS, "balanced reactions that run to completion as soon as their reactants are together"),
    Key("forms", TEXT, "product: it forms here, from its ions", choices=("product",)),
    Key("repeat", "count", "how many times its steps are done, as the layers of a film; start once"),
    Key("steps", TABLES, "what is done, one verb each", required=True),
)
CHECK: Final = _keys(
    Key("at", TEXT, "the step: its name, its verb, or end", required=True),
    Key("want", "condition", "what must hold, as in 3 <= Pb/Cs <= 5", required=True),
    Key("else", TEXT, "how grave it is", required=True, choices=("error", "warning", "note")),
    Key(
        "fix",
        TEXT,
        "the value to solve for: a material, a parameter, the name or verb of a step with a value, scale, room.RH; or "
        "--use NEED=PROTOCOL, what should feed a need instead",
        required=True,
    ),
    Key("why", TEXT, "the reason and its source", required=True),
    Key("scope", TEXT, "what it was shown for"),
)
MATERIAL: Final = _keys(
    Key("is", "dispense", "how much: mass, volume or amount; of a preparation also all", required=True),
    Key("assay", "quantity:ratio", "mass fraction of the named reagent: enters the ledger"),
    Key("grade", TEXT, "as printed on the bottle: a remark"),
    Key("scales", TEXT, "how it follows the size of the batch: linear, fixed, per vessel, per substrate, or at most 10 mL"),
)

ADVERBS: Final = _keys(
    Key("bore", "quantity:length", "inner diameter of a tube", phrase=" through a tube of {} bore"),
    Key("length", "quantity:length", "length of a tube, as far as it is heated", phrase=", {} long,"),
    Key("at", "quantity:temperature", "temperature of the vessel; of a flow that of the tube", phrase=" at {}"),
    Key("to", "quantity:temperature", "temperature to reach", phrase=" to {}"),
    Key("within", "quantity:temperature difference", "tolerance of that temperature", phrase=" (± {})"),
    Key("for", "quantity:duration", "how long; of a flow the residence time in the tube", phrase=" for {}"),
    Key("rate", "quantity:flow rate", "volume in a time, of all pumps of a flow together", phrase=", {} in all"),
    Key("under", TEXT, "atmosphere", phrase=" under {}"),
    Key("until", TEXT, "what must be seen before going on", phrase=" until {}"),
    Key("how", TEXT, "manner", phrase=", {}"),
    Key("loses", TEXTS, "species that leave as gas", phrase=""),
    Key("take", TEXT, "which part is kept", choices=("pellet", "supernatant"), phrase=", keep the {}"),
    Key("wet", "quantity:volume", "liquid left with the solid", phrase=" (about {} of liquid stays with it)"),
    Key("recovers", "quantity:ratio", "share of the product that is kept", phrase=""),
    Key("keeps", "quantity:ratio", "share of what is coated that stays on the substrate", phrase=""),
    Key("thickness", "quantity:length", "thickness of what is deposited", phrase=", {} thick"),
    Key("program", TEXTS, "spin program: speed and time of each stage", phrase=" at {}"),
    Key("name", TEXT, "name of the step, for checks", phrase=""),
    Key("ask", TEXTS, "what must be logged here: room T, room RH, …", phrase=""),
    Key("inspect", TEXTS, "what to look at", phrase="; look at {}"),
    Key("stop_if", TEXT, "when to stop", phrase="; stop if {}"),
    Key("hold", FLAG, "hold point: go on only when it is so", phrase=""),
    Key("note", TEXT, "a remark for the sheet", phrase=" – {}"),
)
_ANYWHERE = ("under", "until", "name", "ask", "inspect", "stop_if", "hold", "note", "how", "loses")

_TEMPERATURE, _TIME = ("temperature", ""), ("time", "for")
VERBS: Final = {
    verb.name: verb
    for verb in (
        Verb("add", MATERIALS, "put materials or a preparation into the vessel", "add {}", ("at", "for"), books="in",
             minutes=2, minutes_each=3, attended=True),
        Verb("inject", MATERIALS, "put them in at once, hot", "inject {}", ("at",), books="in", blanks=(("pot temperature", "pot"),),
             minutes=2, minutes_each=1, needs="syringe and needle"),
        Verb("flow", MATERIALS, "pump liquids together through a heated tube, into the vessel", "pump together {}",
             ("bore", "length", "at", "within", "for", "rate"), ("bore", "length", "at"), books="flow",
             blanks=(("tube temperature", "at"),), minutes=15, minutes_each=5, needs="oil bath or heater for the tube",
             one_of=("for", "rate"), says=(("for", ", residence time {}"),)),
        Verb("heat", "quantity:temperature", "bring the vessel to a temperature", "heat to {}", ("within", "for"),
             books="temperature", blanks=(_TEMPERATURE, _TIME), minutes=3, needs="heating mantle or oil bath, with stirring"),
        Verb("cool", TEXT, "cool, in a bath or to a temperature", "cool: {}", ("to", "for"), books="temperature", minutes=2),
        Verb("warm", "preparation", "bring another preparation to a temperature", "warm {}", ("to", "for"), ("to",),
             blanks=(("temperature", "to"),), minutes=2, needs="second bath, for a stock"),
        Verb("wait", "quantity:duration", "let it stand", "wait {}", ("at",), blanks=(("time", ""),), minutes=0),
        Verb("stir", "quantity:duration", "stir", "stir for {}", ("at",), blanks=(("time", ""),), minutes=1, needs="stirrer"),
        Verb("sonicate", "quantity:duration", "put into the ultrasonic bath", "sonicate for {}", blanks=(("time", ""),),
             minutes=2, needs="ultrasonic bath"),
        Verb("settle", "quantity:duration", "let solids settle", "let settle for {}", ("take", "wet", "recovers"), books="split",
             minutes=2),
        Verb("spin", "quantity:rotation speed or centrifugal acceleration", "centrifuge, in rpm or times g", "spin at {}",
             ("for", "take", "wet", "recovers"), ("take",), books="split",
             blanks=(("liquid left", "wet"), ("product obtained", "recovers")), minutes=8, needs="centrifuge"),
        Verb("keep", TEXT, "store until used", "keep {}", ("at", "for"), minutes=2),
        Verb("start", "preparation", "go on with what another preparation has become: once, where steps are repeated", "go on with {}",
             books="start", minutes=0),
        Verb("coat", MATERIALS, "put a layer on every substrate", "coat with {}", ("program", "keeps", "at"), books="coat",
             minutes=1, attended=True, needs="spin coater"),
        Verb("dip", "preparation", "put the substrates into a bath and take them out", "dip into {}", ("for", "at"), books="dip",
             blanks=(("time", "for"),), minutes=1, attended=True),
        Verb("flood", MATERIALS, "cover every substrate with a liquid, then take it off", "flood with {}", ("for", "program"),
             books="rinse", blanks=(("time", "for"),), minutes=1, attended=True),
        Verb("rinse", MATERIALS, "rinse every substrate", "rinse with {}", ("for", "program"), books="rinse", minutes=1, attended=True),
        Verb("dry", TEXT, "let the liquid leave", "dry: {}", ("at", "for"), books="dry", minutes=1, attended=True),
        Verb("anneal", "quantity:temperature", "heat the substrates on a plate", "anneal at {}", ("within", "for"), books="dry",
             blanks=(_TEMPERATURE, _TIME), minutes=1, needs="hotplate"),
        Verb("evaporate", TEXT, "deposit from the vapour onto every substrate", "evaporate {}", ("thickness",), ("thickness",),
             blanks=(("thickness", "thickness"),), minutes=20, needs="evaporator"),
    )
}  # fmt: skip

# What a check may ask of a vessel at its step, besides the contents: how the books know it is said in peqdlab/moments.py.
POT: Final = {
    "pot.T": "temperature of the vessel",
    "pot.boils": "boiling point, at ambient pressure, of the most volatile thing that is put in or stays in the vessel",
    "pot.drop": "how far the injection cools the pot, liquids taken to have the same heat capacity by volume",
    "pot.size": "size of the preparation against the published one",
    "pot.acid": "acid groups in the vessel, free or as anions",
    "pot.base": "base that reagents have brought into the preparation: acetate 1, carbonate and oxide 2, a free amine 1",
    "pot.halide": "halide there, against what A site and metal there can take up",
    "pot.stay": "residence time of a flow in its tube",
    "pot.rate": "rate of all pumps of a flow together",
}


# The same in a message.
POT_WORDS: Final = {
    "pot.T": "temperature",
    "pot.boils": "boiling point",
    "pot.drop": "cooling by the injection",
    "pot.size": "size against the published one",
    "pot.acid": "acid",
    "pot.base": "base",
    "pot.halide": "halide for A site and metal",
    "pot.stay": "residence time",
    "pot.rate": "total rate",
}


@cache
def adverbs_of(verb: Verb) -> dict[str, Key]:
    """Return the adverbs that a verb takes, in the order in which the sheet says them."""
    allowed = {*verb.adverbs, *_ANYWHERE}
    return {name: key for name, key in ADVERBS.items() if name in allowed}
