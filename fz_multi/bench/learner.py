"""The reference learner: masked PPO in PyTorch on `fz_multi.vector_env` (IPPO and MAPPO).

    python -m fz_multi.bench.learner two_cells --agents 2 --seed 0 --out runs/two_cells-0

All agents share one network. With ``--critic own`` (IPPO) it values what each agent sees, with
``--critic central`` (MAPPO) the environment's ``state()`` too. Nothing but the task's own reward
is used, unless ``--shaping`` adds to it, and it begins with random weights.

What is particular to these tasks:

* *The final window.* Steps in which only `wait` is legal are no decisions. They are stepped without
  the network, and their rewards count to the decision before (a semi-Markov process). One in
  ``--stride`` of them is kept, so that values are known there too.
* *Turned views.* See `fz_multi.bench.features`: each agent sees its window as if it looked north.
* *Sparse input.* Nearly all numbers of the tiles are zero, so the first layer adds up the rows of
  its weights that count, in a compiled loop (`SparseRows`).

A checkpoint holds everything (weights, optimiser, generators, the environments as they stand), so
training that is interrupted and resumed goes on bit for bit as if it had not been. `load_policy`
gives what a checkpoint has learned as a `fz_multi.bench.policies.Policy`.
"""

from __future__ import annotations

import argparse
import copy
import io
import json
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, cast

import numpy as np

import fz_multi
from fz_multi.bench.features import Features
from fz_multi.bench.learned import FORMAT, Learned, evaluate, load_policy
from fz_multi.bench.network import Net, as_tensors, draw, nn, pack, take, torch
from fz_multi.bench.shaping import SHAPING

RESUME = 2  # format of resume.pt: 2 has the batch that waits
COUNTS = ("done_steps", "iteration", "seconds", "cpu_seconds")
CRITICS = ("own", "central")
# Other defaults of a task, for the command.
TUNED: dict[str, dict[str, Any]] = {
    "handoff": {
        "shaping": "carry",
        "steps": 16_000_000,
        "ahead": 1,
        "lr": 1e-3,
        "lr_end": 0.1,
        "gamma_end": 0.996,
    },
}
FORM = {"observation": "grid", "mask_in": "info"}  # what the features are made of


__all__ = ["Learned", "Learner", "Settings", "evaluate", "load_policy", "train"]


@dataclass
class Settings:
    """Everything that a training run depends on; ``HELP`` says what each one is."""

    task: str = "two_cells"
    agents: int = 2
    seed: int = 0
    critic: str = "own"
    reward: str = "shared"
    shaping: str = "none"
    talk: int = 0
    steps: int = 9_000_000
    envs: int = 128
    horizon: int = 64
    epochs: int = 3
    batch: int = 1024
    lr: float = 7e-4
    lr_end: float = 0.2
    gamma: float = 0.995
    gamma_end: float = 0.998
    lam: float = 0.95
    clip: float = 0.2
    entropy: float = 0.01
    entropy_end: float = 0.0005
    value_weight: float = 0.5
    hidden: int = 128
    stride: int = 24
    ahead: int = 0
    threads: int = 2


HELP = {
    "task": "name of the task",
    "agents": "team size, 1 to 16",
    "seed": "of weights, maps and actions",
    "critic": "own (IPPO): values of what an agent sees; central (MAPPO): of the state too",
    "reward": "shared, individual or mixed",
    "shaping": "none, or carry (handoff; not potential-based, see fz_multi.bench.shaping)",
    "talk": "1: messages may be said, where the task has them",
    "steps": "steps of agents to train for, those of the final window too",
    "envs": "environments side by side",
    "horizon": "steps of each environment from one update to the next",
    "epochs": "times that each batch is learned from",
    "batch": "decisions in one gradient step",
    "lr": "learning rate of Adam at the start",
    "lr_end": "share of it that is left at the end (linear)",
    "gamma": "discount, of a decision, at the start",
    "gamma_end": "at the end (1 - gamma changes by equal factors)",
    "lam": "lambda of GAE",
    "clip": "of PPO's ratio",
    "entropy": "weight of the entropy at the start",
    "entropy_end": "at the end (linear)",
    "value_weight": "weight of the critic's loss",
    "hidden": "width of the first layer; the others have half of it",
    "stride": "one in so many steps of the final window is kept for the critic",
    "ahead": "1: collect a batch while the one before is learned from, on a core more",
    "threads": "of the environments and of PyTorch",
}


# -- training --------------------------------------------------------------------------------------


