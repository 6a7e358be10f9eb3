"""What every runner has in common: blocks of steps, asked for and answered as JSON lines.

A runner is started as ``python RUNNER.py CASE``, CASE being a JSON object of options. It prints a
line that describes what it has made (``ABOUT`` names the keys), then answers every line
``{"seconds": s}`` with what it did in a block of that length (``DONE``). This file needs only the
standard library, so that it runs in the virtual environment of any library.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any, NamedTuple

ABOUT = ("agents", "envs", "threads", "bytes")
DONE = ("agent_steps", "env_steps", "seconds", "resets")


class Step(NamedTuple):
    """One step of all environments of a case."""

    seconds: float  # of the step and of new episodes; not of the choice of actions
    agent_steps: int
    env_steps: int
    resets: int


def cores(number: int) -> None:
    """Keep this process on so many cores; before a library counts them for its threads."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:number])


def play(step: Callable[[], Step], seconds: float) -> dict[str, float]:
    """Steps until ``seconds`` of their own time are over."""
    agent_steps = env_steps = resets = 0
    spent = 0.0
    while spent < seconds:
        one = step()
        spent += one.seconds
        agent_steps += one.agent_steps
        env_steps += one.env_steps
        resets += one.resets
    return dict(zip(DONE, (agent_steps, env_steps, spent, resets), strict=True))


def serve(make: Callable[[dict[str, Any]], tuple[dict[str, int], Callable[[], Step]]]) -> None:
    """Make the case of the command line and answer for blocks until the input ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints does not mix with the answers
    about, step = make(json.loads(sys.argv[1]))
    missing = [key for key in ABOUT if key not in about]
    if missing:
        raise RuntimeError(f"a runner must say {missing}")

    def answer(value: dict[str, Any]) -> None:
        print(json.dumps(value), file=answers, flush=True)

    answer(about)
    for line in sys.stdin:
        answer(play(step, json.loads(line)["seconds"]))


now = time.perf_counter
