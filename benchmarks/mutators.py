"""Valid and broken templates as a corpus, and one mutated text for every seed and number, at three levels."""

from __future__ import annotations

import random
import re
import tomllib
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import tomli_w

from peqdlab.language import ADVERBS, VERBS
from peqdlab.reagents import shipped_reagents

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[1]
LARGEST = 200_000  # characters; a kept failure is far smaller
DEEPEST = 130  # a little more than is read

TOKENS = {
    "text": re.compile(r'"[^"\n]*"'),
    "quantity": re.compile(r'(?<=")[-+]?\d[\d.]*(?:e[-+]?\d+)? ?[%°µA-Za-z][\w/]*'),
    "number": re.compile(r"(?<![A-Za-z\d.])\d+(?:\.\d+)?(?:e[-+]?\d+)?"),
    "unit": re.compile(r"(?<=\d )[%°µA-Za-z][\w/]*"),
    "tag": re.compile(r"\[[a-z][\w-]*(?: [^\[\]\n]*)?\](?=[;\"])"),
    "key": re.compile(r'(?:[\w-]+|"[^"\n]+")(?= *=)'),
    "header": re.compile(r"^\[[^\n]*\]", re.MULTILINE),
    "expression": re.compile(r'(?<="= )[^"\n]+(?=")'),
    "reaction": re.compile(r'(?<=")[^"\n]* -> [^"\n]*(?=")'),
    "formula": re.compile(r'(?<=product = ")[^"]+'),
    "reagent": re.compile(r'[\w()]+(?= = "[\d.]+ ?(?:m?g|m?L|m?mol|µL)\b)'),
    "sign": re.compile(r"[-=+*/<>{}\[\](),.\"'#]"),
    "line": re.compile(r"^[^\n]+\n", re.MULTILINE),
}
NUMBERS = (
    *("0", "-1", "1e30", "1e-30", "9" * 31, "1e999", "nan", "inf", "1,5", ".5", "5.", "1_000", "0x1F", "1/3", "٣", "³", "1e+5", "-0", "00"),
)
HOSTILE = (
    '""', '" "', '"= "', '"= 1/0"', '"= -1"', '"= n.Pb / (n.Pb - n.Pb)"', '"= mass.product"', '"= volume * 0"', '"= volume.crude"',
    '"= room.RH"', '"= scale"', '"= c.Cs"', '"= n.OA * 1 mL / mmol"', f'"= {"(" * 31}1"', f'"= {"-" * 40}1 mL"', f'"{"9" * 400} g"',
    '"0 mL"', '"0 %"', '"1e30 kg"', '"1e-30 g"', '"5 mL, dried"', '"5 mL [unverified]"', '"[unverified]"', '"all"',
    '"all, slowly [computed]"',
    '"1 g/mL/mL"', '"5 g m"', '"-273.16 °C"', '"0 K"', '"1e9 tubes"', '"0.001 mL tubes"', '"per vessel"', '"at most 0 mL"', '"at most 1 g"',
    '"Pb/Br > 1"', '"Pb/Pb == 1"', '"volume <= 1 mL"', '"scale <= 1"', '"1 < 2"', '"Pb < Cs < I"', '"room.RH < 1 m"', '"end"', '"inject"',
    '"FAPbI3"', '"CsPb(I0.5Br0.5)3"', '"MA0.3FA0.7PbI3"', '"Cs4PbI6"', '"H2O"', '"Uuo"', '"OA -> OA"', '"-> "', '"2 OA -> OA-"',
    '"CO3-2 + 2 OA -> 2 OA- + CO2 + H2O"', '"1979-05-27"', "1979-05-27", "07:32:00", "true", "1", "-5", "nan", "-inf", "1e400", "[]", "{}",
    '[""]', '"\\u0000"', '"\\u202E1 g"', '"\\uFFFF"', '"\\U0010FFFF"', '"a\\nb"', '"e\u0301"', '"""\n"""', '{ is = "1 g" }',
    '{ is = "all", assay = "0 %" }',
)  # fmt: skip
SLIPS = ("", "x", "5", "é", " ", '"', "-", ".", "/", "\\", "\n", "\u202e", "٣", "(", ",")
BARE = tuple(each.strip('"') for each in HOSTILE)
BYTES = (*b"\x00 \xff \xc3 \xe2\x80\xae \xef\xbb\xbf ' ''' \\ [ ] { } = . #".split(b" "), b'"', b'"""', b"\n", b"\r", b"\r\n", b"\t")
FORMULAS = ("CsPbI3", "FAPbBr3", "MAPbCl3", "Cs0.5FA0.5PbI3", "CsPbI2Br", "CsPb(I0.5Br0.5)3", "Cs0.05FA0.95PbI3", "CsPbI1.5Br1.5")
# How often a value of each kind is exchanged for another.
EXCHANGED = (
    *("quantity", "quantity", "quantity", "number", "number", "unit", "expression", "expression", "tag", "reagent", "reaction", "formula"),
)
VALUES: tuple[Any, ...] = (
    *(0, 1, -5, 2**53, -(10**40), 1.5, float("nan"), float("inf"), True, "", " ", "all", "1 g", "0 mL", "= volume", "= 1/0"),
    *([], {}, [[]], [{}], {"": {}}, {"is": "1 g"}),
)


