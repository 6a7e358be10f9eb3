"""Tasks: what a team is to do, as data. See `Task`; ``fz_multi.tasks()`` names those there are."""

from fz_multi.task.definition import Goal, Task, Term
from fz_multi.task.maps import Map, MapError, load_map
from fz_multi.task.measures import (
    Measure,
    agent_counter,
    cells,
    counter,
    distance,
    elapsed,
    entities,
    fed,
    fuelled,
    held,
    made,
    stored,
    supplied,
    working,
)
from fz_multi.task.registry import get_task, register_task, tasks

__all__ = [
    "Goal",
    "Map",
    "MapError",
    "Measure",
    "Task",
    "Term",
    "agent_counter",
    "cells",
    "counter",
    "distance",
    "elapsed",
    "entities",
    "fed",
    "fuelled",
    "get_task",
    "held",
    "load_map",
    "made",
    "register_task",
    "stored",
    "supplied",
    "tasks",
    "working",
]
