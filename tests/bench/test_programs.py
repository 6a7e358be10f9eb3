"""Programs that play, over pipes, sockets and RCON; and the examples of ``docs/benchmark.md``."""

from __future__ import annotations

import json
import re
import shlex
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import fz_multi
from fz_multi.bench import make_policy, run
from fz_multi.bench.json_agent import AgentError, JsonAgent
from fz_multi.bench.readable import states
from fz_multi.cli import FAILED, OK, main
from fz_multi.server.server import Server

DOC = Path(__file__).resolve().parents[2] / "docs" / "benchmark.md"
TEXT = DOC.read_text("utf-8")
FILES = dict(re.findall(r"<!-- file: (\S+) -->\n```python\n(.*?)```", TEXT, re.S))
PYTHON = shlex.quote(sys.executable)
NOTHING = "import sys\nfor _ in sys.stdin: print('{}', flush=True)"
SHORT = {"max_ticks": 1200, "final_window": 0}


@pytest.fixture
def examples(tmp_path: Path) -> Path:
    """The files of the docs."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def program(folder: Path, text: str, name: str = "agent.py") -> str:
    """The spec of a program."""
    (folder / name).write_text(text)
    return f"json:{PYTHON} {shlex.quote(str(folder / name))}"


def test_the_docs_have_their_examples():
    assert set(FILES) == {"furnaces.py", "mine.py", "dig.py", "talk.py"}


def test_the_python_examples_play(examples: Path):
    out = examples / "out"
    policies = [str(examples / "furnaces.py:furnaces"), str(examples / "mine.py:Mine")]
    arguments = ["--seeds", "1", "--agents", "2", "--replaced", "0", "--jobs", "1", "--no-report"]
    command = ["bench", "two_cells", "--out", str(out), "--policies", *policies, *arguments]
    assert main(command) == OK
    rows = [json.loads(line) for line in (out / "episodes.jsonl").read_text().splitlines()]
    assert [row["steps"] for row in rows] == [720, 720]
    assert sum(rows[0]["work"]) > 0  # it has placed things


def test_the_example_in_python_runs(capsys: pytest.CaptureFixture[str]):
    block = TEXT.split("## In Python")[1].split("```python\n")[1].split("```")[0]
    exec(compile(block, str(DOC), "exec"), {})
    assert "no-op" in capsys.readouterr().out


def test_a_program_plays_and_its_replay_is_the_same(examples: Path):
    out = examples / "out"
    command = ["bench", "two_cells", "--out", str(out), "--seeds", "2", "--agents", "2"]
    command += ["--policies", f"dig=json:{PYTHON} {shlex.quote(str(examples / 'dig.py'))}"]
    assert main([*command, "--replaced", "1", "--jobs", "1", "--no-report"]) == OK
    rows = [json.loads(line) for line in (out / "episodes.jsonl").read_text().splitlines()]
    assert len(rows) == 4
    assert all(min(row["work"]) > 10 for row in rows[:2])  # both have mined
    assert rows[2]["work"][0] == 0  # agent_0 was replaced
    assert rows[2]["work"][1] > 10
    replay = fz_multi.Replay.load(out / "replays" / "two_cells-2-dig-0.fzr")
    assert replay.title == "dig"  # its label
    *_, (_env, step) = replay.frames()
    assert step == rows[0]["steps"]


def test_a_socket_is_the_same_as_a_pipe(examples: Path):
    spec = program(examples, FILES["dig.py"])
    agent = JsonAgent(spec)
    first, _ = run("two_cells", agent, seed=3, **SHORT)
    agent.close()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        agent = JsonAgent(f"tcp:127.0.0.1:{listener.getsockname()[1]}")
        second, _ = run("two_cells", agent, seed=3, **SHORT)
        agent.close()
        thread.join(10)
    assert first.work == second.work
    assert sum(first.work) > 0


def serve(listener: socket.socket) -> None:
    """`dig.py` behind a socket."""
    connection, _ = listener.accept()
    with connection, connection.makefile("r") as lines, connection.makefile("w") as answers:

        class Answers:
            def write(self, text: str) -> None:
                answers.write(text)

            def flush(self) -> None:
                answers.flush()

        body = FILES["dig.py"].replace("sys.stdin", "lines")
        out = Answers()
        exec(
            compile(body, "dig.py", "exec"),
            {"lines": lines, "print": lambda text, flush: (out.write(text + "\n"), out.flush())},
        )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("input(); print('yes', flush=True); input()", "no JSON"),
        ("input(); print('[]', flush=True); input()", "an answer is"),
        ("input(); print('{\"command\": 1}', flush=True); input()", "an answer is"),
        ("input(); print('{\"commands\": 1}', flush=True); input()", "commands is an object"),
        ("import sys; input(); sys.exit(7)", "has ended (exit code 7)"),
        (
            'input(); print(\'{"commands": {"agent_0": {"type": "FLY"}}}\', flush=True); input()',
            "unknown command type 'FLY'",
        ),
        (
            'input(); print(\'{"commands": {"agent_9": {"type": "WAIT"}}}\', flush=True); input()',
            "unknown agent 'agent_9'",
        ),
    ],
)
def test_programs_that_do_not_follow_the_protocol(text: str, words: str, tmp_path: Path):
    agent = JsonAgent(program(tmp_path, text))
    try:
        with pytest.raises((AgentError, ValueError), match=re.escape(words)):
            run("two_cells", agent, **SHORT)
    finally:
        agent.close()


def test_a_program_that_does_not_answer(tmp_path: Path):
    agent = JsonAgent(program(tmp_path, "input(); input()"), patience=0.5)
    with pytest.raises(AgentError, match=r"has not answered for 0\.5 s"):
        run("two_cells", agent, **SHORT)
    agent.close()


def test_programs_that_cannot_be_reached(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    for spec, words in (("json:no_such_program", "cannot be started"), ("tcp:127.0.0.1:9", "tcp:")):
        command = ["bench", "two_cells", "--policies", spec, "--out", str(tmp_path / spec[:3])]
        assert main([*command, "--seeds", "1", "--agents", "1", "--jobs", "1"]) == FAILED
        assert words in capsys.readouterr().err


def test_nobody_is_asked_in_the_final_window(tmp_path: Path):
    text = (
        "import json, sys\n"
        "for line in sys.stdin:\n"
        "    message = json.loads(line)\n"
        "    open('asked.txt', 'a').write(f\"{message['type']} {message['tick']}\\n\")\n"
        "    print('{}', flush=True)\n"
    ).replace("asked.txt", str(tmp_path / "asked.txt"))
    agent = JsonAgent(program(tmp_path, text))
    run("two_cells", agent, max_ticks=400, final_window=100)
    run("two_cells", agent, max_ticks=400, final_window=100)
    agent.close()
    asked = (tmp_path / "asked.txt").read_text().split("\n")[:-1]
    assert asked[:2] == ["reset 0", "step 10"]
    assert asked[29:31] == ["step 290", "reset 0"]  # the window opens at 300
    assert len(asked) == 60


# -- on a server -----------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def server() -> Iterator[dict[str, Any]]:
    with Server(password="secret") as running:
        yield {
            "address": f"127.0.0.1:{running.port}",
            "password": "secret",
            "speed": 1000,
            "backend": "factorio",
        }


@pytest.mark.parametrize("task", ["handoff", "long_belt"])
def test_readable_states_are_those_of_the_mod(task: str, server: dict[str, Any]):
    env = fz_multi.parallel_env(task, num_agents=2, **server)
    policy = make_policy("scripted", task)
    observations, infos = env.reset(seed=1)
    policy.reset(env, 1)
    exchange = env.backend.arenas.exchange
    for step in range(60):
        observations, _, _, _, infos = env.step(policy.act(observations, infos))
        if step % 10 == 0:
            ours = states(env)
            for agent, state in ours.items():
                theirs = dict(exchange.state(0, agent, 16))
                theirs = dict(theirs.get("state", theirs))
                del theirs["arena"], theirs["health"]
                for missing in ("name", "target"):
                    theirs["mining"].pop(missing, None)
                assert state == theirs
    assert any(state["entities"] for state in ours.values())
    env.close()


def test_a_program_plays_the_same_on_the_server(examples: Path, server: dict[str, Any]):
    agent = JsonAgent(program(examples, FILES["dig.py"]))
    embedded, _ = run("two_cells", agent, seed=2, **SHORT)
    there, env = run("two_cells", agent, seed=2, **SHORT, **server)
    env.close()
    agent.close()
    assert sum(embedded.work) > 0
    assert {**there.as_dict(), "seconds": 0} == {**embedded.as_dict(), "seconds": 0}


def test_a_program_that_speaks_rcon(examples: Path, server: dict[str, Any]):
    pytest.importorskip("factorio_rcon")
    agent = JsonAgent(program(examples, FILES["talk.py"]))
    metrics, env = run("handoff", agent, max_ticks=300, **server)
    env.close()
    agent.close()
    assert metrics.steps == 30
    assert metrics.messages == 2 * 30  # sent over RCON, counted by the benchmark


def test_rcon_in_the_final_window_is_found_out(examples: Path, server: dict[str, Any]):
    class Cheat:
        """Sends a command over RCON whenever it is looked at."""

        name = "cheat"

        def __init__(self) -> None:
            self.agent = JsonAgent(
                program(examples, "import sys\nfor _ in sys.stdin: print('{}', flush=True)")
            )

        def reset(self, env: Any, seed: int) -> None:
            self.env, self.number = env, 0
            self.agent.reset(env, seed)

        def commands(self, observations: Any, infos: Any) -> dict[str, Any]:
            given = self.agent.commands(observations, infos)
            self.number += 1
            say = {"command": {"verb": "SAY", "count": 1}}
            self.env.unwrapped.backend.arenas.exchange.request(
                "step", ticks=0, arenas=[{"arena": 0, "agents": [say, {}]}]
            )
            return given

    cheat = Cheat()
    env = fz_multi.parallel_env("two_cells", max_ticks=400, final_window=200, **server)
    with pytest.raises(AgentError, match="in the final window"):
        run("two_cells", cheat, env=env)
    assert 20 < cheat.number < 30
    env.close()
    cheat.agent.close()
