"""The numbers of verbs, result codes and inventories, from their one definition, for kernels."""

from __future__ import annotations

from fz_multi.commands import CODE_NUMBER, INVENTORIES, VERBS

WAIT = VERBS["WAIT"].number
MOVE = VERBS["MOVE"].number
MINE = VERBS["MINE"].number
BUILD = VERBS["BUILD"].number
CRAFT = VERBS["CRAFT"].number
INSERT = VERBS["INSERT"].number
TAKE = VERBS["TAKE"].number
SET_RECIPE = VERBS["SET_RECIPE"].number
ROTATE = VERBS["ROTATE"].number
PICK_UP = VERBS["PICK_UP"].number
DROP = VERBS["DROP"].number
RESEARCH = VERBS["RESEARCH"].number
SAY = VERBS["SAY"].number
CANCEL = VERBS["CANCEL"].number
COMPOUND = VERBS["COMPOUND"].number

OK = CODE_NUMBER["ok"]
RUNNING = CODE_NUMBER["running"]
UNKNOWN_AGENT = CODE_NUMBER["unknown_agent"]
OUT_OF_MAP = CODE_NUMBER["out_of_map"]
OUT_OF_REACH = CODE_NUMBER["out_of_reach"]
NOTHING_THERE = CODE_NUMBER["nothing_there"]
NOT_MINABLE = CODE_NUMBER["not_minable"]
WRONG_ENTITY = CODE_NUMBER["wrong_entity"]
INSUFFICIENT_ITEMS = CODE_NUMBER["insufficient_items"]
INVENTORY_FULL = CODE_NUMBER["inventory_full"]
TARGET_FULL = CODE_NUMBER["target_full"]
NOT_ACCEPTED = CODE_NUMBER["not_accepted"]
CANNOT_PLACE = CODE_NUMBER["cannot_place"]
OCCUPIED = CODE_NUMBER["occupied"]
CHARACTER_IN_THE_WAY = CODE_NUMBER["character_in_the_way"]
WATER_IN_THE_WAY = CODE_NUMBER["water_in_the_way"]
NEEDS_RESOURCE = CODE_NUMBER["needs_resource"]
BLOCKED = CODE_NUMBER["blocked"]
NOT_ALLOWED = CODE_NUMBER["not_allowed"]
RECIPE_LOCKED = CODE_NUMBER["recipe_locked"]
NOT_HAND_CRAFTABLE = CODE_NUMBER["not_hand_craftable"]
QUEUE_FULL = CODE_NUMBER["queue_full"]
CANNOT_ROTATE = CODE_NUMBER["cannot_rotate"]
NOTHING_TO_TAKE = CODE_NUMBER["nothing_to_take"]
NOTHING_RUNNING = CODE_NUMBER["nothing_running"]
NOT_IMPLEMENTED = CODE_NUMBER["not_implemented"]
CANCELLED = CODE_NUMBER["cancelled"]

ANY = INVENTORIES["any"]
FUEL = INVENTORIES["fuel"]
SOURCE = INVENTORIES["source"]
RESULT = INVENTORIES["result"]
CHEST = INVENTORIES["chest"]
