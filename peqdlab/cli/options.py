"""The options that commands share: each with its name, its place-holder and its help."""

from __future__ import annotations

from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON to standard output.")]
Vary = Annotated[
    list[str] | None,
    typer.Option("--vary", metavar="NAME=A,B", help="Plan a set of runs: soak.time=5s,10s or rh=15%,21%, a parameter, lot.MeOAc=M7,M8."),
]
Replicates = Annotated[int | None, typer.Option("--replicates", metavar="N", min=1, help="Of a set: each setting N times, a block each.")]
PerDay = Annotated[int | None, typer.Option("--per-day", metavar="N", min=1, help="Of a set: at most N runs a day; else a block a day.")]
Seed = Annotated[int | None, typer.Option("--seed", metavar="N", min=0, help="Of a set: another run order; else from what is asked.")]
Lot = Annotated[list[str] | None, typer.Option("--lot", metavar="NAME=LOT", help="The bottle of a material, as MeOAc=M7.")]
StorePath = Annotated[
    str | None,
    typer.Option("--store", metavar="PATH", help="The record's file; else $PEQDLAB_STORE, else one file in your data folder."),
]
By = Annotated[str | None, typer.Option("--by", metavar="NAME", help="Who did it; else $PEQDLAB_OPERATOR, else your account.")]
At = Annotated[str | None, typer.Option("--at", metavar="TIME", help="When it was done, as 2026-11-20T14:30 or 14:30; else now.")]
Correct = Annotated[list[str] | None, typer.Option("--correct", metavar="CODE=VALUE", help="Put a new value; the old one stays visible.")]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why: of a correction, or of a batch that failed.")]
PlanOrBatch = Annotated[
    str, typer.Argument(help="A plan or protocol to start a batch of, or a batch such as B0001.", metavar="PLAN-or-BATCH")
]
Values = Annotated[
    list[str] | None, typer.Argument(help="4a=1.034g, 12=21.5C/34%, MeOAc=lot:M7,opened:2026-11-20", metavar="[CODE=VALUE...]")
]
RoomNow = Annotated[
    tuple[str, str] | None,
    typer.Option("--room", metavar="T RH", help="The room now, for every step without its own, as 21.5C 34%."),
]
AsPlanned = Annotated[bool, typer.Option("--as-planned", help="All blanks without a value so far went as planned.")]
Note = Annotated[list[str] | None, typer.Option("--note", metavar="TEXT", help="Anything worth keeping.")]
Close = Annotated[str | None, typer.Option("--close", metavar="good|failed|abandoned", help="End the batch.")]
Settings = Annotated[list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Change a parameter of the template.")]
Accept = Annotated[list[str] | None, typer.Option("--accept", metavar='CODE="REASON"', help="Go on despite an error, with a reason.")]
Scale = Annotated[str | None, typer.Option("--scale", metavar="N", help="Size against the published one, as 2, 0.5 or 1/3.")]
Target = Annotated[str | None, typer.Option("--target", metavar="AMOUNT", help="Size by the product expected, as 200mg.")]
Weighed = Annotated[
    list[str] | None, typer.Option("--weighed", metavar="NAME=VALUE", help="Size a preparation by what is there, as PbI2=1.034g.")
]
Assay = Annotated[
    list[str] | None, typer.Option("--assay", metavar="NAME=%", help="Mass fraction of the named reagent in its bottle, as OAm=70%.")
]
ConfigFile = Annotated[
    str | None,
    typer.Option("--config", metavar="FILE", help="The lab's instruments; else $PEQDLAB_CONFIG, else one file in your config folder."),
]
Protocols = Annotated[
    list[str],
    typer.Argument(help="FAMILY/VARIANT, a TOML file, FILE.toml/VARIANT, a saved plan; several: a chain.", metavar="PROTOCOL..."),
]
Use = Annotated[
    list[str] | None,
    typer.Option("--use", metavar="NAME=WHAT", help="What brings a preparation: PROTOCOL/VARIANT, a batch, or 20mL,Cs=0.059mol/L."),
]
Substrates = Annotated[int | None, typer.Option("--substrates", metavar="N", min=1, max=1000, help="How many substrates.")]
PlanFile = Annotated[
    str | None, typer.Option("-o", "--output", metavar="FILE", help="Save the plan: .json, .toml, .pdf, .html, .md or .txt.")
]
Paper = Annotated[
    str,
    typer.Option(
        "--paper",
        metavar="a4|letter",
        envvar="PEQDLAB_PAPER",
        show_envvar=False,
        help="What a PDF or HTML page prints on; else $PEQDLAB_PAPER.",
    ),
]
Diff = Annotated[
    str | None,
    typer.Option("--diff", metavar="PLAN", help="Only what differs from this one: a protocol, a saved plan, or a batch's plan."),
]
