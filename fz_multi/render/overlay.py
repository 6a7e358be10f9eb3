"""What a picture shows besides the world: title, goal, zones, and which strips are drawn."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Zone:
    """A rectangle of the task, in tiles (right and bottom excluded), with a name."""

    left: float
    top: float
    right: float
    bottom: float
    label: str = ""
    colour: int = 0  # of colours.ZONES


@dataclass(frozen=True)
class Goal:
    """One line of what the team must do: how much of it is done."""

    label: str
    value: float
    target: float = 1.0
    text: str = ""  # in place of "value / target"

    @property
    def share(self) -> float:
        """How much is done, 0 .. 1."""
        return max(0.0, min(1.0, self.value / self.target)) if self.target else 0.0


@dataclass(frozen=True)
class Overlay:
    """Everything around and over the world. All parts are optional."""

    title: str = ""
    note: str = ""  # a short word beside the tick, such as "solved"
    goals: tuple[Goal, ...] = ()
    zones: tuple[Zone, ...] = ()
    ghosts: tuple[tuple[str, float, float, str], ...] = ()  # entity, x, y (centre), direction
    lenses: bool = True  # zones of a large map again, larger, beside it
    caption: bool = True  # strip above: title, tick, goals
    agents: bool = True  # strip below: what each agent does and carries
    legend: bool = True  # strip below: what the pictures mean
