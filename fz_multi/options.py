"""The arguments of an environment, checked together before anything is built."""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fz_multi import prototypes as prototype_data
from fz_multi.backends import Backend, make_backend
from fz_multi.engine.constants import MAX_AGENTS
from fz_multi.spaces import Interface
from fz_multi.task.checks import close, short
from fz_multi.task.definition import MapSource, Task
from fz_multi.task.draw import check_split
from fz_multi.task.judge import Judge, check_names
from fz_multi.task.maps import Map, load_map
from fz_multi.task.registry import get_task

RENDER_MODES = ("human", "rgb_array")
RESET_OPTIONS = ("split",)
MAX_CYCLES = 10**9


def whole(name: str, value: Any, low: int, high: int) -> int:
    """A whole number within bounds, both included; ValueError that names them otherwise."""
    try:
        if isinstance(value, bool):
            raise TypeError
        number = operator.index(value)
    except TypeError:
        raise ValueError(f"{name} is a whole number, got {short(value)}") from None
    if not low <= number <= high:
        raise ValueError(f"{name} is from {low} to {high}, got {number}")
    return number


def reset_split(options: Any, default: str) -> str:
    """The split that ``reset(options=...)`` asks for.

    Keys that are no option are ignored, as in Gymnasium, but a slip of one is an error.
    """
    if options is None:
        return default
    if not isinstance(options, Mapping):
        raise ValueError(f"options is a mapping, got {short(options)}")
    for key in options:
        hint = close(key, RESET_OPTIONS)
        if key not in RESET_OPTIONS and hint:
            raise ValueError(f"options: unknown key {key!r}{hint}")
    return check_split(options.get("split", default))


@dataclass(frozen=True)
class Options:
    """What an environment has been asked for."""

    task: Task
    map: Map
    variant: str
    agents: int
    interface: Interface
    reward: str
    split: str
    render_mode: str | None
    max_cycles: int
    backend: tuple[str, dict[str, Any]]

    @property
    def window_start(self) -> int:
        """Tick from which only `wait` is legal; beyond the limit when there is no final window.

        A step's boundary, so that the window is never shorter than the task says.
        """
        step, window = self.task.ticks_per_step, self.task.final_window
        if not window:
            return self.task.max_ticks + 1
        return (self.task.max_ticks - window) // step * step

    def make_backend(self) -> Backend:
        name, options = self.backend
        return make_backend(name, **options)

    def make_judge(self) -> Judge:
        return Judge(self.task, prototype_data.load(), 1, self.agents, self.reward)


def read_options(
    task: str | Task = "two_cells",
    *,
    num_agents: int = 2,
    backend: str = "embedded",
    render_mode: str | None = None,
    observation: str = "flat",
    action: str = "discrete",
    mask_in: str = "info",
    layout: str = "hwc",
    grid_dtype: str = "uint8",
    window: int = 11,
    reward: str = "shared",
    ticks_per_step: int | None = None,
    max_ticks: int | None = None,
    max_cycles: int | None = None,
    final_window: int | None = None,
    map: MapSource | None = None,
    variant: str | None = None,
    split: str = "train",
    **backend_options: Any,
) -> Options:
    """Check everything; ValueError says what is allowed. See `parallel_env` for the meaning."""
    agents = whole("num_agents", num_agents, 1, MAX_AGENTS)
    task = get_task(task).with_limits(
        ticks_per_step=ticks_per_step, max_ticks=max_ticks, final_window=final_window, map=map
    )
    if render_mode is not None and render_mode not in RENDER_MODES:
        raise ValueError(
            f"unknown render_mode={render_mode!r}; allowed: None, {', '.join(RENDER_MODES)}"
        )
    source = load_map(task.map)
    plan = source.plan(variant, agents)
    numbers = prototype_data.load()
    check_names(task, numbers, plan.names())
    interface = Interface(
        task,
        prototypes=numbers,
        observation=observation,
        action=action,
        mask_in=mask_in,
        layout=layout,
        grid_dtype=grid_dtype,
        window=window,
    )
    limit = math.ceil(task.max_ticks / task.ticks_per_step)
    cycles = limit if max_cycles is None else whole("max_cycles", max_cycles, 1, MAX_CYCLES)
    options = Options(
        task=task,
        map=source,
        variant=plan.variant,
        agents=agents,
        interface=interface,
        reward=reward,
        split=check_split(split),
        render_mode=render_mode,
        max_cycles=cycles,
        backend=(backend, dict(backend_options)),
    )
    options.make_backend().close()
    options.make_judge()
    return options
