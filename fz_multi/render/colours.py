"""The colours of the pictures, in one place (RGB)."""

from __future__ import annotations

# ground
LAND = (151, 148, 108)
LAND_DARK = (137, 135, 96)
LAND_LIGHT = (166, 163, 122)
GRASS = (121, 134, 82)
WATER = (52, 108, 148)
WATER_LIGHT = (92, 150, 186)
SHORE = (196, 182, 132)
VOID = (44, 44, 46)
VOID_LINE = (54, 54, 57)
GRID = (0, 0, 0, 14)

# materials
IRON_ORE = (108, 138, 166)
COPPER_ORE = (208, 112, 62)
COAL = (40, 40, 44)
STONE = (196, 178, 140)
URANIUM = (110, 190, 60)
OIL = (52, 36, 62)
IRON_PLATE = (190, 196, 202)
COPPER_PLATE = (226, 138, 88)
STEEL = (150, 158, 172)
WOOD = (146, 98, 56)
WOOD_LIGHT = (182, 130, 80)
BRICK = (164, 152, 136)

# machines
OUTLINE = (34, 32, 30)
METAL = (122, 124, 126)
METAL_DARK = (76, 78, 82)
METAL_LIGHT = (172, 174, 176)
BRASS = (196, 148, 66)
BRASS_DARK = (138, 98, 44)
FIRE = (255, 138, 30)
FIRE_HOT = (255, 226, 120)
ARROW = (255, 222, 60)

# marks and text
RED = (222, 56, 48)
ORANGE = (240, 150, 36)
YELLOW = (250, 206, 62)
GREEN = (98, 196, 84)
GREY = (140, 142, 146)
WHITE = (250, 250, 248)
INK = (24, 24, 26)
PANEL = (36, 37, 41)
PANEL_LIGHT = (54, 56, 62)
PANEL_TEXT = (228, 228, 226)
PANEL_DIM = (160, 162, 166)

# one an agent, easy to tell apart side by side; repeats after twelve
AGENTS = (
    (58, 134, 232),
    (246, 140, 40),
    (214, 72, 158),
    (34, 176, 160),
    (244, 206, 56),
    (146, 92, 214),
    (228, 76, 70),
    (134, 200, 74),
    (90, 200, 236),
    (176, 120, 84),
    (250, 156, 188),
    (172, 180, 190),
)

# zones of a goal
ZONES = ((86, 170, 255), (255, 176, 66), (190, 120, 255), (96, 220, 140))


def agent(index: int) -> tuple[int, int, int]:
    """The colour of an agent."""
    return AGENTS[index % len(AGENTS)]
