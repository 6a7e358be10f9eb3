"""Plays the episodes of a benchmark, in whatever process it is called."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from ..replay import Recorder
from .plan import KEY, Episode, Settings
from .policies import CommandPolicy, Mixed, Policy, Replaced, ReplacedCommands
from .runner import run
from .sources import load_module, load_source

MOST_ENVS = 16  # kept open
SERVER_SPEED = 1000.0  # of the embedded server: as fast as it can


@dataclass(frozen=True)
class Played:
    """What came of an episode: a line of the result, the seconds, and maybe a replay."""

    key: tuple[Any, ...]
    record: dict[str, Any]
    seconds: float
    replay: bytes | None = None


class Player:
    """Plays episodes one after the other; policies and environments are kept in between.

    What comes out of an episode does not depend on those before it. `close` gives all back.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._policies: dict[tuple[str, str, int], Policy | CommandPolicy] = {}
        self._envs: OrderedDict[tuple[Any, ...], Any] = OrderedDict()
        self._server: Any = None
        for place in settings.imports:
            load_module(place)

    def play(self, episode: Episode) -> Played:
        """Play one. RuntimeError names the episode when its policy or its server fails."""
        start = time.perf_counter()
        try:
            policy = self._team(episode)
            env = self._env(episode)
            recorder = Recorder() if self._is_kept(episode) else None
            metrics, _ = run(
                episode.task,
                policy,
                seed=episode.seed,
                split=episode.split,
                env=env,
                recorder=recorder,
                title=episode.policy,
            )
        except Exception as error:
            raise RuntimeError(f"{episode}: {type(error).__name__}: {error}") from error
        record = {name: getattr(episode, name) for name in KEY}
        measured = metrics.as_dict()
        del measured["seconds"]
        record.update((name, value) for name, value in measured.items() if name not in record)
        replay = None if recorder is None else recorder.replay().to_bytes()
        return Played(episode.key, record, time.perf_counter() - start, replay)

    def _is_kept(self, episode: Episode) -> bool:
        """The first seed of each team is kept as a replay."""
        alone = episode.without is None and episode.partner is None
        return alone and episode.seed == 0 and episode.backend == "embedded"

    def _team(self, episode: Episode) -> Policy | CommandPolicy:
        policy = self._policy(episode, episode.policy)
        if episode.partner is not None:
            partner = self._policy(episode, episode.partner)
            for one in (policy, partner):
                if isinstance(one, CommandPolicy):
                    raise ValueError(f"{one.name} plays by commands, and cannot share a team")
            return Mixed([policy, partner])  # type: ignore[list-item]
        if episode.without is not None:
            absent = [f"agent_{episode.without}"]
            if isinstance(policy, CommandPolicy):
                return ReplacedCommands(policy, absent)
            return Replaced(policy, absent)
        return policy

    def _policy(self, episode: Episode, label: str) -> Policy | CommandPolicy:
        key = (label, episode.task, episode.agents)
        if key not in self._policies:
            source = self.settings.source(label, episode.task)
            self._policies[key] = load_source(source, episode.task, episode.agents)
        return self._policies[key]

    def _env(self, episode: Episode) -> Any:
        import fz_multi

        options = self._form(episode)
        key = (episode.task, episode.agents, episode.backend, *sorted(options.items()))
        if key not in self._envs:
            if episode.backend == "factorio":  # an arena of its own would be kept by each
                self._close_envs("factorio")
                options.update(self._address())
            self._envs[key] = fz_multi.parallel_env(
                episode.task, num_agents=episode.agents, backend=episode.backend, **options
            )
        self._envs.move_to_end(key)
        while len(self._envs) > MOST_ENVS:
            self._envs.popitem(last=False)[1].close()
        return self._envs[key]

    def _form(self, episode: Episode) -> dict[str, Any]:
        """The arguments of the environment that the episode's policies were made for."""
        labels = [episode.policy, *([] if episode.partner is None else [episode.partner])]
        forms = [
            dict(getattr(self._policy(episode, label), "env_options", None) or {})
            for label in labels
        ]
        if any(form != forms[0] for form in forms):
            raise ValueError(
                f"{labels[0]} and {labels[1]} were made for different environments: "
                f"{forms[0]} and {forms[1]}"
            )
        return forms[0]

    def _address(self) -> dict[str, Any]:
        given = dict(self.settings.server)
        if given:
            return given
        if self._server is None:
            from ..server.server import Server

            self._server = Server(password="bench").start()
        return {
            "address": f"127.0.0.1:{self._server.port}",
            "password": "bench",
            "speed": SERVER_SPEED,
        }

    def _close_envs(self, backend: str) -> None:
        for key in [key for key in self._envs if key[2] == backend]:
            self._envs.pop(key).close()

    def close(self) -> None:
        """Give environments, programs and the server back."""
        for env in self._envs.values():
            env.close()
        for policy in self._policies.values():
            close = getattr(policy, "close", None)
            if callable(close):
                close()
        self._envs.clear()
        self._policies.clear()
        if self._server is not None:
            self._server.stop()
            self._server = None
