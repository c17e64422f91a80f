"""A protocol as typed: TOML with places becomes typed preparations, steps and checks, and every doubt a finding."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from decimal import Decimal

    from peqdlab.chemistry import Reaction
    from peqdlab.expressions import Node
    from peqdlab.findings import Finding
    from peqdlab.language import Verb
    from peqdlab.source import KeyPath, Source
    from peqdlab.units import Quantity


class Citation(NamedTuple):
    """A source of values: tag, citation, DOI where known, and its evidence (a row of language.EVIDENCE)."""

    tag: str
    cite: str
    doi: str | None
    evidence: str


class Value(NamedTuple):
    """One value as typed: a quantity, an expression for one or a text alone; a remark; the tag of its source."""

    path: KeyPath
    text: str
    source: str
    locator: str = ""
    quantity: Quantity | None = None
    expression: Node | None = None
    remark: str = ""


class Material(NamedTuple):
    """A reagent or preparation that a step puts in: ``amount`` is None for all of it."""

    name: str
    path: KeyPath
    amount: Value | None
    is_preparation: bool
    assay: Value | None = None
    grade: str = ""
    scales: str = "linear"


class Step(NamedTuple):
    """One step: a verb, what it acts on (materials or a value), and its adverbs by name."""

    verb: Verb
    path: KeyPath
    materials: tuple[Material, ...]
    value: Value | None
    adverbs: dict[str, Value | bool | tuple[str, ...]]

    def value_of(self, name: str) -> Value | None:
        """Return an adverb that is a quantity or a text, such as ``for`` or ``under``; the verb's own value for ""."""
        value = self.adverbs.get(name) if name else self.value
        return value if isinstance(value, Value) else None

    def text_of(self, name: str) -> str:
        """Return the text of an adverb, or an empty one."""
        value = self.adverbs.get(name) if name else self.value
        return value.text if isinstance(value, Value) else ""

    def texts_of(self, name: str) -> tuple[str, ...]:
        """Return an adverb that is a list of texts, or an empty one."""
        value = self.adverbs.get(name)
        return value if isinstance(value, tuple) and not isinstance(value, Value) else ()


class Vessel(NamedTuple):
    """What a preparation is made in: capacity in mL, kind, and whether as many as needed are taken (tubes).

    ``capacity_ml`` is zero for substrates, of which there are as many as the plan is for.
    """

    path: KeyPath
    text: str
    capacity_ml: Decimal
    kind: str
    counted: bool
    source: str

    @property
    def is_substrates(self) -> bool:
        """Return whether it is what layers are coated on."""
        return not self.capacity_ml


class Need(NamedTuple):
    """What a variant uses and does not make: in words, and what is taken for it where nothing feeds it.

    ``holds`` are concentrations by species, or by ``product``; ``liquid`` is what it is in; without ``volume`` there is as much as is used.
    """

    name: str
    path: KeyPath
    what: str
    product: str | None
    liquid: str
    holds: tuple[tuple[str, Value], ...]
    volume: Value | None
    shell: tuple[str, ...]
    names: tuple[str, ...] = ()  # others under which it may be made
    also: tuple[str, ...] = ()  # other products that are as good
    liquids: tuple[str, ...] = ()  # others in which it may come


class Preparation(NamedTuple):
    """Materials in, steps, one named product out; ``product`` is the formula of what forms in it, if something does."""

    name: str
    path: KeyPath
    vessel: Vessel
    ready: str
    label: tuple[tuple[str, Value], ...]
    react: tuple[Reaction, ...]
    product: str | None
    repeat: Value | None
    steps: tuple[Step, ...]

    @property
    def forms_product(self) -> bool:
        """Return whether the product forms here."""
        return self.product is not None


class Parameter(NamedTuple):
    """A value that --set may change, with its bounds and their source."""

    name: str
    path: KeyPath
    value: Value
    low: Value | None
    high: Value | None
    why: str
    gives: tuple[tuple[str, Value], ...] = ()  # what follows for other parameters where this one is set


class Check(NamedTuple):
    """What must hold at a step: the condition, how grave it is, the value to solve for, the reason and its scope."""

    name: str
    path: KeyPath
    at: str
    want: Node
    want_text: str
    severity: str
    fix: str
    why: str
    sources: tuple[str, ...]
    scope: str


class Cut(NamedTuple):
    """A piece of a template: what it ``makes`` with all that goes into that, or everything but what it ``takes`` as it is there."""

    makes: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()


class Exchange(NamedTuple):
    """What a chain does to one shell: the protocol that left it, and those after it that exchange ligands, first to last.

    ``before`` says that the one which left the shell had exchanged it in the colloid.
    """

    shell: tuple[str, ...]
    origin: Template
    by: tuple[Template, ...]
    before: bool


class Tell(NamedTuple):
    """What a plan says of a step: a quantity, words for it with the condition of each, how it is reckoned, and its scope."""

    name: str
    path: KeyPath
    at: str
    value: Value
    reads: tuple[tuple[str, Node], ...]
    why: str
    sources: tuple[str, ...]
    scope: str


class Template(NamedTuple):
    """One variant of a protocol family, read and typed."""

    source: Source
    family: str
    variant: str
    title: str
    product: str | None
    shell: tuple[str, ...]
    default_source: str
    citations: dict[str, Citation]
    parameters: dict[str, Parameter]
    needs: dict[str, Need]
    preparations: tuple[Preparation, ...]
    checks: tuple[Check, ...]
    tags: tuple[tuple[KeyPath, str], ...]  # every value that names its own source
    systems: tuple[str, ...] = ()  # ids of the review's systems
    reported: tuple[tuple[str, Value], ...] = ()  # figures of the literature, by name
    parts: tuple[Part, ...] = ()  # what it was put together from, where it was
    notes: tuple[Finding, ...] = ()  # what putting it together left out
    fed: tuple[tuple[Need, str, Template], ...] = ()  # its needs, each with the name of what feeds it, and whose need it is
    cut: Cut | None = None  # the piece of the whole that it is
    leaves: tuple[str, ...] = ()  # the shell where the variant itself says it, not what it needs
    reaches: tuple[str, ...] = ()  # ligands that its exchange takes off
    exchanges: tuple[Exchange, ...] = ()  # of a chain
    unsized: frozenset[str] = frozenset()  # preparations of a chain that belong to the substrates, and do not follow the scale
    tells: tuple[Tell, ...] = ()
    then: tuple[tuple[str, Value], ...] = ()  # protocols that have to come behind it, each with the reason

    @property
    def products(self) -> tuple[str, ...]:
        """Return every inorganic product that is formed in this template or comes with what it needs."""
        named = (self.product, *(made.product for made in self.preparations), *(need.product for need in self.needs.values()))
        return tuple(dict.fromkeys(product for product in named if product))

    def preparation(self, name: str) -> Preparation | None:
        """Return the preparation of this name, or None."""
        return next((made for made in self.preparations if made.name == name), None)


class Part(NamedTuple):
    """One protocol of a plan: its template, and what of it feeds what: each need with the preparation that brings it.

    ``only`` says that nothing else of it is wanted than what it brings.
    """

    template: Template
    gives: tuple[tuple[str, str], ...] = ()
    only: bool = False
