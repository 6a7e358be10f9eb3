"""What a benchmark plays: its settings, and the list of its episodes."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from .sources import Source

FORMAT = 1  # of the files in the folder of results
BACKENDS = ("embedded", "factorio")
MAX_SEEDS = 100_000
# What an episode is, in this order, in each line of ``episodes.jsonl``.
KEY = ("task", "agents", "policy", "partner", "without", "backend", "split", "seed")


@dataclass(frozen=True)
class Episode:
    """One episode: who plays what.

    ``policy``, ``partner``: labels. With a partner, ``policy`` plays agents 0, 2 ... and the
    partner the others. ``without``: number of the agent that only waits.
    """

    task: str
    agents: int
    policy: str
    seed: int
    split: str = "eval"
    backend: str = "embedded"
    partner: str | None = None
    without: int | None = None

    @property
    def key(self) -> tuple[Any, ...]:
        """What tells it from all others of a run."""
        return tuple(getattr(self, name) for name in KEY)

    def __str__(self) -> str:
        who = self.policy if self.partner is None else f"{self.policy} with {self.partner}"
        if self.without is not None:
            who += f" without agent_{self.without}"
        return f"{self.task}, {self.agents} agents, {who}, seed {self.seed} ({self.backend})"


@dataclass(frozen=True)
class Settings:
    """Everything that a result depends on.

    ``seeds``: 0 to ``seeds`` - 1 of ``split`` are played. ``replaced``: on so many of them each
    agent in turn only waits. ``cross``: labels that play with each other. ``imports``: modules or
    files that register tasks and teams. ``server``: address, password and speed of a server for the
    backend "factorio"; empty = an embedded one in each process.
    """

    tasks: tuple[str, ...]
    teams: tuple[int, ...]
    policies: tuple[Source, ...]
    seeds: int = 100
    split: str = "eval"
    backends: tuple[str, ...] = ("embedded",)
    replaced: int = 0
    cross: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    server: tuple[tuple[str, Any], ...] = ()

    def source(self, label: str, task: str) -> Source:
        """The policy of a label on a task."""
        return next(s for s in self.policies if s.label == label and s.plays(task))

    def episodes(self) -> Iterator[Episode]:
        """All of them, in the order in which they stand in the result."""
        for task in self.tasks:
            for agents in self.teams:
                for source in (s for s in self.policies if s.plays(task)):
                    for backend in self.backends:
                        yield from self._of_one(task, agents, source, backend)
                yield from self._crossed(task, agents)

    def _of_one(self, task: str, agents: int, source: Source, backend: str) -> Iterator[Episode]:
        for seed in range(self.seeds):
            yield Episode(task, agents, source.label, seed, self.split, backend)
        if agents < 2 or source.spec == "no-op" or backend != self.backends[0]:
            return
        for without in range(agents):
            for seed in range(min(self.replaced, self.seeds)):
                yield Episode(
                    task, agents, source.label, seed, self.split, backend, without=without
                )

    def _crossed(self, task: str, agents: int) -> Iterator[Episode]:
        if agents < 2:
            return
        here = {source.label for source in self.policies if source.plays(task)}
        crossed = [label for label in self.cross if label in here]
        for policy in crossed:
            for partner in crossed:
                if policy != partner:
                    for seed in range(self.seeds):
                        yield Episode(
                            task,
                            agents,
                            policy,
                            seed,
                            self.split,
                            self.backends[0],
                            partner=partner,
                        )

    def as_dict(self) -> dict[str, Any]:
        """For ``run.json``: all that two runs must share to give the same results.

        The password of a server is left out.
        """
        import fz_multi

        from ..prototypes import load

        server = {name: value for name, value in self.server if name != "password"}
        return {
            "format": FORMAT,
            "fz_multi": fz_multi.__version__,
            "prototypes": load().version,
            "tasks": {name: fz_multi.get_task(name).version for name in self.tasks},
            "agents": list(self.teams),
            "policies": [_described(source) for source in self.policies],
            "split": self.split,
            "seeds": list(range(self.seeds)),
            "seeds_without_an_agent": list(range(min(self.replaced, self.seeds))),
            "cross_play": list(self.cross),
            "backends": list(self.backends),
            "imports": list(self.imports),
            "server": server,
        }


def _described(source: Source) -> dict[str, Any]:
    given = {name: value for name, value in asdict(source).items() if value is not None}
    return {**given, "sha256": source.fingerprint()}


def machine() -> dict[str, str]:
    """Where a result was made; results do not depend on it."""
    import numba
    import numpy as np

    return {
        "python": sys.version.split()[0],
        "numpy": np.__version__,
        "numba": numba.__version__,
        "system": platform.system(),
        "processor": platform.machine(),
    }
