"""Many episodes at once: in this process, in processes of this machine, or on a Ray cluster.

Each gives a `Played` for every episode, in any order. A worker that dies costs no episode: what it
was playing is played again by another one. An episode that fails by itself (an exception of its
policy) ends the run with that exception.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from .plan import Episode, Settings
from .play import Played, Player

AHEAD = 3  # episodes that wait for each worker
MAX_TRIES = 4  # of an episode whose workers die

_player: Player | None = None  # of a worker process


def play_all(episodes: Sequence[Episode], settings: Settings, jobs: int) -> Iterator[Played]:
    """Play with ``jobs`` processes; with one, in this process."""
    if jobs > 1 and len(episodes) > 1:
        yield from _in_processes(episodes, settings, min(jobs, len(episodes)))
        return
    player = Player(settings)
    try:
        for episode in episodes:
            yield player.play(episode)
    finally:
        player.close()


def _in_processes(episodes: Sequence[Episode], settings: Settings, jobs: int) -> Iterator[Played]:
    waiting = deque(episodes)
    tries: dict[Episode, int] = {}
    while waiting:
        running: dict[Future[Played], Episode] = {}
        pool = ProcessPoolExecutor(
            jobs, multiprocessing.get_context("spawn"), _start_worker, (settings,)
        )
        try:
            while waiting or running:
                while waiting and len(running) < AHEAD * jobs:
                    running[pool.submit(_play, waiting[0])] = waiting[0]
                    waiting.popleft()
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    played = future.result()
                    del running[future]
                    yield played
        except BrokenProcessPool:
            # Those in hand may have killed their worker, so there is an end to trying.
            lost = list(running.values())
            for episode in lost[:jobs] or [waiting[0]]:
                tries[episode] = tries.get(episode, 0) + 1
                if tries[episode] >= MAX_TRIES:
                    raise RuntimeError(f"{episode}: its worker died {MAX_TRIES} times") from None
            waiting.extendleft(reversed(lost))
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _start_worker(settings: Settings) -> None:
    global _player
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
    threading.Thread(target=_end_with_parent, daemon=True).start()
    # A checkpoint's PyTorch would take every core in each worker, and each would wait for all.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    _player = Player(settings)


def _end_with_parent() -> None:
    """A parent that is killed cannot tell its workers to end."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _play(episode: Episode) -> Played:
    assert _player is not None
    return _player.play(episode)


# -- Ray -------------------------------------------------------------------------------------------
def play_on_ray(
    episodes: Sequence[Episode], settings: Settings, address: str | None, jobs: int
) -> Iterator[Played]:
    """Play on a Ray cluster: at ``address``, or one with ``jobs`` workers on this machine.

    ValueError without Ray. The cluster's machines need this package at the same version, and the
    files that policies come from at the same paths.
    """
    try:
        import ray
    except ImportError:
        raise ValueError('--ray needs Ray; install it with: pip install -e ".[ray]"') from None
    own = not ray.is_initialized()
    if own:
        # "local": without it Ray would join any cluster that happens to run on this machine.
        options: dict[str, Any] = {"address": address or "local"}
        if address is None:
            options["num_cpus"] = jobs
        ray.init(log_to_driver=False, include_dashboard=False, **options)
    try:
        cpus = max(1, int(ray.cluster_resources().get("CPU", 1)))
        # Ray plays again what a dead worker was playing; an exception of ours is no reason to.
        remote = ray.remote(num_cpus=1, max_retries=MAX_TRIES, retry_exceptions=False)(_play_on_ray)
        shared = ray.put(settings)
        waiting = deque(episodes)
        running: list[Any] = []
        while waiting or running:
            while waiting and len(running) < AHEAD * cpus:
                running.append(remote.remote(shared, waiting.popleft()))
            done, running = ray.wait(running, num_returns=1)
            yield from ray.get(done)
    finally:
        if own:
            ray.shutdown()


def _play_on_ray(settings: Settings, episode: Episode) -> Played:
    """In a worker of Ray, which plays many episodes one after the other."""
    global _player
    if _player is None or _player.settings != settings:
        if _player is not None:
            _player.close()
        _player = Player(settings)
    return _player.play(episode)
