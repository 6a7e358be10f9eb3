"""Numbers of ``defines``: as read from a running 2.0.60 where known, else the order of the names.

Nothing promises the numbers between releases, so mods use names. What 2.1 added has no known
number and is numbered behind the known ones.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from .api import Api

DIRECTIONS = """
north northnortheast northeast eastnortheast east eastsoutheast southeast southsoutheast south
southsouthwest southwest westsouthwest west westnorthwest northwest northnorthwest
"""
STATUSES = """
working normal ghost broken not_plugged_in_electric_network networks_connected
networks_disconnected charging discharging fully_charged turned_off_during_daytime
cant_divide_segments not_connected_to_rail low_power out_of_logistic_network
waiting_for_plants_to_grow no_spot_seedable_by_inputs no_ingredients no_recipe
no_research_in_progress no_minable_resources not_connected_to_hub_or_pad low_input_fluid
no_input_fluid fluid_ingredient_shortage item_ingredient_shortage full_output
not_enough_space_in_output full_burnt_result_output missing_required_fluid missing_science_packs
waiting_for_source_items waiting_for_more_items waiting_for_space_in_destination
preparing_rocket_for_launch waiting_to_launch_rocket waiting_for_space_in_platform_hub
launching_rocket thrust_not_required on_the_way waiting_in_orbit waiting_at_stop
waiting_for_rockets_to_arrive not_enough_thrust destination_stop_full no_path
no_modules_to_transmit recharging_after_power_outage waiting_for_target_to_be_built
waiting_for_train no_ammo low_temperature no_fuel no_power disabled_by_control_behavior
closed_by_circuit_network opened_by_circuit_network frozen paused disabled_by_script disabled
marked_for_deconstruction computing_navigation no_filter pipeline_overextended
recipe_not_researched recipe_is_parameter
"""
KNOWN: dict[str, dict[str, int]] = {
    "direction": {
        name: number
        for number, name in enumerate(DIRECTIONS.split())
    },
    "inventory": {
        "fuel": 1, "burnt_result": 6, "chest": 1, "logistic_container_trash": 2,
        "character_corpse": 1, "character_main": 1, "character_guns": 3, "character_ammo": 4,
        "character_armor": 5, "character_vehicle": 7, "character_trash": 8,
        "crafter_input": 2, "crafter_output": 3, "crafter_modules": 4, "crafter_trash": 8,
        "furnace_source": 2, "furnace_result": 3, "furnace_modules": 4, "furnace_trash": 8,
        "assembling_machine_input": 2, "assembling_machine_output": 3,
        "assembling_machine_modules": 4, "assembling_machine_trash": 8,
        "assembling_machine_dump": 7, "lab_input": 2, "lab_modules": 3, "lab_trash": 8,
        "mining_drill_modules": 2, "beacon_modules": 1, "turret_ammo": 1, "roboport_robot": 1,
        "roboport_material": 2, "robot_cargo": 1, "robot_repair": 2, "car_trunk": 2, "car_ammo": 3,
        "car_trash": 4, "spider_trunk": 2, "spider_ammo": 3, "spider_trash": 4, "cargo_wagon": 1,
        "rocket_silo_input": 2, "rocket_silo_output": 3, "rocket_silo_modules": 4,
        "rocket_silo_rocket": 9, "rocket_silo_trash": 11, "item_main": 1, "god_main": 2,
        "editor_main": 1, "linked_container_main": 1, "proxy_main": 1,
    },
    "build_check_type": {
        "script": 0, "manual": 1, "script_ghost": 2, "manual_ghost": 3, "blueprint_ghost": 4,
        "ghost_revive": 5,
    },
    "controllers": {
        "ghost": 0, "character": 1, "god": 2, "editor": 4, "spectator": 5, "cutscene": 6,
        "remote": 7,
    },
    "transport_line": {
        "left_line": 1, "right_line": 2, "left_underground_line": 3, "right_underground_line": 4,
        "secondary_left_line": 3, "secondary_right_line": 4, "left_split_line": 5,
        "right_split_line": 6, "secondary_left_split_line": 7, "secondary_right_split_line": 8,
    },
    "flow_precision_index": {
        "five_seconds": 0, "one_minute": 1, "ten_minutes": 2, "one_hour": 3, "ten_hours": 4,
        "fifty_hours": 5, "two_hundred_fifty_hours": 6, "one_thousand_hours": 7,
    },
    "chunk_generated_status": {
        "nothing": 0, "custom_tiles": 10, "basic_tiles": 20, "corrected_tiles": 30, "tiles": 40,
        "entities": 50,
    },
    "shooting": {"not_shooting": 0, "shooting_enemies": 1, "shooting_selected": 2},
    "target_type": {
        "entity": 1, "equipment": 2, "equipment_grid": 3, "item": 4, "player": 10, "surface": 14,
        "train": 15,
    },
    "difficulty": {"easy": 0, "normal": 1, "hard": 2},
    "wire_connector_id": {"circuit_red": 1, "circuit_green": 2, "pole_copper": 5},
    "entity_status": {
        name: number
        for number, name in enumerate(STATUSES.split(), 1)
    },
    "events": {
        "on_tick": 0, "on_entity_died": 4, "on_built_entity": 6, "on_player_mined_item": 8,
        "on_chunk_generated": 15, "on_player_crafted_item": 16, "on_robot_built_entity": 17,
        "on_research_started": 20, "on_research_finished": 21, "on_player_created": 31,
        "on_resource_depleted": 32, "on_player_joined_game": 50, "on_surface_created": 68,
        "on_surface_deleted": 69, "on_pre_surface_deleted": 70, "on_player_mined_entity": 72,
        "on_console_command": 85, "script_raised_built": 90, "script_raised_destroy": 91,
        "script_raised_teleported": 93, "on_surface_cleared": 123, "on_chunk_deleted": 125,
        "on_script_path_request_finished": 131, "on_post_entity_died": 150,
        "on_object_destroyed": 175, "on_udp_packet_received": 205,
    },
}  # fmt: skip


@cache
def numbers(version: str) -> dict[str, dict[str, int]]:
    """Group (dotted path below ``defines``) -> name -> number, for a release."""
    found = {}
    for path, names in Api(version).define_names.items():
        known = KNOWN.get(path, {})
        taken = set(known.values())
        values, following = {}, 0
        for name in names:
            if name in known:
                values[name] = known[name]
                continue
            while following in taken:
                following += 1
            values[name] = following
            taken.add(following)
        found[path] = values
    return found


def tree(version: str) -> dict[str, Any]:
    """``defines`` as nested dicts, as Lua sees it."""
    root: dict[str, Any] = {}
    for path, values in numbers(version).items():
        node = root
        for part in path.split("."):
            node = node.setdefault(part, {})
        node.update(values)
    return root