class Corpus(NamedTuple):
    """The texts to start from, and every token in them by its kind."""

    texts: tuple[str, ...]
    tokens: dict[str, tuple[str, ...]]


def read_corpus() -> Corpus:
    """Return the shipped variants one by one, the broken protocols of the tests, and the small ones kept beside this file."""
    shipped = chain.from_iterable(single_variants(path.read_text(encoding="utf-8")) for path in sorted((ROOT / "protocols").glob("*.toml")))
    folders = (ROOT / "tests" / "broken", Path(__file__).parent / "corpus")
    small = (path.read_text(encoding="utf-8") for folder in folders for path in sorted(folder.glob("*.toml")))
    texts = tuple(dict.fromkeys((*shipped, *small)))
    words = {
        "key": (*VERBS, *ADVERBS, "scales", "assay", "grade", "extends", "without", "swap", "label", "react", "forms"),
        "number": NUMBERS,
        "text": HOSTILE,
        "formula": FORMULAS,
        "reagent": tuple(key for key in shipped_reagents().data["reagents"]),
    }
    found = {kind: {token for text in texts for token in pattern.findall(text)} for kind, pattern in TOKENS.items()}
    kinds = dict.fromkeys((*found, *words))
    return Corpus(texts, {kind: tuple(sorted({*found.get(kind, ()), *words.get(kind, ())})) for kind in kinds})


def single_variants(text: str) -> Iterator[str]:
    """Yield a protocol file once for each of its variants: the head, and the tables of the variant and of those it extends."""
    data = tomllib.loads(text)
    head, *tables = re.split(r"^(?=\[)", text, flags=re.MULTILINE)
    names = [key for key, value in data.items() if isinstance(value, dict) and key != "sources"]
    for name in names:
        wanted, base = ["sources", name], data[name].get("extends")
        while base in data and base not in wanted:
            wanted.append(base)
            base = data[base].get("extends")
        yield head + "".join(table for table in tables if re.split(r"[\].]", table[1:])[0].strip('"') in wanted)


def mutated(corpus: Corpus, seed: int, number: int) -> bytes:
    """Return the text of one number under a seed: always the same, whatever else was run."""
    dice = random.Random(f"{seed}:{number}")
    text = dice.choice(corpus.texts)
    for _ in range(dice.choice((1, 1, 1, 1, 2, 2, 3, 6))):
        level = dice.choice((exchange_value, exchange_value, exchange_value, change_token, change_structure, change_structure))
        text = level(text, corpus, dice)[:LARGEST]
    raw = text.encode("utf-8", "surrogatepass")
    if dice.random() < 0.1:
        for _ in range(dice.choice((1, 1, 2, 4))):
            raw = change_bytes(raw, corpus, dice)
    return raw


# bytes ---------------------------------------------------------------------------------------------------------------


def change_bytes(raw: bytes, corpus: Corpus, dice: random.Random) -> bytes:
    """Return bytes with one place changed: a bit turned, bytes put in, cut out, doubled or taken from another text."""
    at = dice.randrange(len(raw) + 1)
    upto = min(at + dice.choice((1, 1, 2, 8, 64, 1024)), len(raw))
    match dice.randrange(7):
        case 0 if at < len(raw):
            return raw[:at] + bytes([raw[at] ^ 1 << dice.randrange(8)]) + raw[at + 1 :]
        case 1:
            return raw[:at] + dice.choice(BYTES) * dice.choice((1, 1, 1, 3, 200)) + raw[at:]
        case 2:
            return raw[:at] + raw[upto:]
        case 3:
            return raw[:upto] + raw[at:upto] * dice.choice((1, 1, 2, 30)) + raw[upto:]
        case 4:
            other = dice.choice(corpus.texts).encode()
            start = dice.randrange(len(other))
            return raw[:at] + other[start : start + dice.choice((1, 8, 64, 1024))] + raw[upto:]
        case 5:
            return raw[:at]
        case _:
            return raw[:at] + bytes([dice.randrange(256)]) + raw[at + 1 :]


