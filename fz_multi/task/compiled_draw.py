"""Maps drawn in compiled code: what `Map.draw` draws, number by number, for many worlds.

`compile_plan` makes the *program* that runs here. Of each world of a batch there are a row of
``numbers`` (int64) and a row of ``layout`` (uint8), the text that `MapInstance.layout` hashes:
head, terrain, resource, amount (four bytes a tile, the lowest first), goal, entities. Positions are
in 1/256 tile.

A draw that cannot be (a window that leaves the map, too few tiles for a team) gives a status other
than `DRAWN`; `Map.draw` with the same seed then raises the error that says why.
"""

from __future__ import annotations

from fz_multi.engine.constants import LAND
from fz_multi.engine.jit import entry, kernel
from fz_multi.task.hashing import sha256
from fz_multi.task.stream import STREAM, below, between, next_seed, start_stream

MAX_SEED = (1 << 63) - 1
DRAWN, LEAVES_MAP, CROWDED, TOO_ALIKE = range(4)  # status of a draw
SKIP, SEEDED, FOLLOWS = range(3)  # what `draw_maps` is to do with a world

# The program: its head, then the sections of each plan and what they point to.
HEAD = 9
(
    H_STANDARD, H_PLAYED, H_KEY, H_KEY_SIZE, H_EVAL, H_SHARE, H_TRIES, H_RESOURCES, H_HANDS,
) = range(HEAD)  # fmt: skip
# A plan, at its base. Of lists: where the first row lies, and how many there are.
PLAN_FIELDS = 30
(
    P_WIDTH, P_HEIGHT, P_LEFT, P_TOP, P_GROUND, P_TURN, P_MIRROR, P_VARIES, P_TEAM, P_HEAD,
    P_HEAD_SIZE, P_PLACES, P_PLACES_N, P_TERRAIN, P_TERRAIN_N, P_RESOURCES, P_RESOURCES_N, P_AREAS,
    P_AREAS_N, P_THINGS, P_THINGS_N, P_GROUPS, P_GROUPS_N, P_AT_POINTS, P_AT_THINGS, P_AT_TEAM,
    P_AT_AREAS, P_AT_TILES, P_AT_TEXT, P_TEXT_SIZE,
) = range(PLAN_FIELDS)  # fmt: skip
# Rows. A place 0 is the origin; the areas of tagged entities follow the named ones.
PLACE = 4  # x and y, first and last
WINDOW = 5  # place, x0, y0, x1, y1: how the rows of terrain, resources, areas and groups begin
SPOT = 6  # window, tile or shown
PATCH = 9  # window, resource, radius, amount from, to
R_NAME, R_RADIUS, R_LOW, R_HIGH = range(WINDOW, PATCH)
THING = 14
(
    T_PLACE, T_X, T_Y, T_DIRECTION, T_TAGGED, T_SHOWN, T_PROTO, T_ITEMS, T_ITEMS_N, T_ROTATES,
    T_BEFORE, T_BEFORE_N, T_AFTER, T_AFTER_N,
) = range(THING)  # fmt: skip
# A row of numbers: what came of the draw, then scratch, then the sections.
N_STATUS, N_ATTEMPT, N_TURNS, N_MIRRORED, N_ORIGIN, N_DOWN, N_ACROSS, N_BYTES, N_HASH = range(9)
N_WORLD = N_HASH + 8
N_TEAM = N_WORLD + STREAM
N_SECTIONS = N_TEAM + STREAM

UNIT, COMMA, MINUS, POINT, ZERO = 0x1F, 0x2C, 0x2D, 0x2E, 0x30
COMMA_Y = tuple(b", y=")
DIRECTION = tuple(b", direction=")


# -- text ------------------------------------------------------------------------------------------
@kernel
def put_number(text, at, number):
    """Write a whole number from 0 up; returns where it ends."""
    size, rest = 1, number // 10
    while rest:
        size, rest = size + 1, rest // 10
    for place in range(at + size - 1, at - 1, -1):
        text[place] = ZERO + number % 10
        number //= 10
    return at + size


@kernel
def put_position(text, at, value):
    """Write 1/256 tiles as Python writes the float; its expansion is short enough to be exact."""
    if value < 0:
        text[at] = MINUS
        at, value = at + 1, -value
    at = put_number(text, at, value >> 8)
    text[at] = POINT
    at += 1
    rest = value & 255
    while True:
        rest *= 10
        text[at] = ZERO + (rest >> 8)
        at += 1
        rest &= 255
        if rest == 0:
            return at


