"""``fz-multi doctor``: checks a server step by step, and says what differs and what to do.

From the connection up to a minute of a task that is played on the server and in the engine at the
same time. The checks use an arena of their own, the highest number that is free, but the clock is
everybody's: nobody else should play meanwhile. Settings that are changed are set back.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from fz_multi.backends.embedded import EmbeddedBackend
from fz_multi.backends.factorio import FactorioBackend
from fz_multi.factorio.compare import first_difference, unlike
from fz_multi.factorio.exchange import PROTOCOL, Exchange, RefusedError
from fz_multi.factorio.numbers import numbers_hash
from fz_multi.factorio.pack import SERIES, read_info
from fz_multi.factorio.probe import flat_map, trace
from fz_multi.prototypes.loader import DEFAULT_VERSION

OK, DIFFERS, FAILED, SKIPPED = "ok", "differs", "failed", "skipped"
LENGTHS = (1, 30, 120)  # ticks of the steps that must be exact
IDLE = 0.2  # seconds in which a clock that stands must not move
SELFTEST_TICKS = 60  # steps of this length until the self-test has ended
SELFTEST_STEPS = 20
CLOCKS = ("unpause", "ticks_to_run")
ON_TICKS = ("early", "late")
DEEDS = ("walking", "mining", "crafting")
WRONG_PASSWORD = "give the password with which the server was started (--rcon-password)"
NO_SERVER = "start the server with --rcon-bind HOST:PORT and --rcon-password, or mend the address"
NO_MOD = "put the archive of `fz-multi mod pack` into the server's mods folder and enable it"
OTHER_MOD = "use the mod that came with this package: fz-multi mod pack"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check has found. ``advice``: what to do about it, "" when all is well."""

    check: str
    state: str  # ok, differs, failed, skipped
    found: str
    advice: str = ""

    def as_dict(self) -> dict[str, str]:
        """For JSON."""
        return {
            "check": self.check,
            "state": self.state,
            "found": self.found,
            "advice": self.advice,
        }


class Stop(Exception):
    """The checks that follow make no sense any more. Holds the finding that says why."""

    def __init__(self, state: str, found: str, advice: str) -> None:
        super().__init__(found)
        self.state, self.found, self.advice = state, found, advice


Outcome = tuple[str, str, str]  # state, found, advice


