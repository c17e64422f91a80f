"""Join variants into one template: what one needs, another makes, by name; what is then left over is left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from peqdlab.apart import headed, heads_of, told_apart
from peqdlab.expressions import names_in
from peqdlab.findings import Doubt, Finding, suggest
from peqdlab.fitting import said, that_take
from peqdlab.language import FEEDS
from peqdlab.lineage import Feed, exchanges_of, unsized, uses_of
from peqdlab.preparation import Material, Need, Part, Template, Value
from peqdlab.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from peqdlab.expressions import Node
    from peqdlab.findings import Place
    from peqdlab.preparation import Check, Parameter, Preparation, Step, Tell
    from peqdlab.source import KeyPath


class Joined(Source):
    """Several sources as one: a path begins with what its variant is called in the whole, by which its source is found."""

    def __init__(self, variants: Mapping[str, Template]) -> None:
        """Take the templates by what each is called."""
        first = next(iter(variants.values())).source
        super().__init__(first.name, first.text, {name: row.source.data.get(row.variant, {}) for name, row in variants.items()})
        self.variants = dict(variants)

    def place(self, path: KeyPath) -> Place:
        """Return where the value was typed."""
        source, own = self._of(path)
        return source.place(own)

    def key_place(self, path: KeyPath) -> Place:
        """Return where the key was typed."""
        source, own = self._of(path)
        return source.key_place(own)

    def _of(self, path: KeyPath) -> tuple[Source, KeyPath]:
        """Return the source of a path, and the path as it is there."""
        found = self.variants.get(str(path[0]))
        return (found.source, (found.variant, *path[1:])) if found else (next(iter(self.variants.values())).source, path)


def with_inputs(template: Template, *names: str) -> Template:
    """Return a template that makes these preparations alone, with all that goes into them."""
    wanted, kept = {*names}, []
    for preparation in reversed(template.preparations):
        if preparation.name in wanted:
            wanted |= uses_of(preparation)
            kept.append(preparation)
    return _trimmed(template, tuple(reversed(kept)))


def without_followers(template: Template, taken: Iterable[str]) -> tuple[Template, tuple[str, ...]]:
    """Return a template without what is made from the preparations that another takes, and the names of what is left out."""
    gone, out = set(taken), []
    for preparation in template.preparations:
        if preparation.name not in gone and uses_of(preparation) & gone:
            gone.add(preparation.name)
            out.append(preparation.name)
    return (_trimmed(template, tuple(made for made in template.preparations if made.name not in out)) if out else template), tuple(out)


def with_stock(template: Template, name: str) -> Template:
    """Return a template that takes one of its preparations from a shelf: what went into that one alone is left out."""
    kept = tuple(made for made in template.preparations if made.name != name)
    while True:
        used = {used for made in kept for used in uses_of(made)}
        before = {used for made in template.preparations if made not in kept for used in uses_of(made)}
        idle = [made for made in kept if made.name in before and made.name not in used]
        if not idle:
            return _trimmed(template, kept)
        kept = tuple(made for made in kept if made not in idle)


def _trimmed(template: Template, kept: tuple[Preparation, ...]) -> Template:
    """Return a template with these preparations, and only the checks, parameters and needs that they still use."""
    steps = [step for made in kept for step in made.steps]
    moments = {"end", *(step.verb.name for step in steps), *(step.text_of("name") for step in steps)}
    fixable = {material.name for step in steps for material in step.materials} | {*template.parameters, *moments, "scale"}
    checks = tuple(row for row in template.checks if row.at in moments and (row.fix in fixable or row.fix.startswith(("room.", FEEDS))))
    names = {name for value in values_in(kept) if value.expression for name in names_in(value.expression)}
    names |= {name for check in checks for name in (*names_in(check.want), check.fix)}
    tells = tuple(row for row in template.tells if row.at in moments)
    names |= {name for row in tells for node in (row.value.expression, *(each for _, each in row.reads)) if node for name in names_in(node)}
    reached = _reached(names, template.parameters)
    parameters = {name: row for name, row in template.parameters.items() if name in reached}
    used = {name for made in kept for name in uses_of(made)}
    needs = {name: need for name, need in template.needs.items() if name in used}
    paths = {row.path for row in kept} | {row.path for row in checks} | {row.path for row in parameters.values()}
    rows = {row.path for row in template.preparations} | {row.path for row in template.checks} | {row.path for row in template.tells}
    paths |= {row.path for row in tells}
    gone = (rows | {row.path for row in template.parameters.values()}) - paths
    tags = tuple((path, tag) for path, tag in template.tags if path[:3] not in gone)
    return template._replace(preparations=kept, checks=checks, parameters=parameters, needs=needs, tags=tags, tells=tells)


def _reached(names: set[str], parameters: Mapping[str, Parameter]) -> set[str]:
    """Return the names, and those of the parameters by which they are reckoned."""
    reached, waiting = set(), [*names]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            values = (parameters[name].value, *(given for _, given in parameters[name].gives)) if name in parameters else ()
            waiting += [used for value in values if value.expression for used in names_in(value.expression)]
            waiting += [other for other, row in parameters.items() if any(given == name for given, _ in row.gives)]
    return reached


def values_in(preparations: Iterable[Preparation]) -> list[Value]:
    """Return every value that stands in preparations: amounts, assays, labels, repeats, and what steps and adverbs say."""
    found: list[Value | None] = []
    for made in preparations:
        found += [made.repeat, *(value for _, value in made.label)]
        for step in made.steps:
            found += [step.value, *(step.value_of(name) for name in step.adverbs)]
            found += [value for material in step.materials for value in (material.amount, material.assay)]
    return [value for value in found if value is not None]


# several templates ---------------------------------------------------------------------------------------------------


def feeds_of(templates: Sequence[Template], given: Mapping[str, Feed]) -> dict[tuple[int, str], Feed]:
    """Return what brings each need, by template and name: as given, else the nearest template before it that makes it.

    A need may be made under its own name or under one of those that it lists; of several in one template the last is taken.
    """
    feeds = {}
    for index, template in enumerate(templates):
        for name, need in template.needs.items():
            known = (name, *need.names)
            makers = [Feed(i, made.name) for i in range(index) for made in templates[i].preparations if made.name in known]
            if name in given and given[name].template != index:
                feeds[index, name] = given[name]
            elif makers:
                feeds[index, name] = makers[-1]
        _not_twice(template, {name: feed for (i, name), feed in feeds.items() if i == index and name not in given}, templates)
    return feeds


def _not_twice(template: Template, feeds: Mapping[str, Feed], templates: Sequence[Template]) -> None:
    """Raise Doubt N103 where one preparation would bring several needs by its name alone: two colloids are not one."""
    for name, feed in feeds.items():
        others = [other for other, same in feeds.items() if same == feed and other != name]
        if others:
            found = f"{feed.preparation} of {templates[feed.template].variant}"
            message = f"{found} could bring {name} or {' or '.join(others)} of {template.variant}"
            raise Doubt("N103", message, f"say which, as in --use {name}={feed.preparation}")


def join(templates: Sequence[Template], feeds: Mapping[tuple[int, str], Feed]) -> tuple[Template, tuple[Finding, ...]]:
    """Return several templates as one, and a note for every preparation that is left out because another takes what it was made from.

    Names that several of them give to a preparation or parameter are told apart by their variant: ``crude`` of the second becomes
    ``crude_2``, the parameter ``recovery`` of each ``VARIANT.recovery``.
    """
    cut, notes = [], []
    for index, template in enumerate(templates):
        taken = {feed.preparation for feed in feeds.values() if feed.template == index}
        rest, out = without_followers(template, taken)
        cut.append(rest)
        takers = [templates[into].variant for (into, _), feed in feeds.items() if feed.template == index]
        notes += [_left_out(template, name, sorted(taken), takers) for name in out]
    heads = heads_of(templates)
    cut = [headed(template, heads[index]) for index, template in enumerate(told_apart(cut))]
    names = _names(cut, feeds, heads)
    renamed = [_renamed(template, names[index]) for index, template in enumerate(cut)]
    fed = {name for index, need in feeds for name in (names[index][need],)}
    last = renamed[-1]
    products = [template.product for template in renamed if template.product and any(made.product for made in template.preparations)]
    return (
        last._replace(
            source=Joined(dict(zip(heads, templates, strict=True))),
            family=" + ".join(dict.fromkeys(template.family for template in renamed)),
            variant=" + ".join(template.variant for template in renamed),
            title="; ".join(template.title for template in renamed),
            product=products[-1] if products else last.product,
            shell=next((template.shell for template in reversed(renamed) if template.shell), ()),
            citations={tag: row for template in renamed for tag, row in template.citations.items()},
            parameters={name: row for template in renamed for name, row in template.parameters.items()},
            needs={name: need for template in renamed for name, need in template.needs.items() if name not in fed},
            preparations=tuple(made for template in renamed for made in template.preparations),
            checks=tuple(check for template in renamed for check in template.checks),
            tags=tuple(tag for template in renamed for tag in template.tags),
            tells=tuple(row for template in renamed for row in template.tells),
            systems=tuple(dict.fromkeys(name for template in renamed for name in template.systems)),
            reported=(),
            fed=tuple((cut[index].needs[need], names[index][need], templates[index]) for index, need in feeds if need in cut[index].needs),
            reaches=(),
            exchanges=exchanges_of(templates, feeds),
        ),
        tuple(notes),
    )


def _left_out(template: Template, name: str, taken: list[str], takers: list[str]) -> Finding:
    made = template.preparation(name)
    place = template.source.place(made.path if made else (template.variant,))
    message = f"{name} of {template.variant} is left out: {' and '.join(takers)} takes its {' and '.join(taken)}"
    return Finding("note", "N102", place, message, f"nothing, or plan {template.family}/{template.variant} alone")


def _names(templates: Sequence[Template], feeds: Mapping[tuple[int, str], Feed], heads: Sequence[str]) -> list[dict[str, str]]:
    """Return for each template what its preparations, needs and parameters are called in the whole."""
    names: list[dict[str, str]] = []
    taken: set[str] = set()
    parameters = [name for template in templates for name in template.parameters]
    for index, template in enumerate(templates):
        mine: dict[str, str] = {}
        for name in (*(made.name for made in template.preparations), *template.needs):
            feed = feeds.get((index, name))
            if feed is not None and feed.template < index:
                mine[name] = names[feed.template][feed.preparation]
                continue
            mine[name] = next(free for n in range(1, len(templates) + 2) if (free := name if n == 1 else f"{name}_{n}") not in taken)
            taken.add(mine[name])
        mine |= {name: f"{heads[index]}.{name}" for name in template.parameters if parameters.count(name) > 1}
        names.append(mine)
    return names


def _renamed(template: Template, names: Mapping[str, str]) -> Template:
    """Return a template in which every name is the one of the whole."""
    if all(name == new for name, new in names.items()):
        return template

    def new(name: str) -> str:
        head, dot, tail = name.partition(".")
        return f"{head}.{names.get(tail, tail)}" if head in ("volume", "product") and dot else names.get(name, name)

    parameters = {new(name): _parameter(row, new) for name, row in template.parameters.items()}
    return template._replace(
        parameters=parameters,
        needs={new(name): need._replace(name=new(name)) for name, need in template.needs.items()},
        preparations=tuple(_preparation(made, new) for made in template.preparations),
        checks=tuple(_check(check, new) for check in template.checks),
        tells=tuple(_tell(row, new) for row in template.tells),
    )


def _parameter(row: Parameter, new: Any) -> Parameter:
    gives = tuple((new(name), _value(value, new)) for name, value in row.gives)
    return row._replace(name=new(row.name), value=_value(row.value, new), gives=gives)


def _tell(row: Tell, new: Any) -> Tell:
    return row._replace(value=_value(row.value, new), reads=tuple((words, _node(node, new)) for words, node in row.reads))


def _preparation(made: Preparation, new: Any) -> Preparation:
    steps = tuple(_step(step, new) for step in made.steps)
    return made._replace(name=new(made.name), repeat=_value(made.repeat, new) if made.repeat else None, steps=steps)


def _step(step: Step, new: Any) -> Step:
    value = step.value
    if value is not None:
        value = value._replace(text=new(value.text)) if step.verb.takes == "preparation" else _value(value, new)
    adverbs = {name: _value(item, new) if isinstance(item, Value) else item for name, item in step.adverbs.items()}
    return step._replace(value=value, adverbs=adverbs, materials=tuple(_material(material, new) for material in step.materials))


def _material(material: Material, new: Any) -> Material:
    return material._replace(
        name=new(material.name) if material.is_preparation else material.name,
        amount=_value(material.amount, new) if material.amount else None,
        assay=_value(material.assay, new) if material.assay else None,
    )


def _check(check: Check, new: Any) -> Check:
    return check._replace(want=_node(check.want, new), fix=new(check.fix))


def _value(value: Value, new: Any) -> Value:
    return value if value.expression is None else value._replace(expression=_node(value.expression, new))


def _node(node: Node, new: Any) -> Node:
    if node.kind == "name":
        return node._replace(text=new(node.text))
    return node._replace(parts=tuple(_node(part, new) for part in node.parts))


_UNFED: Final = "name one of its preparations, as in --use {need}=PROTOCOL/VARIANT.{first}"


def feeding(template: Template, need: str, preparation: str | None) -> str:
    """Return the preparation of a template that brings a need: the one named, the one of that name, or the last; raises Doubt N103."""
    made = [row.name for row in template.preparations]
    if preparation is None:
        return need if need in made else made[-1]
    if preparation not in made:
        message = f"{template.family}/{template.variant} makes no {preparation!r}"
        raise Doubt("N103", message, f"{suggest(preparation, made)}; {_UNFED.format(need=need, first=made[-1])}")
    return preparation


# plans of several parts ----------------------------------------------------------------------------------------------


def needing(template: Template, name: str) -> Template:
    """Return a template that takes a preparation of its own from elsewhere; itself where it needs it anyway; raises Doubt N103."""
    if name in template.needs:
        return template
    made = template.preparation(name)
    if made is None:
        known = (*template.needs, *(row.name for row in template.preparations))
        raise Doubt("N103", f"{template.variant} neither needs nor makes {name!r}", suggest(name, known))
    cut = with_stock(template, name)
    shell = template.shell if made.product else ()
    need = Need(name, made.path, f"{name}, as {template.variant} makes it", made.product, "", (), None, shell)
    return cut._replace(needs={**cut.needs, name: need})


def assemble(parts: Sequence[Part], stocks: Iterable[str]) -> Template:
    """Return the one template of a plan's parts, with what is fed or taken from a shelf no longer made, and notes on what is left out.

    What a part gives, or a shelf has, goes to the part that needs it, else to the first one that makes it. Raises Doubt N103, and N104
    for a part that brings nothing to those behind it.
    """
    templates = [with_inputs(part.template, part.gives[0][1]) if part.only else part.template for part in parts]
    given = {need: Feed(index, made) for index, part in enumerate(parts) for need, made in part.gives}
    for name in (*given, *stocks):
        users = [i for i, part in enumerate(parts) if not part.only and (name not in given or i != given[name].template)]
        known = [i for i in users if name in templates[i].needs] or [i for i in users if templates[i].preparation(name)] or users[-1:]
        if known:
            templates[known[0]] = needing(templates[known[0]], name)
    fed = tuple((made.needs[name], name, made) for made in templates for name in stocks if name in made.needs)
    joined, notes = (templates[0], ()) if len(templates) == 1 else _chained(templates, feeds_of(templates, given))
    whole = unsized(joined) if len(templates) > 1 else frozenset()
    return joined._replace(parts=tuple(parts), notes=notes, fed=(*joined.fed, *fed), unsized=whole)


def _chained(templates: Sequence[Template], feeds: Mapping[tuple[int, str], Feed]) -> tuple[Template, tuple[Finding, ...]]:
    """Return the templates as one; raises Doubt N104 for one that brings nothing to those behind it."""
    for index, template in enumerate(templates[:-1]):
        if all(feed.template != index for feed in feeds.values()):
            open_ = [(later, name) for i, later in enumerate(templates) for name in later.needs if i > index and (i, name) not in feeds]
            unfed = [name for _, name in open_]
            made = next((row.name for row in reversed(template.preparations) if not row.vessel.is_substrates), None)
            remedy = f"say what it brings, as in --use {unfed[0]}={made}" if unfed and made else "plan it by itself, or put it behind them"
            remedy = next((way for later, name in open_ if (way := _between(template, later, name))), remedy)
            wanted = f": it makes {', '.join(row.name for row in template.preparations)}; {', '.join(unfed) or 'nothing'} is needed"
            raise Doubt("N104", f"{template.family}/{template.variant} brings nothing to what comes after it{wanted}", remedy)
    return join(templates, feeds)


def _between(template: Template, later: Template, name: str) -> str:
    """Return which shipped protocols make of the dots of one template the film with which a later one goes on; else an empty text."""
    starts = [step for made in later.preparations if made.vessel.is_substrates for step in made.steps if step.verb.books == "start"]
    if template.product is None or not any(step.value is not None and step.value.text == name for step in starts):
        return ""
    rows = that_take((template.product,), making=(name, *later.needs[name].names), from_colloid=True)
    return f"put {said(rows, 3)} between {template.family}/{template.variant} and {later.family}/{later.variant}" if rows else ""