@kernel
def put_program(text, at, program, first, size):
    """Write a text that stands in the program."""
    for i in range(size):
        text[at + i] = program[first + i]
    return at + size


@kernel
def put_thing(text, at, program, thing, x, y, direction):
    """Write what ``repr`` gives of an entity."""
    at = put_program(text, at, program, program[thing + T_BEFORE], program[thing + T_BEFORE_N])
    at = put_position(text, at, x)
    for letter in COMMA_Y:
        text[at] = letter
        at += 1
    at = put_position(text, at, y)
    for letter in DIRECTION:
        text[at] = letter
        at += 1
    at = put_number(text, at, direction)
    return put_program(text, at, program, program[thing + T_AFTER], program[thing + T_AFTER_N])


@kernel
def comes_before(text, a, a_end, b, b_end):
    """Whether one text sorts before another."""
    while a < a_end and b < b_end:
        if text[a] != text[b]:
            return text[a] < text[b]
        a, b = a + 1, b + 1
    return a == a_end and b < b_end


@kernel
def put_things(program, plan, numbers, layout, at):
    """Write the sorted texts of the entities behind the arrays; returns where they end."""
    count = program[plan + P_THINGS_N]
    if count == 0:
        return at
    spans = program[plan + P_AT_TEXT]  # in the row of numbers: begin and end of each text
    place = at + program[plan + P_TEXT_SIZE]  # written there first, unsorted
    for i in range(count):
        point = program[plan + P_AT_THINGS] + 3 * i
        thing = program[plan + P_THINGS] + THING * i
        x, y, direction = numbers[point], numbers[point + 1], numbers[point + 2]
        numbers[spans + 2 * i] = place
        place = put_thing(layout, place, program, thing, x, y, direction)
        numbers[spans + 2 * i + 1] = place
    for i in range(1, count):  # few, and mostly in order already
        begin, stop = numbers[spans + 2 * i], numbers[spans + 2 * i + 1]
        other = i - 1
        while other >= 0 and comes_before(
            layout, begin, stop, numbers[spans + 2 * other], numbers[spans + 2 * other + 1]
        ):
            numbers[spans + 2 * other + 2] = numbers[spans + 2 * other]
            numbers[spans + 2 * other + 3] = numbers[spans + 2 * other + 1]
            other -= 1
        numbers[spans + 2 * other + 2], numbers[spans + 2 * other + 3] = begin, stop
    for i in range(count):
        for place in range(numbers[spans + 2 * i], numbers[spans + 2 * i + 1]):
            layout[at] = layout[place]
            at += 1
    return at


# -- seeds -----------------------------------------------------------------------------------------
EPISODES = tuple(b"episodes\x1f")
AGENTS = tuple(b"\x1fagents")


@kernel
def start_episodes(seed, stream, numbers, layout):
    """The chain of seeds that follows from a seed: ``Draw(hashed("episodes", seed))``."""
    at = 0
    for letter in EPISODES:
        layout[at] = letter
        at += 1
    digest = numbers[N_HASH:N_WORLD]
    sha256(digest, layout, put_number(layout, at, seed))
    start_stream(stream, digest)


@kernel
def start_streams(program, seed, attempt, numbers, layout):
    """Streams of the world and of the team for one attempt at a seed."""
    digest = numbers[N_HASH:N_WORLD]
    for team in range(2):
        at = put_program(layout, 0, program, program[H_KEY], program[H_KEY_SIZE])
        at = put_number(layout, at, seed)
        if attempt:
            layout[at] = UNIT
            at = put_number(layout, at + 1, attempt)
        if team:
            for letter in AGENTS:
                layout[at] = letter
                at += 1
        sha256(digest, layout, at)
        first = N_TEAM if team else N_WORLD
        start_stream(numbers[first : first + STREAM], digest)


# -- drawing ---------------------------------------------------------------------------------------
@kernel
def window(program, plan, row, numbers):
    """An area as rows and columns (from, to, from, to); the first is -1 when it leaves the map."""
    point = program[plan + P_AT_POINTS] + 2 * program[row]
    left = numbers[point] - program[plan + P_LEFT]
    top = numbers[point + 1] - program[plan + P_TOP]
    c0, r0 = program[row + 1] + left, program[row + 2] + top
    c1, r1 = program[row + 3] + left, program[row + 4] + top
    if r0 < 0 or c0 < 0 or r1 > program[plan + P_HEIGHT] or c1 > program[plan + P_WIDTH]:
        return -1, 0, 0, 0
    return r0, r1, c0, c1