class Doctor:
    """Checks one server. ``speed``: of the game while it does, 1 = 60 ticks a second.

    ``ticks``: how long ``task`` is played on both sides, by the scripted team if it has one. With
    ``fix``, a wrong ``on_tick`` setting is set right and stays so.
    """

    def __init__(
        self,
        address: str,
        password: str,
        *,
        task: str = "two_cells",
        agents: int = 2,
        seed: int = 0,
        ticks: int = 3600,
        speed: float = 10.0,
        timeout: float = 20.0,
        fix: bool = False,
    ) -> None:
        self.address, self.password, self.timeout = address, password, timeout
        self.task, self.agents, self.seed, self.ticks = task, agents, seed, ticks
        self.speed, self.fix = speed, fix
        self.exchange = Exchange(address, password, timeout)
        self.hello: dict[str, Any] = {}
        self._arena = 0
        self._restore: dict[str, Any] = {}

    def run(self) -> Iterator[Finding]:
        """The findings, one by one, as they are made; the last ones are skipped after a failure."""
        checks: tuple[tuple[str, Callable[[], Outcome]], ...] = (
            ("connection", self.check_connection),
            ("mod", self.check_mod),
            ("numbers", self.check_numbers),
            ("clock", self.check_clock),
            ("self-test", self.check_selftest),
            ("lock-step", self.check_lock_step),
            ("on_tick", self.check_on_tick),
            ("clock methods", self.check_clock_methods),
            ("map", self.check_map),
            ("task", self.check_task),
        )
        stopped = ""
        try:
            for name, check in checks:
                if stopped:
                    yield Finding(name, SKIPPED, f"because of: {stopped}")
                    continue
                try:
                    yield Finding(name, *check())
                except Stop as stop:
                    stopped = name
                    yield Finding(name, stop.state, stop.found, stop.advice)
                except (OSError, RefusedError, RuntimeError, ValueError) as error:
                    stopped = name
                    yield Finding(name, FAILED, str(error), "see the server's log")
        finally:
            self._leave()

    def _leave(self) -> None:
        try:
            if self._restore:
                self.exchange.set(**self._restore)
        except (OSError, RefusedError):
            pass  # the findings say that the server has gone
        self.exchange.close()

    # -- who is there ------------------------------------------------------------------------------
    def check_connection(self) -> Outcome:
        """RCON answers, and takes the password."""
        start = time.perf_counter()
        try:
            self.exchange.link.open()
        except PermissionError as error:
            raise Stop(FAILED, str(error), WRONG_PASSWORD) from None
        except (ConnectionError, TimeoutError) as error:
            raise Stop(FAILED, str(error), NO_SERVER) from None
        took = 1000 * (time.perf_counter() - start)
        return OK, f"RCON of {self.address} let us in after {took:.0f} ms", ""

    def check_mod(self) -> Outcome:
        """The mod is there, of our version, on a game that it is made for."""
        try:
            self.hello = self.exchange.send(self.exchange.build("hello"))
        except (ConnectionError, RefusedError) as error:
            version = "version" in str(error)
            raise Stop(FAILED, str(error), OTHER_MOD if version else NO_MOD) from None
        mod, game = str(self.hello.get("version")), str(self.hello.get("game"))
        if self.hello.get("protocol") != PROTOCOL:
            found = f"the mod speaks version {self.hello.get('protocol')} of the exchange"
            raise Stop(FAILED, f"{found}, this package version {PROTOCOL}", OTHER_MOD)
        self._restore = {key: self.hello[key] for key in ("speed", "on_tick", "clock")}
        ours = read_info()["version"]
        if mod != ours:
            return DIFFERS, f"mod {mod} on Factorio {game}; this package has mod {ours}", OTHER_MOD
        if ".".join(game.split(".")[:2]) not in SERIES:
            allowed = ", ".join(SERIES)
            return DIFFERS, f"mod {mod} on Factorio {game}", f"use Factorio {allowed}"
        return OK, f"mod {mod} on Factorio {game}, exchange version {PROTOCOL}", ""

    def check_numbers(self) -> Outcome:
        """Stack sizes, recipes, mining times and sizes are those that the engine computes with."""
        theirs, ours = self.hello.get("numbers"), numbers_hash()
        if theirs != ours:
            raise Stop(
                DIFFERS,
                f"the hash of the server's numbers is {theirs}, of this package's {ours} "
                f"(Factorio {DEFAULT_VERSION})",
                "switch off other mods and the expansion's, or use the reference version",
            )
        return OK, f"stack sizes, recipes, times and sizes agree (hash {ours})", ""

    # -- time --------------------------------------------------------------------------------------
    def check_clock(self) -> Outcome:
        """The clock can be had for the checks: it does not run freely, and nobody steps."""
        at = self.exchange.ping()
        if at.get("free"):
            raise Stop(
                FAILED,
                "the clock runs freely: somebody plays",
                'end that first (op "free" with "on": 0, or end the bridge that uses --free)',
            )
        existing = {int(number) for number in self.hello.get("arenas") or ()}
        limit = int(self.hello.get("max_arenas", 1))
        free = [number for number in range(limit) if number not in existing]
        if not free:
            raise Stop(FAILED, f"all {limit} arenas are in use", "start a server of its own")
        self._arena = free[-1]
        self.exchange.set(speed=round(100 * self.speed))
        with self._backend() as backend:
            backend.reset(flat_map())
        tick = int(self.exchange.ping()["tick"])
        time.sleep(IDLE)
        moved = int(self.exchange.ping()["tick"]) - tick
        if moved:
            raise Stop(
                FAILED,
                f"the clock moved by {moved} ticks while nobody stepped",
                "somebody else steps this server, or another mod takes tick_paused back",
            )
        return OK, f"stands at tick {tick}; arena {self._arena} is used for the checks", ""

    def check_selftest(self) -> Outcome:
        """Characters without players walk, mine and craft as the game's own do."""
        for _ in range(SELFTEST_STEPS):
            report = self.exchange.selftest()
            if report.get("state") in ("done", "failed"):
                break
            self._step(SELFTEST_TICKS)
        text = ", ".join(f"{deed} {report.get(deed)}" for deed in DEEDS)
        text += f" ({report['detail']})" if report.get("detail") else ""
        if report.get("state") != "done":
            return FAILED, f"the self-test has not ended: {text}", "see the server's log"
        if any(report.get(deed) != "native" for deed in DEEDS):
            advice = "the mod does it by itself; see the last check for what that changes"
            return DIFFERS, text, advice
        return OK, text, ""

    def check_lock_step(self) -> Outcome:
        """Steps of 1, 30 and 120 ticks are exact, and the clock stands between them."""
        return self._exact(str(self.hello.get("clock")))

    def check_clock_methods(self) -> Outcome:
        """Both ways to let the clock go are exact, and give what the engine gives."""
        wanted, said = trace(EmbeddedBackend()), []
        good = []
        for method in CLOCKS:
            self.exchange.set(clock=method)
            state, found, _ = self._exact(method)
            same = state == OK
            if same:
                with self._backend() as backend:
                    same = trace(backend) == wanted
                found = "exact" if same else "exact, but agents move otherwise than in the engine"
            good += [method] if same else []
            said.append(f"{method}: {found}")
        used = self._restore["clock"]
        self.exchange.set(clock=used)
        text = "; ".join(said)
        if used in good:
            return OK, text, ""
        advice = f'use clock="{good[0]}"' if good else "steps cannot be exact on this server"
        return DIFFERS if good else FAILED, text, advice

    def _exact(self, method: str) -> Outcome:
        wrong = []
        for length in (*LENGTHS, *reversed(LENGTHS)):
            before = int(self.exchange.ping()["tick"])
            moved = self._step(length) - before
            if moved != length:
                wrong.append(f"a step of {length} ticks ran {moved}")
        tick = int(self.exchange.ping()["tick"])
        time.sleep(IDLE)
        drift = int(self.exchange.ping()["tick"]) - tick
        if drift:
            wrong.append(f"{drift} ticks passed between steps")
        if wrong:
            return FAILED, f"{method}: {', '.join(wrong)}", "nobody else may move the clock"
        lengths = ", ".join(str(length) for length in LENGTHS)
        return OK, f"steps of {lengths} ticks are exact ({method}), no drift", ""

    def _step(self, ticks: int) -> int:
        """A step in which nobody does anything; the tick after it."""
        self.exchange.step(ticks, [])
        self.exchange.wait()
        until = time.monotonic() + self.timeout
        while True:
            at = self.exchange.ping()
            if int(at["tick"]) >= int(at["target"]):  # `paused` is always 1 with ticks_to_run
                return int(at["tick"])
            if time.monotonic() > until:
                raise TimeoutError(f"a step of {ticks} ticks is not over after {self.timeout:g} s")
            time.sleep(0.002)

    def check_on_tick(self) -> Outcome:
        """Whether the game runs on_tick before or after the world moves, as the setting says."""
        wanted = trace(EmbeddedBackend())
        fits = []
        for setting in ON_TICKS:
            self.exchange.set(on_tick=setting)
            with self._backend() as backend:
                if trace(backend) == wanted:
                    fits.append(setting)
        used = self._restore["on_tick"]
        if not fits:
            self.exchange.set(on_tick=used)
            advice = "report this, with the server's version and its list of mods"
            return FAILED, "agents move otherwise than in the engine with either setting", advice
        if used in fits:
            self.exchange.set(on_tick=used)
            return OK, f"on_tick comes {used} in a tick, as the mod is set to", ""
        measured = fits[0]
        self.exchange.set(on_tick=measured)  # so that the checks that follow can be right
        found = f"on_tick comes {measured} in a tick; the mod is set to {used}"
        if self.fix:
            self._restore["on_tick"] = measured
            return DIFFERS, found, f'it is set to "{measured}" now (--fix)'
        advice = f'fz-multi doctor --fix sets it, or parallel_env(..., on_tick="{measured}")'
        return DIFFERS, found, advice

    # -- worlds ------------------------------------------------------------------------------------
    def check_map(self) -> Outcome:
        """A map of the task is laid out as the engine does it, to the same digest."""
        from fz_multi import parallel_env

        env = parallel_env(self.task, num_agents=self.agents)
        env.reset(seed=self.seed)
        instance, engine = env.unwrapped.instance, EmbeddedBackend()
        env.close()
        engine.reset(instance)
        with self._backend() as server:
            server.reset(instance)
            ours, theirs = engine.world.observable_digest(), server.digest()
            if ours != theirs:
                where = first_difference(engine.seen, server.seen) or "nothing that can be shown"
                found = f"digest {theirs} instead of {ours}; {where}"
                raise Stop(DIFFERS, found, "other mods may change what maps are made of")
        return OK, f"map {instance.name}, seed {self.seed}: digest {ours} on both sides", ""

    def check_task(self) -> Outcome:
        """The task, played on both sides at once: all that agents see must be the same."""
        from fz_multi import bench, parallel_env
        from fz_multi.bench.scripted import has_team

        kind = "scripted" if has_team(self.task) else "random"
        policy = bench.make_policy(kind, self.task, self.agents)
        common: dict[str, Any] = {"num_agents": self.agents, "max_ticks": None}
        here = parallel_env(self.task, **common)
        there = parallel_env(
            self.task,
            backend="factorio",
            address=self.address,
            password=self.password,
            timeout=self.timeout,
            arena=self._arena,
            **common,
        )
        try:
            return self._play(policy, here, there)
        finally:
            here.close()
            there.close()

    def _play(self, policy: Any, here: Any, there: Any) -> Outcome:
        ours, theirs = here.reset(seed=self.seed), there.reset(seed=self.seed)
        policy.reset(here, self.seed)
        name = f"{self.task}, {self.agents} agents, {policy.name}"
        start = time.perf_counter()
        steps = 0
        while True:
            tick = here.unwrapped.tick
            found = self._difference(here, there, ours, theirs)
            if found is not None:
                advice = "report this with the output of fz-multi doctor --json"
                return DIFFERS, f"{name}: at tick {tick} {found}", advice
            if tick >= self.ticks or not here.agents:
                break
            actions = policy.act(ours[0], ours[-1])
            ours, theirs = here.step(actions), there.step(actions)
            steps += 1
        took = time.perf_counter() - start
        text = f"{name}: {tick} ticks in {steps} steps are the same, digest by digest"
        return OK, f"{text} ({took:.1f} s)", ""

    def _difference(self, here: Any, there: Any, ours: Any, theirs: Any) -> str | None:
        engine = here.unwrapped._session.world.world.observable_digest()
        server = self.exchange.digest(self._arena)
        where = None
        if engine != server:
            where = f"the digest is {server} on the server, {engine} in the engine"
        for part, one, two in zip(("observations", "rewards"), ours, theirs, strict=False):
            if len(ours) == 2 and part == "rewards":
                break  # of a reset: (observations, infos)
            where = where or unlike(one, two, part)
        where = where or unlike(ours[-1], theirs[-1], "infos")
        if where is None:
            return None
        first = first_difference(here.unwrapped.seen, there.unwrapped.seen)
        return f"{where}; {first}" if first else where

    def _backend(self) -> _Lent:
        return _Lent(self.address, self.password, self.timeout, self._arena)


class _Lent(FactorioBackend):
    """A backend that is given back at the end of a block."""

    def __init__(self, address: str, password: str, timeout: float, arena: int) -> None:
        super().__init__(address=address, password=password, timeout=timeout, arena=arena)

    def __enter__(self) -> _Lent:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
