"""The observable World: each field that an agent, a reward, a metric or a picture may read.

A field is observable when the game's API offers a member that reads it (both in 2.0 and in 2.1), or
when it belongs to the agent's own interface (facing, hand, message) or to the counters that the mod
keeps with the same rule. ``OBSERVABLE`` names that member and the integer quantum of the field.
``ENTITY`` and the other dtypes below are views of the full tables in which nothing else exists.
"""

from __future__ import annotations

import numpy as np

from . import tables

# table -> field -> (member that reads it, quantum)
OBSERVABLE: dict[str, dict[str, tuple[str, str]]] = {
    "header": {
        "tick": ("LuaGameScript.tick (since the reset)", "1 tick"),
        "width": ("LuaSurface.map_gen_settings", "1 tile"),
        "height": ("LuaSurface.map_gen_settings", "1 tile"),
        "left": ("the map's file", "1 tile"),
        "top": ("the map's file", "1 tile"),
        "overhang": ("LuaEntityPrototype.collision_box of what stands there", "1 tile"),
        "characters": ("number of agents", "1"),
        "entities": ("LuaSurface.find_entities_filtered", "1"),
        "entity_top": ("rows in use (bookkeeping of the view)", "1"),
        "piles": ("LuaSurface.find_entities_filtered", "1"),
        "changed": ("bookkeeping of the view", "1"),
        "unlocked": ("LuaForce.recipes", "1"),
        "teleport": ("an option of the task", "1"),
        "bits": ("flags of the task", "1"),
    },
    "tile": {
        "terrain": ("LuaTile.collides_with", "1"),
        "resource": ("LuaEntity.name", "prototype"),
        "amount": ("LuaEntity.amount", "1"),
        "entity": ("LuaEntity.bounding_box", "row"),
        "pile": ("LuaEntity.stack", "row"),
    },
    "entity": {
        "proto": ("LuaEntity.name", "prototype"),
        "kind": ("LuaEntity.type", "kind"),
        "direction": ("LuaEntity.direction", "1/16 turn"),
        "status": ("LuaEntity.status", "1"),
        "tiles_w": ("LuaEntity.tile_width", "1 tile"),
        "tiles_h": ("LuaEntity.tile_height", "1 tile"),
        "x": ("LuaEntity.position", "1/256 tile"),
        "y": ("LuaEntity.position", "1/256 tile"),
        "generation": ("bookkeeping of the view", "1"),
        "owner": ("agent that built it (kept by mod and engine)", "agent + 1"),
        "built": ("tick of building (kept by mod and engine)", "1 tick"),
        "slot": ("bookkeeping of the view", "row"),
        "slots": ("LuaInventory.__len", "1"),
        "fuel_slots": ("LuaEntity.get_fuel_inventory", "1"),
        "source_slots": ("LuaEntity.get_inventory", "1"),
        "result_slots": ("LuaEntity.get_output_inventory", "1"),
        "burning_item": ("LuaBurner.currently_burning", "item"),
        "recipe": ("LuaEntity.get_recipe", "recipe"),
        "finished": ("LuaEntity.products_finished", "1"),
        "giver": ("agent that inserted last (kept by mod and engine)", "agent + 1"),
        "given": ("tick of that (kept by mod and engine)", "1 tick"),
        "belt": ("bookkeeping of the view", "row"),
        "held": ("LuaEntity.held_stack", "item"),
        "hand_x": ("LuaEntity.held_stack_position", "1/256 tile"),
        "hand_y": ("LuaEntity.held_stack_position", "1/256 tile"),
        "shown_progress": ("LuaEntity.crafting_progress, mining_progress", "1/256"),
        "shown_energy": ("LuaEntity.energy", "1 J"),
        "shown_burning": ("LuaBurner.remaining_burning_fuel", "1 J"),
    },
    "belt": {
        "entity": ("bookkeeping of the view", "row"),
        "bend": ("LuaEntity.belt_shape", "shape"),
        "line": ("LuaTransportLine.line_equals", "row"),
        "start": ("bookkeeping of the view", "1/256 tile"),
    },
    "line": {
        "length": ("LuaTransportLine.line_length, summed", "1/256 tile"),
        "first": ("bookkeeping of the view", "row"),
        "last": ("bookkeeping of the view", "row"),
        "head": ("bookkeeping of the view", "row"),
        "shift": ("bookkeeping of the view", "1/256 tile"),
        "speed": ("LuaEntityPrototype.belt_speed", "1/256 tile a tick"),
    },
    "lane_item": {
        "item_id": ("LuaTransportLine.get_detailed_contents", "item"),
        "place": ("LuaTransportLine.get_detailed_contents", "1/256 tile"),
    },
    "character": {
        "active": ("LuaEntity.valid", "1"),
        "direction": ("LuaEntity.direction", "1/16 turn"),
        "walking": ("LuaControl.walking_state", "1"),
        "activity": ("what the agent's command does", "1"),
        "team": ("LuaEntity.force", "1"),
        "facing": ("the agent's interface", "1/16 turn"),
        "message": ("the agent's interface", "1"),
        "slots": ("LuaInventory.__len", "1"),
        "x": ("LuaEntity.position", "1/256 tile"),
        "y": ("LuaEntity.position", "1/256 tile"),
        "slot": ("bookkeeping of the view", "row"),
        "hand": ("the agent's interface", "item"),
        "verb": ("what the agent's command does", "1"),
        "walk_direction": ("LuaControl.walking_state", "1/16 turn"),
        "target_x": ("what the agent's command does", "1/256 tile"),
        "target_y": ("what the agent's command does", "1/256 tile"),
        "until": ("what the agent's command does", "1 tick"),
        "goal_count": ("what the agent's command does", "1"),
        "done_count": ("what the agent's command does", "1"),
        "result": ("result of the last command", "code"),
        "last_verb": ("the last command", "1"),
        "mine_kind": ("LuaControl.selected", "1"),
        "mining": ("LuaControl.mining_state", "1"),
        "mine_progress": ("LuaControl.character_mining_progress", "1/10,000 tick"),
        "mine_need": ("LuaEntityPrototype.mineable_properties", "1/10,000 tick"),
        "crafts": ("LuaControl.crafting_queue_size", "1"),
        "craft_progress": ("LuaControl.crafting_queue_progress", "1/10,000 tick"),
        "craft_need": ("LuaRecipe.energy", "1/10,000 tick"),
        "orders": ("commands of a COMPOUND that are left", "1"),
    },
}


def _view(name: str, dtype: np.dtype) -> np.dtype:
    """The dtype with the observable fields alone, at their places in the full record."""
    assert dtype.fields is not None
    names = list(OBSERVABLE[name])
    return np.dtype(
        {
            "names": names,
            "formats": [dtype.fields[field][0] for field in names],
            "offsets": [dtype.fields[field][1] for field in names],
            "itemsize": dtype.itemsize,
        }
    )


HEADER = _view("header", tables.HEADER)
TILE = _view("tile", tables.TILE)
ENTITY = _view("entity", tables.ENTITY)
BELT = _view("belt", tables.BELT)
LINE = _view("line", tables.LINE)
LANE_ITEM = _view("lane_item", tables.LANE_ITEM)
CHARACTER = _view("character", tables.CHARACTER)