@kernel
def set_turning(program, plan, numbers):
    """Where a tile of the file's frame lies in the turned arrays: origin + down r + across c."""
    width, height = program[plan + P_WIDTH], program[plan + P_HEIGHT]
    row, row_r, row_c = 0, 1, 0
    column, column_r, column_c = 0, 0, 1
    if numbers[N_MIRRORED]:
        column, column_c = width - 1, -1
    for _ in range(numbers[N_TURNS]):
        row, row_r, row_c, column, column_r, column_c = (
            column, column_r, column_c, height - 1 - row, -row_r, -row_c,
        )  # fmt: skip
    numbers[N_ORIGIN] = row * width + column
    numbers[N_DOWN] = row_r * width + column_r
    numbers[N_ACROSS] = row_c * width + column_c


@kernel
def paint(numbers, layout, first, r0, r1, c0, c1, value):
    for r in range(r0, r1):
        at = first + numbers[N_ORIGIN] + r * numbers[N_DOWN]
        for c in range(c0, c1):
            layout[at + c * numbers[N_ACROSS]] = value


@kernel
def draw_resources(program, plan, numbers, layout, first):
    """Deposits with their amounts; ``first`` is where the terrain lies. Returns the status."""
    world = numbers[N_WORLD : N_WORLD + STREAM]
    tiles = program[plan + P_WIDTH] * program[plan + P_HEIGHT]
    for patch in range(program[plan + P_RESOURCES_N]):
        spot = program[plan + P_RESOURCES] + PATCH * patch
        name, radius = program[spot + R_NAME], program[spot + R_RADIUS]
        low, high = program[spot + R_LOW], program[spot + R_HIGH]
        r0, r1, c0, c1 = window(program, plan, spot, numbers)
        if r0 < 0:
            return LEAVES_MAP
        sure, perhaps = (2 * radius - 2) ** 2, (2 * radius) ** 2
        for r in range(r0, r1):
            dy = 2 * (r - r0 - radius) + 1
            for c in range(c0, c1):
                kept = True
                if radius:
                    dx = 2 * (c - c0 - radius) + 1
                    distance = dx * dx + dy * dy
                    ragged = below(world, 2) == 0
                    kept = distance <= sure or (distance <= perhaps and ragged)
                size = between(world, low, high)
                tile = numbers[N_ORIGIN] + r * numbers[N_DOWN] + c * numbers[N_ACROSS]
                at = first + tile
                if kept and layout[at] == LAND and layout[at + tiles] == 0:
                    layout[at + tiles] = name
                    at = first + 2 * tiles + 4 * tile
                    layout[at] = size & 255
                    layout[at + 1] = (size >> 8) & 255
                    layout[at + 2] = size >> 16
    return DRAWN


@kernel
def place_things(program, plan, numbers):
    """Entities in the file's frame."""
    for i in range(program[plan + P_THINGS_N]):
        thing = program[plan + P_THINGS] + THING * i
        point = program[plan + P_AT_POINTS] + 2 * program[thing + T_PLACE]
        at = program[plan + P_AT_THINGS] + 3 * i
        numbers[at] = program[thing + T_X] + 256 * numbers[point]
        numbers[at + 1] = program[thing + T_Y] + 256 * numbers[point + 1]
        numbers[at + 2] = program[thing + T_DIRECTION]


@kernel
def mark_area(program, plan, numbers, layout, first, number, x0, y0, x1, y1, shown):
    """Note an area (in tiles, the file's frame) and show it; returns the status."""
    at = program[plan + P_AT_AREAS] + 4 * number
    numbers[at], numbers[at + 1], numbers[at + 2], numbers[at + 3] = x0, y0, x1, y1
    r0, r1 = y0 - program[plan + P_TOP], y1 - program[plan + P_TOP]
    c0, c1 = x0 - program[plan + P_LEFT], x1 - program[plan + P_LEFT]
    if r0 < 0 or c0 < 0 or r1 > program[plan + P_HEIGHT] or c1 > program[plan + P_WIDTH]:
        return LEAVES_MAP
    if shown:
        tiles = program[plan + P_WIDTH] * program[plan + P_HEIGHT]
        paint(numbers, layout, first + 6 * tiles, r0, r1, c0, c1, shown)
    return DRAWN


