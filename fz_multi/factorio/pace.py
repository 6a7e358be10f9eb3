"""How long to wait for a step, so that the first question for its end finds it over.

A step of n ticks takes n / (60 * speed) seconds, and something more that is learned: what it would
have taken, by the ticks that were left when a question came too early, and a margin. That hardly
shrinks, because a question too early costs a whole round trip, and one that is a little late next
to nothing; and one step lets it grow by half at most, so that a slow one (a save, a busy machine)
does not slow down all that follow; a second one soon after is the server's own.
"""

from __future__ import annotations

TICKS_PER_SECOND = 60
SHRINK = 0.9998  # of the learned extra, a step that was asked for in time
MARGIN = 1.5  # of what a step takes that was asked for too early
GROWTH = 1.5  # of the whole wait, by one step
GROWTH_AGAIN = 3.0  # by one that follows another
SOON = 100  # steps
LEAST_GROWTH = 0.001  # seconds
FIRST_EXTRA = 0.002  # seconds
LEAST_SLEEP = 0.0002
MOST_SLEEP = 0.5


class Pace:
    """``speed``: of the game, 1 = 60 ticks a second. All times in seconds."""

    def __init__(self, speed: float = 1.0) -> None:
        self.speed = speed
        self._extra = FIRST_EXTRA  # a step
        self._tick = 0.0  # learned length of a tick, where the server falls behind its speed
        self._in_time = SOON  # steps since one was asked for too early

    def _nominal(self, ticks: int) -> float:
        return ticks / (TICKS_PER_SECOND * max(self.speed, 0.01))

    def seconds(self, ticks: int) -> float:
        """How long to wait after a step has been started."""
        if ticks <= 0:
            return 0.0
        return max(self._nominal(ticks), self._tick * ticks) + self._extra

    def learn(self, ticks: int, took: float, *, in_time: bool) -> None:
        """A step of ``ticks`` takes ``took`` seconds (`estimate`), or was over in time."""
        if ticks <= 0:
            return
        if in_time:
            self._extra *= SHRINK
            self._tick *= SHRINK
            self._in_time += 1
            return
        now = self.seconds(ticks)
        growth = GROWTH if self._in_time >= SOON else GROWTH_AGAIN
        wait = min(MARGIN * took, max(growth * now, now + LEAST_GROWTH))
        self._in_time = 0
        if ticks >= 4:
            self._tick = max(self._tick, (wait - self._extra) / ticks)
        else:
            self._extra = max(self._extra, wait - self._nominal(ticks))

    def estimate(self, ticks: int, left: int, passed: float) -> float:
        """How long a step of ``ticks`` takes of which ``left`` are to go after ``passed``."""
        done = max(ticks - left, 0)
        return passed * (ticks + 1) / (done + 1)

    def again(self, ticks: int, left: int, passed: float) -> float:
        """How long to wait before the next question, with ``left`` ticks to go."""
        done = ticks - left
        rate = passed / done if done > 0 else 0.0
        wait = max(left * rate, self._nominal(left)) if left < ticks else passed
        return min(max(wait, LEAST_SLEEP), MOST_SLEEP)
