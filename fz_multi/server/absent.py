"""Members of things that this server does not model: they answer as for an entity without them.

No fluids, no electricity, no filters, no repair and no shooting. Reading says so; asking for
something that would have to happen raises.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .registry import LuaError, getter, method, setter

if TYPE_CHECKING:
    from .game import Game


def _reads(cls: str, name: str, value: Any) -> None:
    getter(cls, name)(lambda game, handle: dict(value) if isinstance(value, dict) else value)


def _answers(cls: str, name: str, value: Any) -> None:
    method(cls, name)(lambda game, handle, *args: dict(value) if isinstance(value, dict) else value)


def _keeps(cls: str, name: str, usual: Any) -> None:
    """A write of what is there already passes; another one raises."""

    def write(game: Game, handle: int, value: Any) -> None:
        if value != usual:
            raise LuaError(f"{cls}::{name}: this server knows only {usual!r}.")

    setter(cls, name)(write)


def _refuses(cls: str, name: str) -> None:
    def call(game: Game, handle: int, *args: Any) -> Any:
        raise LuaError(f"{cls}::{name} is not offered by this server.")

    method(cls, name)(call)


_members: tuple[tuple[str, Any], ...] = (
    ("fluids_count", 0),
    ("electric_network_id", None),
    ("belt_to_ground_type", None),
)
for _name, _value in _members:
    _reads("LuaEntity", _name, _value)
_members = (
    ("get_fluid", None),
    ("get_fluid_count", 0.0),
    ("get_fluid_contents", {}),
    ("insert_fluid", 0.0),
    ("clear_fluid_inside", None),
    ("get_filter", None),
    ("get_wire_connectors", {}),
    ("get_wire_connector", None),
)
for _name, _value in _members:
    _answers("LuaEntity", _name, _value)
for _name in ("set_recipe", "set_filter", "mine", "clone"):
    _refuses("LuaEntity", _name)
_members = (
    ("bonus_progress", 0),
    ("use_filters", False),
    ("inserter_stack_size_override", 0),
    ("mirroring", False),
    ("last_user", None),
    ("associated_player", None),
)
for _name, _value in _members:
    _keeps("LuaEntity", _name, _value)

for _name in (
    "character_running_speed_modifier",
    "character_mining_speed_modifier",
    "character_crafting_speed_modifier",
    "character_inventory_slots_bonus",
):
    _keeps("LuaControl", _name, 0)
for _name in ("mine_tile", "mine_entity"):
    _refuses("LuaControl", _name)


@getter("LuaControl", "repair_state")
def repair_state(game: Game, handle: int) -> dict[str, Any]:
    return {"repairing": False, "position": {"x": 0, "y": 0}}


@setter("LuaControl", "repair_state")
def set_repair_state(game: Game, handle: int, value: dict[str, Any]) -> None:
    if value.get("repairing"):
        raise LuaError("repair_state: nothing can be repaired on this server.")


@getter("LuaControl", "shooting_state")
def shooting_state(game: Game, handle: int) -> dict[str, Any]:
    return {"state": 0, "position": {"x": 0, "y": 0}}


@setter("LuaControl", "shooting_state")
def set_shooting_state(game: Game, handle: int, value: dict[str, Any]) -> None:
    if value.get("state"):
        raise LuaError("shooting_state: nobody shoots on this server.")


for _name in ("delete_chunk", "request_path", "clone_area", "create_global_electric_network"):
    _refuses("LuaSurface", _name)
for _name in ("get_bar", "set_bar"):
    _refuses("LuaInventory", _name)
_answers("LuaForce", "script_trigger_research", None)  # none of the modelled triggers is scripted
_reads("LuaEntityPrototype", "electric_energy_source_prototype", None)
_refuses("LuaFlowStatistics", "get_flow_count")
_refuses("LuaHelpers", "recv_udp")