@kernel
def draw_areas(program, plan, numbers, layout, first):
    """Areas by name, then the tiles of tagged entities. Returns the status."""
    named = program[plan + P_AREAS_N]
    shown = 0
    for i in range(named):
        spot = program[plan + P_AREAS] + SPOT * i
        point = program[plan + P_AT_POINTS] + 2 * program[spot]
        px, py = numbers[point], numbers[point + 1]
        shown += program[spot + WINDOW]
        if mark_area(
            program, plan, numbers, layout, first, i,
            program[spot + 1] + px, program[spot + 2] + py,
            program[spot + 3] + px, program[spot + 4] + py,
            shown if program[spot + WINDOW] else 0,
        ):  # fmt: skip
            return LEAVES_MAP
    number = named
    for i in range(program[plan + P_THINGS_N]):
        thing = program[plan + P_THINGS] + THING * i
        if program[thing + T_TAGGED]:
            at = program[plan + P_AT_THINGS] + 3 * i
            x, y = numbers[at] >> 8, numbers[at + 1] >> 8
            shown += program[thing + T_SHOWN]
            if mark_area(
                program, plan, numbers, layout, first, number, x, y, x + 1, y + 1,
                shown if program[thing + T_SHOWN] else 0,
            ):  # fmt: skip
                return LEAVES_MAP
            number += 1
    return DRAWN


@kernel
def is_near_a_thing(program, plan, numbers, x, y):
    """Whether an entity's centre is less than two tiles away on both axes."""
    for i in range(program[plan + P_THINGS_N]):
        at = program[plan + P_AT_THINGS] + 3 * i
        if abs(numbers[at] - x) < 512 and abs(numbers[at + 1] - y) < 512:
            return True
    return False