class Scale:
    """Mean and deviation of returns, so that the critic learns numbers around 0 and 1."""

    def __init__(self) -> None:
        self.mean, self.square, self.weight = 0.0, 0.0, 0.0

    def update(self, values: np.ndarray) -> None:
        for name, new in (("mean", values.mean()), ("square", (values**2).mean())):
            setattr(self, name, 0.98 * getattr(self, name) + 0.02 * float(new))
        self.weight = 0.98 * self.weight + 0.02

    @property
    def now(self) -> tuple[float, float]:
        if not self.weight:
            return 0.0, 1.0
        mean = self.mean / self.weight
        return mean, max(self.square / self.weight - mean**2, 1e-4) ** 0.5


class Learner:
    """A training run. ``iterate()`` collects one batch and learns from it."""

    def __init__(self, settings: Settings, begin: bool = True) -> None:
        self.settings = s = settings
        torch.set_num_threads(s.threads)
        torch.manual_seed(s.seed)
        self.random = np.random.Generator(np.random.PCG64([s.seed, 0x1EA2]))
        self.envs: Any = fz_multi.vector_env(
            s.task,
            num_envs=s.envs,
            num_agents=s.agents,
            threads=s.threads,
            reward=s.reward,
            **FORM,  # type: ignore[arg-type]
        )
        self.features = Features(self.envs.options, bool(s.talk))
        self.shaping: Any = None
        if s.shaping != "none":
            self.shaping = SHAPING[s.shaping](self.envs.options, cast(Any, self.envs).batch)
        self.net = make_net(self.envs.options, self.features, s)
        self.optimiser = torch.optim.Adam(self.net.parameters(), lr=s.lr, eps=1e-5, fused=True)
        self.scale = Scale()
        self.rows = s.envs * s.agents
        self.index = np.tile(np.arange(s.agents), s.envs)
        self.done_steps = 0  # steps of agents, those in the final window too
        self.iteration = 0
        self.seconds = self.cpu_seconds = 0.0
        self.term_names = [f"reward_{name}" for name in self.envs.task.term_names]
        self.seen: Any = None
        if begin:
            self.seen, _ = self.envs.reset(seed=int(self.random.integers(1 << 40)))
            self._spread_out()
            self._begin_shaping()
        self.clock = np.zeros(s.envs, np.int64)  # steps in the final window
        self.store: dict[str, np.ndarray] = {}  # the batch that is collected
        self.waiting: dict[str, np.ndarray] = {}  # with `ahead`: the one to learn from
        self.order = self.random  # generator of the order in which a batch is learned from
        self.acting: Any = None  # network and scale that act; None: those that learn
        if s.ahead:
            self.order = np.random.Generator(np.random.PCG64([s.seed, 0x0D3]))
            self.helper = ThreadPoolExecutor(1, "collect", torch.set_num_threads, (s.threads,))

    def _spread_out(self) -> None:
        """Let the environments be at different times of their episodes, by random play."""
        task = self.envs.task
        length = -(-task.max_ticks // task.ticks_per_step)
        for step in range(length):
            begin = np.flatnonzero(
                np.arange(self.settings.envs) * length // self.settings.envs == step
            )
            if len(begin):
                self.envs.reset(where=np.isin(np.arange(self.settings.envs), begin))
            self.seen, *_ = self.envs.step(self.envs.sample_actions())

    # -- seeing ------------------------------------------------------------------------------------
    def look(self, rows: np.ndarray) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """The network's input for some agents (numbers of rows), and how they are turned."""
        seen = {k: v.reshape(self.rows, *v.shape[2:])[rows] for k, v in self.seen.items()}
        mask = self.envs.action_masks.reshape(self.rows, -1)[rows]
        return self.features.inputs(seen, mask, self.index[rows])

    def states(self, rows: np.ndarray) -> dict[str, np.ndarray]:
        if self.net.state is None:
            return {}
        return {"state": self.envs.state()[rows // self.settings.agents]}

    @property
    def left(self) -> float:
        """Share of the training that is left."""
        return max(0.0, 1 - self.done_steps / self.settings.steps)

    @property
    def gamma(self) -> float:
        s = self.settings
        return 1 - (1 - s.gamma) ** self.left * (1 - s.gamma_end) ** (1 - self.left)

    def _begin_shaping(self) -> None:
        if self.shaping is not None:
            self.shaping.begin(self.seen)

    def shape(self, over: np.ndarray) -> Any:
        """What the shaping adds to the reward of the step just made, [envs, agents]."""
        return 0.0 if self.shaping is None else self.shaping.step(self.seen, over)

    def only_wait(self) -> np.ndarray:
        """Environments in the final window, bool[envs]: the last number of the part `goal`."""
        return np.asarray(self.seen["goal"][:, 0, -1] != 0)

    # -- collecting --------------------------------------------------------------------------------
    def collect(self) -> dict[str, Any]:
        s, rows = self.settings, self.rows
        self.store = st = self.store or self._make_store()
        ended: list[dict[str, float]] = []
        paid = dict.fromkeys(self.term_names, 0.0)
        for t in range(s.horizon):
            forced = self.only_wait()
            self.clock = np.where(forced, self.clock + 1, 0)
            keep = np.repeat(~forced | (self.clock % s.stride == 1), s.agents)
            mine = np.flatnonzero(keep)
            st["valid"][t] = keep
            actions = np.zeros(rows, np.int64)
            if len(mine):
                x, quarter = self.look(mine)
                x |= self.states(mine)
                logits, value = self.run(x)
                chosen, logp = draw(logits, self.random)
                for name, array in x.items():
                    st[name][t, mine] = array
                st["action"][t, mine], st["logp"][t, mine] = chosen, logp
                st["value"][t, mine] = value
                actions[mine] = self.features.turn_back(chosen, quarter)
            self.seen, reward, te, tr, infos = self.envs.step(actions.reshape(s.envs, s.agents))
            over = te | tr
            st["reward"][t] = (reward + self.shape(over[:, 0])).reshape(-1)
            st["done"][t] = over.reshape(-1)
            if over[:, 0].any():
                which = np.flatnonzero(over[:, 0])
                names = [n for n in infos if n.startswith(("episode_", "goal_"))]
                ended += [{n: float(infos[n][k].mean()) for n in names} for k in which]
            for n in self.term_names:
                paid[n] += float(np.asarray(infos[n])[:, 0].mean())
        everyone = np.arange(rows)
        x, _ = self.look(everyone)
        _, last = self.run(x | self.states(everyone))
        self._advantages(last)
        self.done_steps += s.horizon * rows
        task = self.envs.task
        length = task.max_ticks / task.ticks_per_step
        return {"ended": ended, **{n: v / s.horizon * length for n, v in paid.items()}}

    def _make_store(self) -> dict[str, np.ndarray]:
        s, f = self.settings, self.features
        shape = (s.horizon, self.rows)
        state = self.envs.state_space.shape[0] if self.net.state is not None else 0
        kinds = {
            "tiles": ((f.n_tiles,), np.uint8),
            "numbers": ((f.n_numbers,), np.float32),
            "mask": ((f.n_actions,), np.int8),
            **({"state": ((state,), np.float32)} if state else {}),
            "action": ((), np.int64),
            **dict.fromkeys(("logp", "value", "reward", "gain", "target"), ((), np.float32)),
            "done": ((), bool),
            "valid": ((), bool),
        }
        return {k: np.zeros((*shape, *size), kind) for k, (size, kind) in kinds.items()}

    def run(self, x: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Log probabilities and values (in units of the reward)."""
        net, (mean, deviation) = self.acting or (self.net, self.scale.now)
        with torch.no_grad():
            tiles, others = as_tensors(x)
            logits, value = net(tiles, **others)
            return torch.log_softmax(logits, 1).numpy(), value.numpy() * deviation + mean

    def _advantages(self, last: np.ndarray) -> None:
        """GAE over decisions: what steps without one pay belongs to the decision before."""
        s, st, gamma = self.settings, self.store, self.gamma
        value, gain, paid = last.copy(), np.zeros_like(last), np.zeros_like(last)
        for t in reversed(range(s.horizon)):
            for array in (value, gain, paid):
                array[st["done"][t]] = 0
            paid += st["reward"][t]
            keep = st["valid"][t]
            delta = paid + gamma * value - st["value"][t]
            gain = np.where(keep, delta + gamma * s.lam * gain, gain)
            st["gain"][t], st["target"][t] = gain, gain + st["value"][t]
            value = np.where(keep, st["value"][t], value)
            paid[keep] = 0

    # -- learning ----------------------------------------------------------------------------------
    def learn(self, st: Mapping[str, np.ndarray], left: float) -> dict[str, float]:
        """Epochs of gradient steps on a batch. ``left``: of the training, for what is annealed."""
        s = self.settings
        rows = np.flatnonzero(st["valid"].reshape(-1))
        flat = {k: v.reshape(s.horizon * self.rows, *v.shape[2:]) for k, v in st.items()}
        self.scale.update(flat["target"][rows])
        mean, deviation = self.scale.now
        gain = flat["gain"][rows]
        centre, spread = gain.mean(), gain.std() + 1e-6
        entropy_weight = s.entropy_end + (s.entropy - s.entropy_end) * left
        for group in self.optimiser.param_groups:
            group["lr"] = s.lr * (s.lr_end + (1 - s.lr_end) * left)
        tiles, inputs = pack(flat["tiles"]), [k for k in ("numbers", "mask", "state") if k in flat]
        sums: dict[str, float] = {}
        count = 0
        for _ in range(s.epochs):
            order = self.order.permutation(rows)
            parts = max(1, round(len(order) / s.batch))
            for some in np.array_split(order, parts):
                x = {k: torch.from_numpy(flat[k][some]) for k in inputs}
                logits, value = self.net(take(tiles, some), **x)
                logps = torch.log_softmax(logits, 1)
                action = torch.from_numpy(flat["action"][some])
                logp = logps.gather(1, action[:, None])[:, 0]
                ratio = (logp - torch.from_numpy(flat["logp"][some])).exp()
                g = torch.from_numpy((flat["gain"][some] - centre) / spread)
                policy = -torch.min(g * ratio, g * ratio.clamp(1 - s.clip, 1 + s.clip)).mean()
                target = torch.from_numpy((flat["target"][some] - mean) / deviation)
                error = nn.functional.smooth_l1_loss(value, target)
                entropy = -(logps.exp() * logps).sum(1).mean()
                loss = policy + s.value_weight * error - entropy_weight * entropy
                self.optimiser.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(self.net.parameters(), 0.5)
                self.optimiser.step()
                with torch.no_grad():
                    kl = (ratio - 1 - ratio.log()).mean()
                for name, number in (
                    ("policy", policy.detach()),
                    ("value", error.detach()),
                    ("entropy", entropy.detach()),
                    ("kl", kl),
                ):
                    sums[name] = sums.get(name, 0.0) + float(number)
                count += 1
        explained = 1 - np.var(flat["target"][rows] - flat["value"][rows]) / max(
            1e-8, np.var(flat["target"][rows])
        )
        out = {k: v / count for k, v in sums.items()}
        return out | {"explained": float(explained), "decisions": float(len(rows))}

    def iterate(self) -> dict[str, Any]:
        """Collect one batch and learn from one; what there is to log."""
        start, cpu = time.perf_counter(), time.process_time()
        if self.settings.ahead:
            out = self._overlapped()
        else:
            out = self.collect()
            out |= self.learn(self.store, self.left)
        self.iteration += 1
        self.seconds += time.perf_counter() - start
        self.cpu_seconds += time.process_time() - cpu
        return out

    def _overlapped(self) -> dict[str, Any]:
        """Learn from the batch that waits, and collect the next meanwhile, with the weights that
        there are before. Neither sees what the other does, so the same comes of it each time."""
        if not self.waiting:
            self.collect()
            self.waiting, self.store = self.store, {}
        left = self.left
        self.acting = copy.deepcopy(self.net), self.scale.now
        collected = self.helper.submit(self.collect)
        try:
            learned = self.learn(self.waiting, left)
        finally:
            out = collected.result()
            self.acting = None
        self.waiting, self.store = self.store, self.waiting
        return out | learned

    # -- checkpoints -------------------------------------------------------------------------------
    def policy(self) -> Learned:
        """What has been learned so far."""
        weights = {k: v.detach().clone() for k, v in self.net.state_dict().items()}
        return Learned("learner", asdict(self.settings), weights)

    def save(self, folder: Path) -> None:
        """Write ``policy.pt`` (for `load_policy`) and ``resume.pt`` (everything)."""
        policy = self.policy()
        small = {"format": FORMAT, "settings": asdict(self.settings), "net": policy.weights}
        everything = {
            "format": RESUME,
            "settings": asdict(self.settings),
            "net": self.net.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "scale": self.scale.__dict__,
            "random": self.random.bit_generator.state,
            "order": self.order.bit_generator.state,
            "waiting": packed(self.waiting) if self.waiting else b"",
            "torch": torch.get_rng_state(),
            "envs": self.envs.snapshot(),
            "clock": self.clock,
            "counts": {name: getattr(self, name) for name in COUNTS},
        }
        for name, content in (("policy.pt", small), ("resume.pt", everything)):
            part = folder / f"{name}.part"
            torch.save(content, part)
            part.replace(folder / name)  # a run that is killed leaves the one before

    @classmethod
    def resume(cls, folder: Path) -> Learner:
        """Go on from ``resume.pt``. It is a pickle: load only files that you trust."""
        stored = torch.load(folder / "resume.pt", map_location="cpu", weights_only=False)
        if stored["format"] != RESUME:
            raise ValueError(f"{folder}: format {stored['format']}, this version reads {RESUME}")
        self = cls(Settings(**stored["settings"]), begin=False)
        self.net.load_state_dict(stored["net"])
        self.optimiser.load_state_dict(stored["optimiser"])
        self.scale.__dict__.update(stored["scale"])
        self.random.bit_generator.state = stored["random"]
        self.order.bit_generator.state = stored["order"]
        self.waiting = unpacked(stored["waiting"]) if stored["waiting"] else {}
        torch.set_rng_state(stored["torch"])
        self.seen, _ = self.envs.restore(stored["envs"])
        self._begin_shaping()
        self.clock = stored["clock"]
        for name, value in stored["counts"].items():
            setattr(self, name, value)
        return self


def packed(store: Mapping[str, np.ndarray]) -> bytes:
    """A batch as a few MB: nearly all of it is zero."""
    out = io.BytesIO()
    np.savez_compressed(out, **store)  # type: ignore[arg-type]
    return out.getvalue()


def unpacked(data: bytes) -> dict[str, np.ndarray]:
    """The batch that `packed` made so."""
    with np.load(io.BytesIO(data)) as arrays:
        return dict(arrays)


def make_net(options: Any, f: Features, s: Settings) -> Net:
    state = options.interface.state_space.shape[0] if s.critic == "central" else 0
    return Net(f.n_tiles, f.n_numbers, f.n_actions, state, s.hidden)


# -- a run -----------------------------------------------------------------------------------------


class Log:
    """Progress bar, TensorBoard and ``log.jsonl`` (one row for some iterations)."""

    def __init__(self, folder: Path, learner: Learner, every: int = 10) -> None:
        from torch.utils.tensorboard import SummaryWriter
        from tqdm import tqdm

        s = learner.settings
        self.file, self.every = folder / "log.jsonl", every
        self.writer = SummaryWriter(str(folder / "tensorboard"), purge_step=learner.done_steps)
        self.bar = tqdm(
            total=s.steps,
            initial=learner.done_steps,
            unit="step",
            unit_scale=True,
            file=sys.stderr,
            disable=None,
            desc=f"{s.task}-{s.seed}",
        )
        self.rows: list[dict[str, Any]] = []

    def add(self, learner: Learner, out: dict[str, Any]) -> None:
        self.rows.append(out)
        self.bar.update(learner.done_steps - self.bar.n)
        if len(self.rows) == self.every:
            self.write(learner, self._means())
            self.rows = []

    def _means(self) -> dict[str, float]:
        names = [n for n, value in self.rows[0].items() if isinstance(value, float)]
        row = {name: float(np.mean([one[name] for one in self.rows])) for name in names}
        ended = [episode for one in self.rows for episode in one["ended"]]
        for name in ("success", "return", "progress", "ticks"):
            if ended:
                row[f"episode_{name}"] = float(np.mean([e[f"episode_{name}"] for e in ended]))
        return row | {"episodes": float(len(ended))}

    def write(self, learner: Learner, row: Mapping[str, float]) -> None:
        counts = {name: getattr(learner, name) for name in COUNTS}
        with self.file.open("a") as out:
            out.write(json.dumps({**counts, **row}) + "\n")
        for name, value in row.items():
            self.writer.add_scalar(name, value, learner.done_steps)
        shown = ("episode_return", "episode_success", "entropy", "eval_success")
        self.bar.set_postfix({n: f"{row[n]:.2f}" for n in shown if n in row}, refresh=False)

    def close(self) -> None:
        self.writer.close()
        self.bar.close()


def train(
    learner: Learner, folder: Path, *, seeds: int = 100, checks: int = 10, saves: int = 20
) -> list[dict[str, float]]:
    """Train to the end of ``settings.steps``, with logs and checkpoints in a folder.

    ``checks`` times on the way, and at the end, the policy plays the first ``seeds`` maps of the
    evaluation split; nothing is chosen by what comes of it. ``saves``: checkpoints on the way.
    Returns the rows of the last evaluation (`fz_multi.bench.learned.evaluate`).
    """
    folder.mkdir(parents=True, exist_ok=True)
    log, s = Log(folder, learner), learner.settings
    try:
        while learner.done_steps < s.steps:
            before = learner.done_steps
            log.add(learner, learner.iterate())
            done = learner.done_steps
            if done >= s.steps:
                break
            if done * checks // s.steps > before * checks // s.steps:
                log.write(learner, summary(check(learner.policy(), s, seeds)))
            if done * saves // s.steps > before * saves // s.steps:
                learner.save(folder)
        learner.save(folder)
        rows = check(learner.policy(), s, seeds)
        log.write(learner, {**summary(rows), "last": 1.0})
    finally:
        log.close()
    return rows


def check(policy: Learned, s: Settings, seeds: int) -> list[dict[str, float]]:
    """Play the first maps of the evaluation split."""
    return evaluate(policy, s.task, agents=s.agents, seeds=range(seeds), threads=s.threads)


def summary(rows: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Means of an evaluation."""
    names = ("success", "return", "progress", "ticks")
    out = {f"eval_{name}": float(np.mean([row[name] for row in rows])) for name in names}
    solved = [row["ticks"] for row in rows if row["success"]]
    return out | ({"eval_solved_ticks": float(np.mean(solved))} if solved else {})


def main(arguments: Sequence[str] | None = None) -> int:
    """``python -m fz_multi.bench.learner``; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m fz_multi.bench.learner",
        description="Train a team with PPO; see the head of the module.",
    )
    parser.add_argument("task", help=HELP["task"])
    for field in fields(Settings)[1:]:
        kind = type(field.default)
        text = f"{HELP[field.name]} (default: {field.default})"
        flag = "--" + field.name.replace("_", "-")
        parser.add_argument(flag, type=kind, default=None, help=text)
    parser.add_argument("--out", type=Path, help="folder (default: runs/TASK-AGENTS-SEED)")
    parser.add_argument("--resume", action="store_true", help="go on from the folder's checkpoint")
    parser.add_argument("--evaluate", type=int, default=100, metavar="N", help="evaluation maps")
    asked = parser.parse_args(arguments)
    given = {f.name: getattr(asked, f.name) for f in fields(Settings)}
    given = {name: value for name, value in given.items() if value is not None}
    try:
        settings = Settings(**{**TUNED.get(asked.task, {}), **given})
        check_settings(settings)
        out = asked.out or Path("runs") / f"{settings.task}-{settings.agents}-{settings.seed}"
        learner = begin(settings, out, asked.resume)
    except (ValueError, OSError) as error:
        parser.error(str(error))
    rows = train(learner, out, seeds=asked.evaluate)
    print(json.dumps({**summary(rows), "maps": len(rows), "out": str(out)}))
    return 0


def begin(settings: Settings, out: Path, resume: bool) -> Learner:
    """A new run, or the one that a folder holds. ValueError when the two do not go together."""
    there = (out / "resume.pt").exists()
    if resume and not there:
        raise ValueError(f"--resume: there is no checkpoint in {out}")
    if not resume:
        if there:
            raise ValueError(f"{out} holds a run: use --resume, or another --out")
        return Learner(settings)
    learner = Learner.resume(out)
    for name, value in asdict(settings).items():
        its = getattr(learner.settings, name)
        if value != its:
            raise ValueError(f"--resume: the run in {out} has {name}={its}, asked for {value}")
    return learner


def check_settings(s: Settings) -> None:
    """ValueError for what makes no sense; the environment checks its own arguments."""
    if s.ahead not in (0, 1):
        raise ValueError(f"ahead is 0 or 1, got {s.ahead}")
    if s.critic not in CRITICS:
        raise ValueError(f"critic={s.critic!r}; allowed: {', '.join(CRITICS)}")
    if s.shaping != "none" and s.shaping not in SHAPING:
        raise ValueError(f"shaping={s.shaping!r}; allowed: none, {', '.join(SHAPING)}")
    for name in ("steps", "envs", "horizon", "epochs", "batch", "hidden", "stride", "threads"):
        if getattr(s, name) < 1:
            raise ValueError(f"{name} is 1 or more, got {getattr(s, name)}")
    for name in ("gamma", "gamma_end", "lam", "lr_end", "clip"):
        if not 0 <= getattr(s, name) <= 1:
            raise ValueError(f"{name} is from 0 to 1, got {getattr(s, name)}")


if __name__ == "__main__":
    sys.exit(main())
