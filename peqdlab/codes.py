"""The list of findings: what each stable code means and what to do; docs/findings.md is generated from it."""

from __future__ import annotations

from typing import Final, NamedTuple


class Code(NamedTuple):
    """One kind of finding: its usual severity, what it says, why it matters or how it is mended."""

    severity: str
    title: str
    means: str


CODES: Final[dict[str, Code]] = {
    # T is for the text of a file.
    "T001": Code("error", "not TOML", "The file is not TOML 1.0; the place is where the reader stopped."),
    "T002": Code("error", "not UTF-8", "The file holds bytes that are not UTF-8 text. Save it as UTF-8."),
    "T003": Code("error", "too large", "A protocol file has at most 1 MiB; larger ones are not read."),
    "T004": Code("error", "cannot be read", "The file is missing, is a folder, or may not be read."),
    "T005": Code("error", "key given twice", "TOML allows a key once in a table. Take one of the two out."),
    "T006": Code("error", "nested too deeply", "The text is nested deeper than can be read."),
    # L is for the protocol language.
    "L101": Code("error", "unknown key", "The language has no such key here; the nearest one is named."),
    "L102": Code("error", "missing key", "A key that this table must have is not there."),
    "L103": Code("error", "wrong kind of value", "A table, list, text or flag stands where another is wanted."),
    "L104": Code("error", "not one of the choices", "The key takes one of a few words."),
    "L105": Code("error", "not one verb", "Every step has exactly one verb."),
    "L106": Code("error", "adverb does not fit", "This verb does not take this adverb."),
    "L107": Code("error", "unknown source", "The tag in brackets is not defined in [sources]."),
    "L108": Code("error", "not a name", "Names that expressions use have letters, digits and _ only."),
    "L109": Code("error", "unknown format", "The file does not say format = 1."),
    "L110": Code("error", "no such step", "A check is put at a step that does not exist."),
    "L111": Code("error", "nothing to solve for", "The fix of a check is no material, parameter or condition of this variant."),
    "L112": Code("error", "not a range", "A range is written with ' to ' between its ends."),
    "L113": Code("error", "outside the range", "A parameter is set to a value outside the range that the template gives."),
    "L114": Code("error", "not a vessel", "A vessel needs a capacity and a kind."),
    "L115": Code("error", "no product to form", "A preparation forms the product, but the variant names none."),
    "L116": Code("error", "nothing to extend", "A variant extends another variant of the same file, and not in a circle."),
    "L117": Code("error", "nothing to leave out or swap", "without and swap name what the extended variant has."),
    "L118": Code("error", "no rule of scaling", "A quantity is linear, fixed, per vessel, per substrate, or at most some quantity."),
    "L119": Code("error", "needed and made", "A variant either makes a preparation or needs it from elsewhere."),
    "L120": Code("error", "cap does not fit", "A cap is of the kind of its amount, and not below the published amount."),
    # Q is for quantities.
    "Q101": Code("error", "no number", "A quantity starts with a number."),
    "Q102": Code("error", "not a finite number in range", "NaN, infinity, and numbers beyond 1e30 or 30 digits are not quantities."),
    "Q103": Code("error", "decimal comma", "Write the decimal point as a point."),
    "Q104": Code("error", "unknown unit", "The unit is not one of the field's that are read here."),
    "Q105": Code("error", "unit missing", "A bare number could be anything. Write its unit."),
    "Q106": Code("error", "another kind of quantity", "A mass, volume, time … stands where another kind is needed."),
    "Q107": Code("error", "below zero", "Masses, volumes, amounts, times, speeds and shares are zero or more."),
    # X is for expressions.
    "X101": Code("error", "not an expression", "Only numbers with units, names, + - * / ( ) and comparisons can be written."),
    "X102": Code("error", "expression too long", "At most 300 characters and 30 levels."),
    "X103": Code("error", "kinds do not fit", "Quantities of different kinds cannot be added or compared, nor temperatures multiplied."),
    "X104": Code("error", "division by zero", "The divisor is zero at this step."),
    "X105": Code("error", "unknown name in an expression", "Neither a parameter nor a quantity of the books."),
    "X106": Code("error", "circle of parameters", "Parameters use one another in a circle, so none has a value."),
    # C is for chemistry.
    "C101": Code("error", "formula cannot be read", "A formula or species is not written as the language reads it."),
    "C102": Code("error", "unknown material", "Neither in the reagent table nor a preparation of this variant."),
    "C103": Code("error", "reaction does not balance", "Elements and charge must be the same on both sides."),
    "C104": Code("error", "reaction cannot be read", "A reaction is written 2 OA + CO3-2 -> 2 OA- + CO2 + H2O."),
    "C105": Code("error", "volume of a solid", "Without a density a volume has no mass."),
    "C106": Code("error", "assay out of range", "An assay is above 0 % and at most 100 %."),
    # B is for the books of the ledger.
    "B201": Code("error", "more drawn than there is", "A step draws more of a preparation than is left of it."),
    "B202": Code("error", "used before it is made", "A step uses a preparation that is not there yet."),
    "B203": Code(
        "error", "reaction never runs", "A declared reaction finds no reactants, so materials and chemistry do not fit each other."
    ),
    "B204": Code("warning", "nothing to lose", "A step loses a species that is not in the vessel."),
    "B205": Code("error", "vessel overflows", "The vessel holds less than what is put in."),
    "B206": Code("error", "no product forms", "An ion of the product is missing when the last reactant has arrived."),
    "B207": Code("warning", "liquid left with the solid not stated", "A pellet keeps some liquid; none is assumed unless stated."),
    "B208": Code(
        "warning", "share that stays not stated", "Most of a spun ink leaves; all of it is taken to stay unless stated."
    ),
    "B209": Code("error", "not a number of repeats", "Steps are repeated 1 to 100 times, a whole number, and make at most 1000 in all."),
    "B210": Code("error", "amount of a need not known", "All of a need is used, and nothing says how much there is."),
    "B211": Code(
        "error", "not on substrates", "Coating, dipping, flooding and rinsing are done in a preparation whose vessel is substrates."
    ),
    "B212": Code("error", "no liquid to pump", "A pump delivers volumes; a solid is dissolved first, in a preparation of its own."),
    "B213": Code("warning", "tube holds more than is pumped", "The pumps stop before the first of the liquid has left the tube."),
    "B214": Code("error", "nothing flows", "A tube without bore or length, or a time or rate of zero, lets nothing through."),
    # N is for what a plan needs from elsewhere.
    "N101": Code("note", "need not fed", "Nothing feeds what the variant needs; what it says of it is taken instead."),
    "N102": Code("note", "left out", "A later protocol takes what this preparation was made from, so it is not made."),
    "N103": Code("error", "nothing to feed it", "--use names a need or preparation of the plan, and what brings it."),
    "N104": Code("error", "brings nothing", "Every protocol of a chain but the last makes something that a later one needs."),
    "N105": Code("error", "feeds without product", "What feeds a need holds no product, and the need is to hold one."),
    "N106": Code("error", "not enough ink", "More of an ink is to be coated than is made."),
    "N107": Code("error", "dots of another A site", "What feeds a need holds dots that share no A site with those it was written for."),
    "N108": Code("warning", "dots of another halide", "What feeds a need was not shown with it: another halide, or dots of no source."),
    "N109": Code("note", "a blend of dots", "What feeds a need holds the dots it was written for, beside or mixed with others."),
    "N110": Code("error", "liquid does not fit", "What feeds a need is in a liquid that the need does not list: an ink has to dry."),
    "N111": Code("note", "another liquid", "What feeds a need is in another of the liquids that the need lists."),
    "N112": Code("error", "film or colloid", "A film is wanted and a colloid feeds it, or the other way round."),
    "N113": Code("warning", "ligands are not reached", "The ligand that rules the shell is not taken off by any exchange of the chain."),
    "N114": Code("note", "a part of the shell stays", "One kind of ligand is taken off, another one of the shell is not."),
    "N115": Code("warning", "exchanged already", "The ink was exchanged in the colloid: its coat is the film, and needs no exchange."),
    "N116": Code("note", "size chosen for the substrates", "The published size is too little for the substrates, and none was given."),
    "N117": Code("note", "made more than once", "One portion of what belongs to the substrates is too little for all of them."),
    "N119": Code("warning", "what has to follow is missing", "A protocol names one that has to come behind it; the plan has it not."),
    "N118": Code("warning", "no one air", "Two exchanges of one film want humidities that no one room has."),
    # F is for films.
    "F101": Code("warning", "soak in a strong hydrogen-bond donor", "The whole film meets an alcohol that donates more than 2-pentanol."),
    "F102": Code("error", "strong hydrogen-bond donor on a film", "Ethanol, methanol or water meets a film of dots: it degrades."),
    "F103": Code("note", "solvent of a soak not on file", "Its hydrogen-bond acidity is not known here, so it is not judged."),
    "F104": Code("note", "soak in a very polar solvent", "Its permittivity is above that of any bath read."),
    "F105": Code("note", "soak in an ester alone", "It leaves oleylammonium where it is; it was the control of the alcohols."),
    "F106": Code("warning", "FAI without MAI on FAPbI3", "FAI alone gave the delta phase."),
    "F107": Code("note", "soak in a salt of Cs", "Cs salts are often not efficient in a soak."),
    "F108": Code("warning", "water in an ester bath", "Water in the ester does not stand for humid air."),
    "F109": Code("warning", "different layers heated", "Layers of different A sites mix on a hot plate."),
    "F110": Code("note", "film too thin or too thick", "By the lab's own measurement the stack is outside 200 to 500 nm."),
    # I is for the lab's instruments.
    "I101": Code("warning", "rounding moves a ratio", "Dispensed in the steps of the instruments, a ratio is 1 % or more off."),
    "I102": Code("warning", "less than an instrument measures", "A quantity lies below the range of the instrument that reaches lowest."),
    "I103": Code("warning", "faster than the rotor", "A step spins above the rotor's largest speed; an error once the lab has set it."),
    "I104": Code("warning", "tube too large", "The rotor takes smaller tubes; an error once the lab has set it."),
    "I105": Code("warning", "more tubes than places", "The rotor has fewer places; an error once the lab has set it."),
    "I106": Code("warning", "tolerance below half a step", "An instrument cannot be better than half of what it shows; that is used."),
    # S is for stoichiometry, size and what is printed on bottles.
    "S112": Code("note", "label of a stock is off", "The concentration on the bottle is 1 % or more from what mass and volume give."),
    "S113": Code("note", "printed grades would matter", "Taken as assays, the printed grades would change a ratio by 1 % or more."),
    "S201": Code(
        "error",
        "A site no longer limits",
        "The lead halide is the only halide, and there is too little for the A site: below M/A 1.5 it runs out.",
    ),
    "S202": Code("warning", "halide runs out", "A halide source of its own brings less than A site and metal can take up."),
    "S203": Code(
        "note", "lead halide alone makes FA limited by halide", "With FA in excess a third of the lead stays outside the product."
    ),
    "S204": Code("error", "no excess of FA", "FAPbI3 by the binary route forms only with FA in excess."),
    "S205": Code("note", "no excess of FA, other routes", "FAPbI3 forms with FA in excess; shown for the binary route."),
    "S206": Code("warning", "by-product Cs4PbX6", "Too little halide and lead for each Cs: beside CsPbX3 the Cs-rich phase forms."),
    "S207": Code("error", "too little acid for a salt", "Acetate takes one acid, carbonate two; with less the salt is not converted."),
    "S208": Code("warning", "too little acid for FA", "Much acid keeps formamidinium protonated."),
    "S209": Code("warning", "water in the pot", "Water of a solution or hydrate is still there when the product forms."),
    "S221": Code(
        "warning", "larger than published", "Hot injection is sensitive to the reaction volume; what was published was that size."
    ),
    # T3 is for temperature.
    "T301": Code("warning", "hotter than FA and iodide were shown to bear", "The pot is hotter than any growth of FAPbI3 that was read."),
    "T302": Code("warning", "hotter than MA bears", "MA compounds give off hydrogen halide and methylamine."),
    "T303": Code("note", "hotter than any recipe read", "The pot is hotter than that of any recipe read."),
    "T304": Code("warning", "boils", "Something in the vessel, or put in, is above its boiling point at ambient pressure."),
    "T305": Code("note", "cold injection", "The estimate of how far the injection cools the pot passes 15 °C."),
    # U is for evidence.
    "U001": Code("note", "unverified values", "Some values have no source that was read, or a repaired digit."),
    # A is for arguments of a command.
    "A101": Code("error", "unknown protocol or variant", "No family, variant or file of this name."),
    "A102": Code("error", "argument is not NAME=VALUE", "The argument has no = or nothing before it."),
    "A103": Code("error", "unknown parameter", "--set changes the parameters that the variant lists under set."),
    "A104": Code("error", "nothing to accept", "--accept names a code that no finding has, or gives no reason."),
    "A105": Code("error", "unknown kind of file", "The ending of the file to write is not one that is written."),
    "A106": Code("error", "not a plan", "The file is no saved plan, or was changed since it was saved."),
    "A107": Code("error", "file cannot be written", "The folder is missing or may not be written."),
    "A108": Code("error", "size cannot be set", "A scale, target, assay or weighed amount that is none, or not of this variant."),
    "A109": Code("error", "name is taken", "A protocol of the lab has the name of a shipped family, or of another of its files."),
    "A110": Code("error", "file is there", "A protocol is not written over a file unless --force says so."),
    "A111": Code("error", "two settings of one value", "Two parameters are set that are two ways to say the same. Leave one out."),
    "A112": Code("warning", "letters without a font", "No font of a PDF has a letter that was typed: its number is printed, as U+4E2D."),
    "A120": Code("error", "nothing that is set", "peqdlab config sets parts of instruments, by the names that it shows."),
    "A130": Code("error", "command line does not fit", "An option or command that is none, or one without its value."),
    "A140": Code("error", "nothing that can be varied", "--vary takes a parameter, STEP.time, STEP.temperature, rh, room.T, lot.MATERIAL."),
    "A141": Code("error", "levels make no factor", "A factor has two or more levels of one kind, each once, and is not set besides."),
    "A142": Code("error", "too many runs", "A set has at most 500 runs: levels of all factors times replicates."),
    "A143": Code("error", "does not go with a set", "The option sizes one plan; a set is sized by what its runs draw."),
    # V is for what is varied: sets of runs.
    "V101": Code(
        "warning", "confounded", "Levels of a factor never meet on a day or with a lot: their difference may be that of the days."
    ),
    "V102": Code("note", "uneven", "Days or lots have the levels of a factor in different proportions; computed from the counts."),
    "V103": Code("note", "no replicates", "One run for each setting gives no estimate of spread."),
    "V104": Code("warning", "day too long", "The hands-on time of a day's runs, as estimated, passes eight hours (assumed)."),
    "V105": Code("note", "one preparation behind all runs", "Replicates repeat the steps of the runs, not the making of what they share."),
    "V106": Code("error", "not enough to share out", "All runs together take more than there is, whatever the size of what is made once."),
    "V107": Code("warning", "made once, too large", "What is made once must be larger than its vessels hold to suffice for all runs."),
    # R is for the record.
    "R101": Code("error", "unknown sheet code", "The batch's sheet has no blank or step of this code, and no material of this name."),
    "R102": Code("error", "value does not fit its blank", "The blank asks for another kind of value."),
    "R103": Code("error", "condition out of range", "Relative humidity is 0 to 100 %, room temperature -20 to 60 °C."),
    "R104": Code("error", "already logged", "The blank has a value; it is changed by a correction with a reason, and both stay."),
    "R105": Code("error", "nothing to correct", "A correction names a value, condition, lot, note or close that is there."),
    "R106": Code("error", "reason missing", "A correction, and a batch closed as failed or abandoned, say why."),
    "R107": Code("error", "batch is closed", "A closed batch takes outcomes, notes and corrections only."),
    "R108": Code("error", "unknown batch", "The store has no batch of this id."),
    "R109": Code("error", "unknown outcome", "Outcomes are logged by the names of the outcome table."),
    "R110": Code(
        "warning",
        "far from plan",
        "More than 2 % off, or a temperature outside its tolerance (5 °C where none is given), or a time a fifth off: a deviation.",
    ),
    "R111": Code("error", "not a time of an entry", "A time is written 2026-11-20T14:30, lies after 1999, and not ahead."),
    "R112": Code("note", "not covered by --as-planned", "Results are measured: what was obtained, and the liquid left, have to be logged."),
    "R113": Code("error", "nothing to log", "The command names no value, condition, note or closing."),
    "R114": Code("warning", "more than there can be", "The yield is above the ceiling that the as-run amounts allow."),
    "R115": Code("warning", "closed with blanks never logged", "Nobody said what happened there, nor that it went as planned."),
    "R116": Code("warning", "bottle opened later", "The day on which the bottle was opened lies after the day of the entry."),
    "R901": Code("error", "store missing", "There is no store at this path."),
    "R902": Code("error", "not a store", "The file is not a peqdlab store."),
    "R903": Code("error", "store cannot be used", "The store cannot be opened or written: permission, disk, lock."),
    "R904": Code("error", "somebody else wrote in between", "Another entry of this batch came in since it was read."),
    "R905": Code("error", "store damaged", "An event, its digest or its order does not fit the rest."),
    "R906": Code("error", "store of a newer version", "The store was written by a newer program."),
    "R907": Code("error", "PostgreSQL not supported yet", "Give a path to an SQLite file."),
}


def render_findings_page() -> str:
    """Return docs/findings.md: every code with its severity, title and meaning."""
    lines = [
        "# Findings",
        "",
        "Every doubt that peqdlab prints has a severity, a stable code, a place, what was found and wanted, and a remedy.",
        'Errors stop a plan unless they are accepted by code with a reason (`--accept CODE="reason"`); warnings and notes do not.',
        "A check that a template declares has its own name as code, such as `cs-limits`.",
        "",
        "This page is generated: `python -m peqdlab.codes > docs/findings.md`.",
        "",
        "| code | severity | says | means |",
        "|---|---|---|---|",
        *(f"| {code} | {row.severity} | {row.title} | {row.means} |" for code, row in CODES.items()),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(render_findings_page(), end="")
