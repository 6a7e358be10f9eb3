"""Write ``mod/gym/data.lua``: the names and numbers that the mod and Python must agree on.

    python tools/write_mod_data.py            write the file
    python tools/write_mod_data.py --check    exit 1 when it is not up to date

Everything comes from `fz_multi.prototypes`, `fz_multi.commands` and the engine's constants, so that
the mod holds no second list of anything. Only names and identifiers are written: what the game can
say about itself at run time (stack sizes, mining times, recipes) the mod asks the game.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from fz_multi import commands
from fz_multi.engine import constants, tables
from fz_multi.engine.proto_tables import KIND_OF_TYPE, build, is_modelled
from fz_multi.prototypes import Prototypes, load

FILE = Path(__file__).resolve().parents[1] / "mod" / "gym" / "data.lua"
WIDTH = 100

KIND_NAMES = {
    **constants.KIND_NAMES,
    constants.KIND_RESOURCE: "resource",
    constants.KIND_CHARACTER: "character",
}


def wrap(words: Iterable[str], indent: str = "  ") -> str:
    """Words with commas behind them, in lines of at most `WIDTH` characters."""
    lines, line = [], indent
    for word in words:
        if len(line) + len(word) + 2 > WIDTH and line.strip():
            lines.append(line.rstrip())
            line = indent
        line += word + ", "
    lines.append(line.rstrip())
    return "\n".join(line for line in lines if line)


def quoted(names: Iterable[str]) -> str:
    return wrap(f'"{name}"' for name in names)


def numbered(pairs: Mapping[str, int]) -> str:
    return wrap(f"{key(name)} = {number}" for name, number in pairs.items())


def key(name: str) -> str:
    return name if name.isidentifier() else f'["{name}"]'


def kinds(numbers: Prototypes) -> str:
    """One row for each entity that the engine runs; boxes in 1/256 tile, facing north."""
    table = build(numbers.version).kinds
    rows = []
    for entity in numbers.entities.values():
        if not is_modelled(entity):
            continue
        row = table[entity.id]
        fields = [
            f'kind = "{KIND_NAMES[int(row.kind)]}"',
            f"w = {int(row.w)}",
            f"h = {int(row.h)}",
            "modelled = true",
            "box = {" + ", ".join(str(int(value)) for value in row.box) + "}",
        ]
        if row.rotates:
            fields.append("rotates = true")
        if row.blocks_walk:
            fields.append("blocks_walk = true")
        if row.item_id:
            fields.append(f'item = "{numbers.item_name(int(row.item_id))}"')
        rows.append(f"  {key(entity.name)} = {{ {', '.join(fields)} }},")
    assert set(KIND_OF_TYPE.values()) <= set(KIND_NAMES), "a kind without a name"
    return "\n".join(rows)


def deposit_products(numbers: Prototypes) -> list[str]:
    table = build(numbers.version)
    modelled = [e for e in numbers.entities.values() if e.type == "resource" and is_modelled(e)]
    return sorted({numbers.item_name(int(table.kinds[e.id].item_id)) for e in modelled})


def text(version: str = "2.0.77") -> str:
    """The whole file."""
    numbers = load(version)
    recipes = build(version).recipes
    verbs = {verb.name: verb.number for verb in commands.VERBS.values()}
    statuses = {name: n for n, name in enumerate(constants.STATUS_NAMES) if name}
    by_hand = [n for n, r in numbers.recipes.items() if recipes[r.id].hand]
    smelted = [n for n, r in numbers.recipes.items() if recipes[r.id].smelting]
    smelts = {
        recipe.ingredients[0].name: name
        for name, recipe in numbers.recipes.items()
        if name in smelted
    }
    true = [f"{key(name)} = true" for name in deposit_products(numbers)]
    triggers = {n: t for n, t in numbers.technologies.items() if t.trigger}
    trigger_rows = "\n".join(
        f'  {key(name)} = {{ kind = "{t.trigger}", target = "{t.trigger_target}", '
        f"count = {t.trigger_count} }},"
        for name, t in triggers.items()
    )
    return f"""-- Names and numbers that mod and Python share.
-- Written by tools/write_mod_data.py from fz_multi.prototypes; do not edit.

local M = {{}}

-- Names in the order of their ids, from 1.
M.items = {{
{quoted(numbers.items)}
}}

M.entities = {{
{quoted(numbers.entities)}
}}

M.recipes = {{
{quoted(numbers.recipes)}
}}

M.technologies = {{
{quoted(numbers.technologies)}
}}

-- Entities that are modelled: kind, footprint in tiles, collision box (1/256 tile, facing north).
M.kinds = {{
{kinds(numbers)}
}}

-- What deposits give.
M.deposit_products = {{
{wrap(true)}
}}

-- Recipes that a character makes by hand, and those of furnaces.
M.by_hand = {{
{quoted(by_hand)}
}}

M.smelting = {{
{quoted(smelted)}
}}

-- Item -> recipe of a furnace that takes it.
M.smelts = {{
{wrap(f'{key(item)} = "{recipe}"' for item, recipe in smelts.items())}
}}

-- Technologies that something in the world sets off.
M.triggers = {{
{trigger_rows}
}}

M.verbs = {{
{numbered(verbs)}
}}

M.codes = {{
{numbered(commands.CODE_NUMBER)}
}}

-- Names of defines.entity_status; 0 stands for none.
M.status = {{
{numbered(statuses)}
}}

-- Counters of an agent and of an item, in the order of the wire.
M.agent_counters = {{
{quoted(tables.AGENT.names or ())}
}}

M.stat_counters = {{
{quoted(name for name in tables.STAT.names or () if name not in ("given", "removed"))}
}}

-- Limits of fz_multi.commands and of the engine.
M.limits = {{
{
        numbered(
            {
                "coordinate": commands.MAX_COORDINATE,
                "count": commands.MAX_COUNT,
                "ticks": commands.MAX_TICKS,
                "message": commands.MAX_MESSAGE,
                "compound": commands.MAX_COMPOUND,
                "agents": constants.MAX_AGENTS,
            }
        )
    }
}}

---@param names string[]
---@return table<string, integer>
local function numbers_of(names)
  local ids = {{}}
  for id, name in ipairs(names) do
    ids[name] = id
  end
  return ids
end

M.item_id = numbers_of(M.items)
M.entity_id = numbers_of(M.entities)
M.recipe_id = numbers_of(M.recipes)
M.technology_id = numbers_of(M.technologies)
M.verb_names = {{}}
for name, number in pairs(M.verbs) do
  M.verb_names[number] = name
end
M.code_names = {{}}
for name, number in pairs(M.codes) do
  M.code_names[number] = name
end

return M
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--check", action="store_true", help="only compare")
    if parser.parse_args().check:
        if FILE.read_text("utf-8") == text():
            return 0
        print(f"{FILE} is not up to date; run python tools/write_mod_data.py", file=sys.stderr)
        return 1
    FILE.write_text(text(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
