"""From two names to what their plans differ in: protocols, saved plans, and the plans that batches began with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peqdlab.cli.pages import save_page
from peqdlab.cli.planning import made_plan
from peqdlab.cli.running import print_json, show_blocks
from peqdlab.cli.stores import is_batch, load_batch, open_record

if TYPE_CHECKING:
    from peqdlab.cli.planning import Asked
    from peqdlab.plan import Plan


def show_difference(
    first: str, second: list[str], asked: Asked, *, store: str | None, output: str | None, paper: str, as_json: bool
) -> None:
    """Print, or write to a file, what the plan of ``second``, sized and set as asked, differs in from that of ``first`` as it stands."""
    from peqdlab.plan_difference import difference_blocks, difference_document, plan_differences

    plans = _plan_named([first], store), _plan_named(second, store, asked)
    names, changes = (first, " ".join(second)), plan_differences(*plans)
    blocks = difference_blocks(names, (plans[0].template.title, plans[1].template.title), changes)
    if output:
        save_page(blocks, output, paper)
    if as_json:
        print_json(difference_document(names, plans, changes))
    elif not output:
        show_blocks(blocks)


def _plan_named(names: list[str], store: str | None, asked: Asked | None = None) -> Plan:
    name = names[0]
    if len(names) > 1 or not is_batch(name):
        return made_plan(names, asked) if asked else made_plan(names)
    from peqdlab.cli.running import fail
    from peqdlab.record import plan_of

    if asked is not None and any(asked._replace(store=None)):
        fail("A108", name, f"{name} is a batch, whose plan stands as it was", "leave the options out, or name its protocol")
    with open_record(store) as opened:
        return plan_of(load_batch(opened, name).document)
