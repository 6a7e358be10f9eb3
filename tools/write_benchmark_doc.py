"""Writes the table of a benchmark's results into docs/benchmark.md, between its two marks.

fz-multi bench --out DIR && python tools/write_benchmark_doc.py DIR
"""

from __future__ import annotations

import sys
from pathlib import Path

DOC = Path(__file__).resolve().parents[1] / "docs" / "benchmark.md"
BEGIN, END = "<!-- table -->", "<!-- end of table -->"


def main() -> None:
    table = (Path(sys.argv[1]) / "table.md").read_text("utf-8").strip()
    text = DOC.read_text("utf-8")
    before, after = text[: text.index(BEGIN)], text[text.index(END) :]
    DOC.write_text(f"{before}{BEGIN}\n\n{table}\n\n{after}", "utf-8")


if __name__ == "__main__":
    main()