@kernel
def draw_team(program, plan, numbers, layout, first):
    """Where the agents start. Returns the status."""
    stream = numbers[N_TEAM : N_TEAM + STREAM]
    width = program[plan + P_WIDTH]
    groups, team = program[plan + P_GROUPS_N], program[plan + P_TEAM]
    tiles = program[plan + P_AT_TILES]
    for group in range(groups):
        r0, r1, c0, c1 = window(program, plan, program[plan + P_GROUPS] + WINDOW * group, numbers)
        if r0 < 0:
            return LEAVES_MAP
        count = 0
        for r in range(r0, r1):
            y = 256 * (r + program[plan + P_TOP]) + 128
            for c in range(c0, c1):
                tile = numbers[N_ORIGIN] + r * numbers[N_DOWN] + c * numbers[N_ACROSS]
                x = 256 * (c + program[plan + P_LEFT]) + 128
                if layout[first + tile] == LAND and not is_near_a_thing(
                    program, plan, numbers, x, y
                ):
                    numbers[tiles + count] = r * width + c
                    count += 1
        members = (team - group + groups - 1) // groups
        if count < members:
            return CROWDED
        for last in range(count - 1, 0, -1):
            other = below(stream, last + 1)
            one, two = numbers[tiles + last], numbers[tiles + other]
            numbers[tiles + last], numbers[tiles + other] = two, one
        for member in range(members):
            tile = numbers[tiles + member]
            at = program[plan + P_AT_TEAM] + 2 * (group + member * groups)
            numbers[at] = 256 * (tile % width + program[plan + P_LEFT]) + 128
            numbers[at + 1] = 256 * (tile // width + program[plan + P_TOP]) + 128
    return DRAWN


@kernel
def turn_point(numbers, at):
    x, y = numbers[at], numbers[at + 1]
    if numbers[N_MIRRORED]:
        x = -x
    for _ in range(numbers[N_TURNS]):
        x, y = -y, x
    numbers[at], numbers[at + 1] = x, y


@kernel
def turn_all(program, plan, numbers):
    """Turn entities, agents and areas as the arrays have been turned already."""
    for i in range(program[plan + P_THINGS_N]):
        at = program[plan + P_AT_THINGS] + 3 * i
        turn_point(numbers, at)
        direction = numbers[at + 2]
        if numbers[N_MIRRORED]:
            direction = (16 - direction) % 16
        numbers[at + 2] = (direction + 4 * numbers[N_TURNS]) % 16
    for agent in range(program[plan + P_TEAM]):
        turn_point(numbers, program[plan + P_AT_TEAM] + 2 * agent)
    for at in range(program[plan + P_AT_AREAS], program[plan + P_AT_TILES], 4):
        turn_point(numbers, at)
        turn_point(numbers, at + 2)
        x0, y0, x1, y1 = numbers[at], numbers[at + 1], numbers[at + 2], numbers[at + 3]
        numbers[at], numbers[at + 2] = min(x0, x1), max(x0, x1)
        numbers[at + 1], numbers[at + 3] = min(y0, y1), max(y0, y1)


@kernel
def draw_plan(program, plan, numbers, layout):
    """`drawing.draw_plan`, from the two streams in ``numbers``. Returns the status."""
    world = numbers[N_WORLD : N_WORLD + STREAM]
    tiles = program[plan + P_WIDTH] * program[plan + P_HEIGHT]
    numbers[N_TURNS] = below(world, 4) if program[plan + P_TURN] else 0
    numbers[N_MIRRORED] = below(world, 2) if program[plan + P_MIRROR] else 0
    set_turning(program, plan, numbers)
    points = program[plan + P_AT_POINTS]
    numbers[points], numbers[points + 1] = 0, 0
    for i in range(program[plan + P_PLACES_N]):
        place = program[plan + P_PLACES] + PLACE * i
        numbers[points + 2 * i + 2] = between(world, program[place], program[place + 1])
        numbers[points + 2 * i + 3] = between(world, program[place + 2], program[place + 3])
    first = put_program(layout, 0, program, program[plan + P_HEAD], program[plan + P_HEAD_SIZE])
    layout[first : first + tiles] = program[plan + P_GROUND]
    layout[first + tiles : first + 7 * tiles] = 0
    numbers[N_BYTES] = first + 7 * tiles
    for i in range(program[plan + P_TERRAIN_N]):
        spot = program[plan + P_TERRAIN] + SPOT * i
        r0, r1, c0, c1 = window(program, plan, spot, numbers)
        if r0 < 0:
            return LEAVES_MAP
        paint(numbers, layout, first, r0, r1, c0, c1, program[spot + WINDOW])
    if draw_resources(program, plan, numbers, layout, first):
        return LEAVES_MAP
    place_things(program, plan, numbers)
    if draw_areas(program, plan, numbers, layout, first):
        return LEAVES_MAP
    status = draw_team(program, plan, numbers, layout, first)
    if status == DRAWN:
        turn_all(program, plan, numbers)
    return status


@kernel
def draw_map(program, seed, numbers, layout):
    """`Map.draw` for one seed, into one row of numbers and one of bytes. Returns the status."""
    standard, played = program[H_STANDARD], program[H_PLAYED]
    plan, judged = standard, program[standard + P_VARIES] == 0
    attempt, status = 0, TOO_ALIKE
    while attempt < program[H_TRIES]:
        start_streams(program, seed, attempt, numbers, layout)
        status = draw_plan(program, plan, numbers, layout)
        if status != DRAWN:
            break
        if not judged:  # whether the standard layout belongs to the split
            digest = numbers[N_HASH:N_WORLD]
            sha256(digest, layout, put_things(program, plan, numbers, layout, numbers[N_BYTES]))
            judged = ((digest[0] >> 24) % program[H_SHARE] == 0) == (program[H_EVAL] != 0)
        if not judged:
            attempt, status = attempt + 1, TOO_ALIKE
        elif plan == played:
            break
        else:
            plan = played
    numbers[N_ATTEMPT], numbers[N_STATUS] = attempt, status
    return status


@entry("int64(int64[::1], int64[::1], int64[:,::1], int64[::1], int64[:,::1], uint8[:,::1])")
def draw_maps(program, what, streams, seeds, numbers, layout):
    """Draw the maps of the worlds for which ``what`` is not `SKIP`; returns how many failed.

    `SEEDED`: of ``seeds[k]``, with which the world's chain of episodes begins (``streams[k]``).
    `FOLLOWS`: of the next seed of that chain, which is written to ``seeds[k]``.
    """
    failed = 0
    for k in range(what.shape[0]):
        if what[k] == SKIP:
            continue
        if what[k] == SEEDED:
            start_episodes(seeds[k], streams[k], numbers[k], layout[k])
        else:
            seeds[k] = next_seed(streams[k])
        failed += 1 if draw_map(program, seeds[k], numbers[k], layout[k]) else 0
    return failed
