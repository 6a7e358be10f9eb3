"""JaxMARL and Craftax on the CPU: a compiled step over a batch of environments.

The case: ``library`` (jaxmarl or craftax), ``env``, ``envs``, ``threads``, and ``scan``. With a
``scan`` of 1 every step is a call of its own, as when a policy outside of JAX acts; with more, that
many steps are one compiled loop that returns all their observations, as when the policy is in JAX
too. Actions are drawn beforehand. New episodes start in the step that ends the old ones. Making a
Craftax world costs more than a step, and a batch would make one for each environment at every step;
so ``share`` environments share one new world, as its authors advise for training.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import Any

from blocks import Step, cores, now, serve

DRAWN = 64  # sets of actions that take turns


def make(case: dict[str, Any]) -> tuple[dict[str, int], Callable[[], Step]]:
    cores(case["threads"])
    os.environ["JAX_PLATFORMS"] = "cpu"
    import jax
    import jax.numpy as jnp

    number, length = case["envs"], case["scan"]
    agents, kinds, reset, one = {"jaxmarl": jaxmarl, "craftax": craftax}[case["library"]](case)
    keys = jax.random.split(jax.random.key(0), DRAWN + 1)
    shape = (length, agents, number) if length > 1 else (agents, number)
    actions = [jax.random.randint(key, shape, 0, kinds) for key in keys[1:]]
    seen, state = jax.jit(reset)(keys[0])
    key = keys[0]

    @partial(jax.jit, donate_argnums=(1,))
    def many(key: Any, state: Any, actions: Any) -> Any:
        def body(carry: Any, chosen: Any) -> Any:
            key, state = carry
            key, own = jax.random.split(key)
            seen, state, reward, done = one(own, state, chosen)
            return (key, state), (seen, reward, done)

        if length == 1:
            (key, state), out = body((key, state), actions)
        else:
            (key, state), out = jax.lax.scan(body, (key, state), actions)
        return key, state, out, jnp.sum(out[2])

    about = {
        "agents": agents,
        "envs": number,
        "threads": case["threads"],
        "bytes": int(jax.tree.leaves(seen)[0].nbytes) // number,
    }
    turn = 0

    def step() -> Step:
        nonlocal key, state, turn
        chosen = actions[turn % DRAWN]
        turn += 1
        start = now()
        key, state, out, over = many(key, state, chosen)
        jax.block_until_ready((state, out))
        spent = now() - start
        return Step(spent, agents * number * length, number * length, int(over))

    return about, step


def jaxmarl(case: dict[str, Any]) -> tuple[int, int, Any, Any]:
    """Agents, number of actions, and reset and step of a batch."""
    import jax
    from jaxmarl import make as make_env

    number = case["envs"]
    env = make_env(case["env"], **case.get("options", {}))
    names = env.agents

    def reset(key: Any) -> Any:
        return jax.vmap(env.reset)(jax.random.split(key, number))

    def step(key: Any, state: Any, chosen: Any) -> Any:
        keys = jax.random.split(key, number)
        given = dict(zip(names, chosen, strict=True))
        seen, state, reward, done, _ = jax.vmap(env.step)(keys, state, given)
        return seen, state, reward, done["__all__"]

    return len(names), int(env.action_space(names[0]).n), reset, step


def craftax(case: dict[str, Any]) -> tuple[int, int, Any, Any]:
    """The same of Craftax, where one agent plays."""
    import jax
    import jax.numpy as jnp
    from craftax.craftax_env import make_craftax_env_from_name

    number = case["envs"]
    worlds = max(1, number // case["share"])
    env = make_craftax_env_from_name(case["env"], auto_reset=False)
    params = env.default_params

    def reset(key: Any) -> Any:
        return begin(jax.random.split(key, number))

    def begin(keys: Any) -> Any:
        return jax.vmap(env.reset, (0, None))(keys, params)

    def step(key: Any, state: Any, chosen: Any) -> Any:
        key, other = jax.random.split(key)
        keys = jax.random.split(key, number)
        old = jax.vmap(env.step, (0, 0, 0, None))(keys, state, chosen[0], params)
        seen, state, reward, done, _ = old
        new = begin(jax.random.split(other, worlds))
        place = (jnp.cumsum(done) - 1) % worlds  # which of the new worlds an ended one becomes

        def pick(new: Any, old: Any) -> Any:
            over = done.reshape((number,) + (1,) * (old.ndim - 1))
            return jnp.where(over, new[place], old)

        seen, state = jax.tree.map(pick, new, (seen, state))
        return seen, state, reward, done

    return 1, int(env.action_space(params).n), reset, step


if __name__ == "__main__":
    serve(make)
