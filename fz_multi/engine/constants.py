"""Numbers that every kernel shares: units, kinds, statuses, activities.

Units: positions in 1/256 tile (x east, y south), time in ticks (60 per second), energy in
1/40,320 J, speeds in 1/10,000, fractions of a tick in 2^-20, progress in 1/(10,000 * 2^20) tick.
The divisor 40,320 makes every buffer of the base game (16/15 of a tick's use) a whole number.
"""

TILE = 256  # position units per tile
JOULE = 40_320  # energy units per joule
SPEED = 10_000  # speed 1.0
FULL = 1 << 20  # satisfaction 1.0
TICK = SPEED * FULL  # progress of one full tick at speed 1
MAX_AGENTS = 16

# -- kinds of entity: what code drives it (prototype data says how strong it is) ---------------
KIND_NONE = 0
KIND_CHEST = 1
KIND_WALL = 2  # any passive obstacle that can be built
KIND_TREE = 3
KIND_ROCK = 4
KIND_DRILL = 5
KIND_FURNACE = 6
KIND_BELT = 7
KIND_INSERTER = 8
KIND_RESOURCE = 20  # lives in tiles, not in the entity table
KIND_CHARACTER = 21
KIND_LATER = 30  # a prototype of the game that this engine does not run yet
KIND_NAMES = {
    KIND_CHEST: "container",
    KIND_WALL: "wall",
    KIND_TREE: "tree",
    KIND_ROCK: "rock",
    KIND_DRILL: "mining-drill",
    KIND_FURNACE: "furnace",
    KIND_BELT: "transport-belt",
    KIND_INSERTER: "inserter",
}

# -- terrain -----------------------------------------------------------------------------------
LAND = 0
WATER = 1
VOID = 2  # outside of an irregular map; behaves as water that nothing can fill

# -- directions: the game's sixteen, north 0, clockwise ----------------------------------------
NORTH, NORTHEAST, EAST, SOUTHEAST, SOUTH, SOUTHWEST, WEST, NORTHWEST = 0, 2, 4, 6, 8, 10, 12, 14
DIRECTION_NAMES = {
    0: "north",
    2: "northeast",
    4: "east",
    6: "southeast",
    8: "south",
    10: "southwest",
    12: "west",
    14: "northwest",
}

# -- statuses: the game's names (defines.entity_status); 0 = a kind that has none -----------------
STATUS_NAMES = (
    "",
    "working",
    "normal",
    "no_power",
    "low_power",
    "no_fuel",
    "no_recipe",
    "no_ingredients",
    "item_ingredient_shortage",
    "fluid_ingredient_shortage",
    "full_output",
    "no_minable_resources",
    "waiting_for_source_items",
    "waiting_for_space_in_destination",
    "no_research_in_progress",
    "missing_science_packs",
    "not_plugged_in_electric_network",
)
(
    STATUS_NONE,
    STATUS_WORKING,
    STATUS_NORMAL,
    STATUS_NO_POWER,
    STATUS_LOW_POWER,
    STATUS_NO_FUEL,
    STATUS_NO_RECIPE,
    STATUS_NO_INGREDIENTS,
    STATUS_ITEM_SHORTAGE,
    STATUS_FLUID_SHORTAGE,
    STATUS_FULL_OUTPUT,
    STATUS_NO_MINABLE,
    STATUS_WAITING_SOURCE,
    STATUS_WAITING_SPACE,
    STATUS_NO_RESEARCH,
    STATUS_MISSING_PACKS,
    STATUS_NOT_PLUGGED,
) = range(len(STATUS_NAMES))

# -- what a character is busy with -------------------------------------------------------------
ACTIVITY_NONE = 0
ACTIVITY_WALK = 1  # until told otherwise, or for some ticks
ACTIVITY_WALK_TO = 2  # to a point
ACTIVITY_MINE = 3
ACTIVITY_WAIT = 4
ACTIVITY_CRAFT = 5  # a COMPOUND waits for its craft
ACTIVITY_NAMES = ("idle", "walking", "walking", "mining", "waiting", "crafting")

# -- what is being mined by hand ---------------------------------------------------------------
MINE_NOTHING = 0
MINE_ENTITY = 1
MINE_RESOURCE = 2
MINE_PILE = 3

# -- character numbers (mechanics 2.1, 2.2, 2.5), 1/256 tile -----------------------------------
CHARACTER_HALF = 51
STRIDE = 38
STRIDE_DIAGONAL = 27
SLIDE_LIMIT = 179
NARROW_GAP = 128
REACH = 2560
RESOURCE_REACH = 691
PICKUP_REACH = 256
ARRIVED = 19  # half a stride: a walk to a point ends within this, on both axes
PILE_HALF = 35
PILE_SELECT_HALF = 43
PILE_BLOCK = 70
PILE_RING = 88
RESOURCE_HALF = 25
CHARACTER_SLOTS = 80

# -- phases of a tick ----------------------------------------------------------------------------
PHASE_BETWEEN, PHASE_CHARACTERS, PHASE_BELTS, PHASE_ARMS, PHASE_MACHINES = range(5)

NEVER = 1 << 62
