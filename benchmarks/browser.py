"""Open sheets in a real headless browser, as wide as a desk and as a phone, and measure what a reader would see.

    python benchmarks/browser.py

Needs chromium or google-chrome on the path. Ends with 1 where a page is wider than its window, where text lies outside it, where
something is loaded or runs, or where a blank has no room to write; with 2 where there is no browser.
"""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from peqdlab.bench_sheet import sheet_blocks
from peqdlab.blocks import Blank, Callout, Grid, Heading, Paragraph, StepBlock, Table
from peqdlab.cli.planning import Asked, made_plan
from peqdlab.document import plan_document
from peqdlab.writers.html import render_html

WIDTHS: Final = (1200, 390)
CHAIN: Final = ("hot_injection/binary-cspbi3", "purification/meoac", "ligand_exchange/meoac-humid", "soaking/fai-etoac")
HOSTILE: Final = "<script>document.title='ran'</script> <img src=x onerror=\"document.title='ran'\"> " + "x" * 10_000
MEASURE: Final = """
<iframe id="f" src="{page}" style="width:{width}px;height:2000px;border:0"></iframe><pre id="out"></pre>
<script>
document.getElementById('f').onload = function () {{
  const d = this.contentDocument, root = d.documentElement;
  const box = e => e.getBoundingClientRect();
  const wide = [...d.querySelectorAll('body *')].filter(e => !e.closest('.scroll') && box(e).right > root.clientWidth + 1);
  const flat = [...d.querySelectorAll('.blank')].filter(e => box(e).height < 18 || box(e).width < 60);
  document.getElementById('out').textContent = JSON.stringify({{
    page: root.scrollWidth, window: root.clientWidth, outside: wide.length, first: wide.length ? wide[0].outerHTML.slice(0, 80) : '',
    blanks: d.querySelectorAll('.blank').length, flat: flat.length, title: d.title.slice(0, 60),
    loaded: d.querySelectorAll('script, img, link, iframe').length
  }});
}};
</script>
"""


def sheets() -> dict[str, str]:
    """Return pages by name: a synthesis, a chain with five layers, and one full of what somebody might type."""
    synthesis = plan_document(made_plan(CHAIN[0]))
    chain = plan_document(made_plan(CHAIN, Asked(["layers=5"], [], substrates=8)))
    blank = Blank(HOSTILE[:200], HOSTILE, HOSTILE)
    hostile = [
        Heading(HOSTILE, 1), Paragraph(HOSTILE), Table((HOSTILE, "b"), ((HOSTILE, blank),)),
        StepBlock("1", HOSTILE, True, (blank,), (HOSTILE,)), Grid(("1", "2"), ((HOSTILE, (blank,)),)),
        Callout("note", "X", HOSTILE, HOSTILE, (("fix", HOSTILE),)),
    ]  # fmt: skip
    return {"synthesis": render_html(sheet_blocks(synthesis)), "chain": render_html(sheet_blocks(chain)), "hostile": render_html(hostile)}


def measured(browser: str, folder: Path, page: Path, width: int) -> dict[str, object]:
    """Return what the browser sees of a page in a window of a width, in pixels."""
    frame = folder / "frame.html"
    frame.write_text(MEASURE.format(page=page.name, width=width), encoding="utf-8")
    flags = ("--headless", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files", "--virtual-time-budget=8000", "--dump-dom")
    window = f"--window-size={width + 40},2100"
    done = subprocess.run([browser, *flags, window, frame.as_uri()], capture_output=True, text=True, check=True, timeout=120)
    found = re.search(r'<pre id="out">(.*?)</pre>', done.stdout, re.DOTALL)
    seen: dict[str, object] = json.loads(html.unescape(found[1])) if found and found[1] else {}
    return seen


def main() -> int:
    """Measure every page at every width; return the exit code."""
    browser = next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None)
    if browser is None:
        print("no browser: install chromium")
        return 2
    failed = False
    with tempfile.TemporaryDirectory() as name:
        for title, text in sheets().items():
            page = Path(name) / f"{title}.html"
            page.write_text(text, encoding="utf-8")
            for width in WIDTHS:
                seen = measured(browser, Path(name), page, width)
                fits = bool(seen) and seen["page"] == seen["window"] and not (seen["outside"] or seen["flat"] or seen["loaded"])
                well = fits and seen["title"] != "ran"
                failed |= not well
                print(f"{title:10} {width:5} px  {'ok' if well else 'FAILED'}  {seen}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