# tokens --------------------------------------------------------------------------------------------------------------


def exchange_value(text: str, corpus: Corpus, dice: random.Random) -> str:
    """Return a text in which one value is exchanged for another of its kind, from here or elsewhere: often it can still be planned."""
    kind = dice.choice(EXCHANGED)
    places = [match.span() for match in TOKENS[kind].finditer(text)]
    if not places:
        return text
    start, end = dice.choice(places)
    here = [text[a:b] for a, b in places]
    unit = text[start:end].rpartition(" ")[2]
    alike = [token for token in (*here, *corpus.tokens[kind]) if token.endswith(unit)] if kind == "quantity" else []
    new = dice.choice(alike if alike and dice.random() < 0.8 else here if dice.random() < 0.3 else corpus.tokens[kind])
    return text[:start] + new + text[end:]


def change_token(text: str, corpus: Corpus, dice: random.Random) -> str:
    """Return a text in which one token of some kind is swapped, replaced, repeated or taken out."""
    kind = dice.choice((*TOKENS, "text", "text", "quantity", "expression", "key"))
    places = [match.span() for match in TOKENS[kind].finditer(text)]
    if not places:
        return text
    start, end = dice.choice(places)
    token = text[start:end]
    match dice.randrange(8):
        case 0:
            (a, b), (c, d) = sorted((dice.choice(places), (start, end)))
            return text[:a] + text[c:d] + text[b:c] + text[a:b] + text[d:] if b <= c else text
        case 1:
            new = dice.choice(corpus.tokens[dice.choice([*corpus.tokens])])
        case 2:
            new = token * dice.choice((0, 0, 2, 2, 3, 40))
        case 3 | 4 if kind in ("text", "expression", "quantity", "number"):
            new = dice.choice(HOSTILE if kind == "text" else (*NUMBERS, *corpus.tokens["expression"], *BARE))
        case 5:
            cut = dice.randrange(len(token) + 1)
            new = token[:cut] + dice.choice(SLIPS) + token[cut + 1 :]
        case 6 if kind == "key":
            new = dice.choice(corpus.tokens["reagent"] + corpus.tokens["key"])
        case _:
            new = dice.choice(corpus.tokens[kind])
    return text[:start] + new + text[end:]


# structure -----------------------------------------------------------------------------------------------------------

Box = dict[str, Any] | list[Any]


def change_structure(text: str, corpus: Corpus, dice: random.Random) -> str:
    """Return a text whose tree has a part moved, doubled, deleted or replaced; itself where it is no TOML."""
    try:
        tree = tomllib.loads(text)
        (STRUCTURE[dice.randrange(len(STRUCTURE))])(tree, corpus, dice)
        return tomli_w.dumps(tree)
    except (ValueError, RecursionError, TypeError):
        return text


def places_in(box: Box, depth: int = 0) -> Iterator[tuple[Box, Any]]:
    """Yield every place in a tree, as the box that holds it and its key there."""
    for key in [*box] if isinstance(box, dict) else range(len(box)):
        yield box, key
        inner = box[key]
        if isinstance(inner, dict | list) and depth < DEEPEST:
            yield from places_in(inner, depth + 1)


def a_place(tree: Box, dice: random.Random) -> tuple[Box, Any]:
    """Return one place of a tree that is not empty."""
    return dice.choice([*places_in(tree)] or [({"": ""}, "")])


def a_box(tree: Box, dice: random.Random) -> Box:
    """Return one table or list of a tree."""
    return dice.choice([tree, *(box[key] for box, key in places_in(tree) if isinstance(box[key], dict | list))])


def a_copy(value: Any) -> Any:
    """Return a tree that shares nothing with this one."""
    if isinstance(value, dict):
        return {key: a_copy(inner) for key, inner in value.items()}
    return [a_copy(inner) for inner in value] if isinstance(value, list) else value


