"""Tasks by name: those of the project, and anyone's."""

from __future__ import annotations

import importlib

from fz_multi.registration import BUILT_IN, register_ids
from fz_multi.task.checks import close, short
from fz_multi.task.definition import Task

# The project's own are modules of this folder with a constant TASK, imported when asked for.
_registered: dict[str, Task] = {}


def tasks() -> tuple[str, ...]:
    """Names of all tasks: the project's first, then those registered, in order."""
    return (*BUILT_IN, *(name for name in _registered if name not in BUILT_IN))


def register_task(task: Task) -> Task:
    """Make a task known by its name (and to Gymnasium and PettingZoo); returns it.

    ValueError when another task has that name; registering the same one again does nothing.
    """
    if not isinstance(task, Task):
        raise ValueError(f"register_task takes a Task, got {short(task)}")
    known = _registered.get(task.name)
    if task.name in BUILT_IN or (known is not None and known != task):
        raise ValueError(f"there is a task {task.name!r} already; choose another name")
    _registered[task.name] = task
    register_ids((task.name,))
    return task


def get_task(name: str | Task) -> Task:
    """The task of a name (a `Task` is returned as it is). ValueError for an unknown name."""
    if isinstance(name, Task):
        return name
    if isinstance(name, str) and name in _registered:
        return _registered[name]
    if isinstance(name, str) and name in BUILT_IN:
        task = importlib.import_module(f"fz_multi.task.{name}").TASK
        assert isinstance(task, Task)
        return task
    raise ValueError(
        f"unknown task {short(name)}{close(name, tasks())}; allowed: "
        f"{', '.join(tasks())}, or a Task"
    )
