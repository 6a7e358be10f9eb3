"""One number for the histories of a thousand random worlds.

    python tests/engine/thousand.py [--worlds 1000] [--steps 8]

Run it before and after a change of the engine that is to change nothing: the same number means that
every world had the same digest (of all fields, and of the observable ones) after each of its steps.
"""

from __future__ import annotations

import argparse
import hashlib

from fuzz import Fuzz

TOGETHER = 20  # worlds of a batch


def main() -> None:
    parser = argparse.ArgumentParser(description="One number for many random worlds.")
    parser.add_argument("--worlds", type=int, default=1000)
    parser.add_argument("--steps", type=int, default=8)
    asked = parser.parse_args()
    sha = hashlib.sha256()
    for first in range(0, asked.worlds, TOGETHER):
        fuzz = Fuzz(first, min(TOGETHER, asked.worlds - first), agents=3)
        for step in fuzz.play(asked.steps, tidy=3):
            sha.update("\n".join(step).encode())
        sha.update("\n".join(fuzz.digests(everything=0)).encode())
    print(f"{asked.worlds} worlds, {asked.steps} steps: {sha.hexdigest()[:32]}")


if __name__ == "__main__":
    main()
