"""One line for every key, verb and adverb of the language: docs/language.md prints them, and a test reads each."""

from __future__ import annotations

from typing import Final

# By table, then by key. A verb and an adverb stand in a whole step. All are about the protocol in tests/test_language_page.py.
EXAMPLES: Final[dict[str, dict[str, str]]] = {
    "file": {
        "format": "format = 1",
        "title": 'title = "Hot-injection synthesis"',
        "sources": 'sources.zeng2018 = { cite = "Q. Zeng et al., Adv. Mater. 2018, 1705393", evidence = "published" }',
    },
    "source": {
        "cite": 'cite = "Q. Zeng et al., Adv. Mater. 2018, 1705393"',
        "doi": 'doi = "10.1002/adma.201705393"',
        "evidence": 'evidence = "published"',
    },
    "variant": {
        "title": 'title = "CsPbI3 dots, binary route, 50 mL ODE"',
        "product": 'product = "CsPbI3"',
        "shell": 'shell = ["OA-", "OAm+"]',
        "source": 'source = "zeng2018"',
        "extends": 'extends = "other"',
        "without": 'without = ["check.lead", "set.T_inject.range"]',
        "swap": 'swap = { PbI2 = { PbBr2 = "0.8 g" }, OA = "octanoic acid" }',
        "set": 'set.T_inject = { is = "180 °C", range = "140 °C to 200 °C", why = "hotter, larger dots [review 3.1]" }',
        "make": 'make.thin = { vessel = "5 mL vial", steps = [{ add = { cs_oleate = "0.4 mL", ODE = "1 mL" } }] }',
        "check": 'check.few = { at = "inject", want = "Pb/Cs >= 1.5", else = "error", fix = "cs_oleate", why = "I limits [computed]" }',
    },
    "parameter": {
        "is": 'is = "180 °C [unverified]"',
        "range": 'range = "140 °C to 200 °C [review 3.1]"',
        "why": 'why = "hotter, larger dots [review 3.1]"',
    },
    "preparation": {
        "vessel": 'vessel = "250 mL flask"',
        "ready": 'ready = "the day before"',
        "label": 'label = { Cs = "0.0625 mol/L" }',
        "react": 'react = ["CO3-2 + 2 OA -> 2 OA- + CO2 + H2O"]',
        "forms": 'forms = "product"',
        "steps": 'steps = [{ add = { PbI2 = "1 g", ODE = "50 mL" } }, { heat = "120 °C", for = "1 h" }]',
    },
    "check": {
        "at": 'at = "wash 1"',
        "want": 'want = "3 <= Pb/Cs <= 5 and I/Pb > 1.9"',
        "else": 'else = "warning"',
        "fix": 'fix = "cs_oleate"',
        "why": 'why = "about 3 [review 3.1]; up to 5.0 in use [zeng2018]"',
        "scope": 'scope = "binary CsPbI3"',
    },
    "material": {
        "is": '{ add = { OAm = { is = "5 mL, dried" } } }',
        "assay": '{ add = { OAm = { is = "5 mL", assay = "70 % [zeng2018]" } } }',
        "grade": '{ add = { OAm = { is = "5 mL", grade = "70 %" } } }',
        "scales": '{ add = { hexane = { is = "4 mL", scales = "at most 10 mL" } } }',
    },
    "verb": {
        "add": '{ add = { PbI2 = "1 g", ODE = "50 mL", OA = "3 mmol" } }',
        "inject": '{ inject = { cs_oleate = "8 mL" }, how = "fast" }',
        "heat": '{ heat = "= T_inject", within = "3 °C", under = "N2" }',
        "cool": '{ cool = "ice-water bath", to = "25 °C" }',
        "warm": '{ warm = "cs_oleate", to = "70 °C" }',
        "wait": '{ wait = "10 s" }',
        "stir": '{ stir = "30 min", at = "25 °C" }',
        "sonicate": '{ sonicate = "5 min" }',
        "settle": '{ settle = "12 h", take = "supernatant", wet = "1 mL" }',
        "spin": '{ spin = "8000 rpm", for = "10 min", take = "pellet", wet = "= residue" }',
        "keep": '{ keep = "dark", at = "4 °C", for = "48 h" }',
    },
    "adverb": {
        "at": '{ add = { OA = "5 mL" }, at = "120 °C" }',
        "to": '{ cool = "by itself", to = "100 °C" }',
        "within": '{ heat = "180 °C", within = "3 °C" }',
        "for": '{ heat = "120 °C", for = "1.5 h" }',
        "under": '{ heat = "120 °C", under = "vacuum" }',
        "until": '{ heat = "150 °C", until = "clear" }',
        "how": '{ inject = { cs_oleate = "8 mL" }, how = "fast" }',
        "loses": '{ heat = "120 °C", under = "vacuum", loses = ["CO2", "H2O"] }',
        "take": '{ spin = "8000 rpm", take = "supernatant" }',
        "wet": '{ spin = "8000 rpm", take = "pellet", wet = "1 mL" }',
        "recovers": '{ spin = "8000 rpm", take = "pellet", wet = "1 mL", recovers = "80 %" }',
        "name": '{ add = { MeOAc = "92 mL" }, name = "wash 1" }',
        "ask": '{ add = { MeOAc = "92 mL" }, ask = ["room T", "room RH"] }',
        "inspect": '{ wait = "5 min", inspect = ["colour", "turbidity"] }',
        "stop_if": '{ wait = "5 min", stop_if = "it turns yellow" }',
        "hold": '{ heat = "120 °C", until = "clear", hold = true }',
        "note": '{ spin = "9000 rpm", take = "supernatant", note = "discard what does not disperse" }',
    },
}