def put(box: Box, key: Any, value: Any, corpus: Corpus, dice: random.Random) -> None:
    """Put a value into a box: under this key, a word of the language or a reagent; into a list, anywhere."""
    if isinstance(box, list):
        box.insert(dice.randrange(len(box) + 1), value)
    else:
        names = (str(key), f"{key}2", dice.choice(corpus.tokens["key"]).strip('"'), dice.choice(corpus.tokens["reagent"]))
        box[dice.choice(names)] = value


def delete(tree: Box, _: Corpus, dice: random.Random) -> None:
    """Delete a subtree."""
    box, key = a_place(tree, dice)
    del box[key]


def double(tree: Box, corpus: Corpus, dice: random.Random) -> None:
    """Put a copy of a subtree beside it, or elsewhere."""
    box, key = a_place(tree, dice)
    put(dice.choice((box, a_box(tree, dice))), key, a_copy(box[key]), corpus, dice)


def move(tree: Box, corpus: Corpus, dice: random.Random) -> None:
    """Move a subtree elsewhere."""
    box, key = a_place(tree, dice)
    value = box[key]
    del box[key]
    put(a_box(tree, dice), key, value, corpus, dice)


def swap(tree: Box, _: Corpus, dice: random.Random) -> None:
    """Swap two subtrees of which none holds the other."""
    (box, key), (other, name) = a_place(tree, dice), a_place(tree, dice)
    box[key], other[name] = a_copy(other[name]), a_copy(box[key])


def replace(tree: Box, _: Corpus, dice: random.Random) -> None:
    """Replace a subtree with a value of any kind, empty, or wrapped in another box."""
    box, key = a_place(tree, dice)
    value = box[key]
    wrapped = ([value], {"is": value}, {str(key): value}, [value] * 3, str(value)[:200], *VALUES)
    box[key] = a_copy(dice.choice(wrapped))


def graft(tree: Box, corpus: Corpus, dice: random.Random) -> None:
    """Put a subtree of another text in the place of one, or beside it."""
    other = tomllib.loads(dice.choice(corpus.texts))
    box, key = a_place(tree, dice)
    from_box, from_key = a_place(other, dice)
    if dice.random() < 0.5:
        box[key] = from_box[from_key]
    else:
        put(box, from_key, from_box[from_key], corpus, dice)


def rename(tree: Box, corpus: Corpus, dice: random.Random) -> None:
    """Rename a key, keeping its place in the order."""
    boxes = [box for box, _ in places_in(tree) if isinstance(box, dict)]
    box = dice.choice(boxes or [{"": ""}])
    old = dice.choice([*box])
    kind = dice.choice(("key", "key", "reagent", "text"))
    new = dice.choice(corpus.tokens[kind]).strip('"')
    items = [(new if key == old else key, value) for key, value in box.items()]
    box.clear()
    box.update(items)


def shuffle(tree: Box, _: Corpus, dice: random.Random) -> None:
    """Put the rows of a table or list into another order."""
    box = a_box(tree, dice)
    if isinstance(box, list):
        dice.shuffle(box)
        return
    items = [*box.items()]
    dice.shuffle(items)
    box.clear()
    box.update(items)


def multiply(tree: Box, _: Corpus, dice: random.Random) -> None:
    """Repeat the items of a list, or the rows of a table under other names."""
    box = a_box(tree, dice)
    times = dice.choice((2, 3, 10, 40))
    if isinstance(box, list):
        box[:] = [a_copy(item) for _ in range(times) for item in box][:400]
        return
    for key in [*box][:20]:
        box |= {f"{key}_{index}": a_copy(box[key]) for index in range(times)}


def nest(tree: Box, _: Corpus, dice: random.Random) -> None:
    """Bury a subtree in lists or tables."""
    box, key = a_place(tree, dice)
    for _level in range(dice.choice((1, 5, 30, 90, DEEPEST))):
        box[key] = [box[key]] if dice.random() < 0.5 else {"a": box[key]}


def retype(tree: Box, corpus: Corpus, dice: random.Random) -> None:
    """Replace one or more texts of the tree by texts that stand elsewhere."""
    texts = [(box, key) for box, key in places_in(tree) if isinstance(box[key], str)]
    for box, key in dice.sample(texts, min(len(texts), dice.choice((1, 1, 2, 5)))):
        box[key] = dice.choice(corpus.tokens[dice.choice(("text", "quantity", "expression", "reaction", "reagent"))]).strip('"')


STRUCTURE: tuple[Callable[[Box, Corpus, random.Random], None], ...] = (
    delete, double, move, swap, replace, replace, graft, graft, rename, shuffle, multiply, nest, retype, retype, retype,
)  # fmt: skip
