"""How long to wait for a step, so that the first question for its end finds it over.

A step of n ticks takes n / (60 * speed) seconds, and something more that is learned: what it really
took when a question came too early. That hardly shrinks, because a question too early costs a whole
round trip, and one that is a little late next to nothing; and it grows by half at most, so that one
slow step (a save, a busy machine) does not slow down all that follow.
"""

from __future__ import annotations

TICKS_PER_SECOND = 60
SHRINK = 0.9995  # of the learned extra, a step that was asked for in time
MARGIN = 1.3  # of what a step took that was asked for too early
GROWTH = 1.5  # of the whole wait, by one step
LEAST_GROWTH = 0.001  # seconds
FIRST_EXTRA = 0.0005  # seconds
LEAST_SLEEP = 0.0002
MOST_SLEEP = 0.5


class Pace:
    """``speed``: of the game, 1 = 60 ticks a second. All times in seconds."""

    def __init__(self, speed: float = 1.0) -> None:
        self.speed = speed
        self._extra = FIRST_EXTRA  # a step
        self._tick = 0.0  # learned length of a tick, where the server falls behind its speed

    def _nominal(self, ticks: int) -> float:
        return ticks / (TICKS_PER_SECOND * max(self.speed, 0.01))

    def seconds(self, ticks: int) -> float:
        """How long to wait after a step has been started."""
        if ticks <= 0:
            return 0.0
        return max(self._nominal(ticks), self._tick * ticks) + self._extra

    def learn(self, ticks: int, took: float, *, in_time: bool) -> None:
        """A step of ``ticks`` was found over ``took`` seconds after its start."""
        if ticks <= 0:
            return
        if in_time:
            self._extra *= SHRINK
            self._tick *= SHRINK
            return
        now = self.seconds(ticks)
        wait = min(MARGIN * took, max(GROWTH * now, now + LEAST_GROWTH))
        if ticks >= 4:
            self._tick = max(self._tick, (wait - self._extra) / ticks)
        else:
            self._extra = max(self._extra, wait - self._nominal(ticks))

    def again(self, ticks: int, left: int, passed: float) -> float:
        """How long to wait before the next question, with ``left`` ticks to go."""
        done = ticks - left
        rate = passed / done if done > 0 else 0.0
        wait = max(left * rate, self._nominal(left)) if left < ticks else passed
        return min(max(wait, LEAST_SLEEP), MOST_SLEEP)
