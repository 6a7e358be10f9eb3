"""Transport lines (factorio-api 10, mechanics 5)."""

import pytest
from lua_game import LuaGame


@pytest.fixture
def g() -> LuaGame:
    game = LuaGame()
    game(
        "b = {} for x = 0, 3 do b[x + 1] = make('transport-belt', x + 0.5, 0.5, {direction "
        "= 4}) end"
    )
    game("l1, l2 = b[4].get_transport_line(1), b[4].get_transport_line(2)")
    game(
        "function at(line) local r = {} for i, d in ipairs(line.get_detailed_contents()) do "
        "r[i] = d.position * 256 end return r end"
    )
    return game


def test_an_item_is_moved_on_at_once(g):
    """[FG] it already reads 8 less on a moving line."""
    assert g("return l1.insert_at(0.5, 'iron-plate'), at(l1)") == [True, [120]]
    g.ticks(1)
    assert g("return at(l1)") == [112]


def test_four_items_64_apart(g):
    """[FG] position 0 is the downstream end."""
    g("for k = 1, 40 do b[1].get_transport_line(2).insert_at_back('iron-plate') end")
    for _ in range(300):
        g("b[1].get_transport_line(2).insert_at_back('iron-plate')")
        g.ticks(1)
    assert g("return at(l2), #l2, l2.get_item_count()") == [[0, 64, 128, 192], 4, 4]
    assert g("return l2[1].name, l2[4].count") == ["iron-plate", 1]
    assert "out of range" in g.fails("return l2[5]")
    assert g("return l2.can_insert_at_back(), l2.insert_at_back('coal')") == [False, False]
    assert g("return #l1, l1.can_insert_at_back(), l1.can_insert_at(0.5)") == [0, True, True]


def test_contents_are_an_array(g):
    """[doc] {name, quality, count}."""
    g("l1.insert_at(0.1, 'coal') l1.insert_at(0.5, 'coal') l1.insert_at(0.9, 'iron-ore')")
    assert g("return l1.get_contents()") == [
        {"name": "coal", "quality": "normal", "count": 2},
        {"name": "iron-ore", "quality": "normal", "count": 1},
    ]
    assert g("return l1.get_item_count('coal'), l1.get_item_count('stone')") == [2, 0]
    assert g("return l1.remove_item{name='coal', count=5}, at(l1)") == [2, [222]]
    g("l1.clear()")
    assert g("return #l1, l1.get_contents()") == [0, {}]


def test_stacks_of_a_belt_live_until_something_moves(g):
    g("l1.insert_at(0.5, 'coal') s = l1.get_detailed_contents()[1].stack")
    assert g("return s.name, s.count, s.valid") == ["coal", 1, True]
    g.ticks(1)
    assert g("return s.valid") is False


def test_lengths_and_shapes(g):
    """[FG] straight 256, turn 295 outside and 106 inside."""
    g(
        "t = make('transport-belt', 4.5, 0.5, {direction = 8}) make('transport-belt', 4.5, "
        "1.5, {direction = 8})"
    )
    assert g("return b[1].belt_shape, t.belt_shape") == ["straight", "right"]
    assert g(
        "return 256 * l1.line_length, 256 * t.get_transport_line(1).line_length, "
        "256 * t.get_transport_line(2).line_length"
    ) == [256, 295, 106]
    assert g("return b[1].get_max_transport_line_index()") == 2
    assert g("return 256 * l1.total_segment_length") == 5 * 256 + 295


def test_neighbours(g):
    assert g("local n = b[2].belt_neighbours return #n.inputs, n.inputs[1] == b[1], "
        "n.outputs[1] == b[3]") == [
        1, True, True,
    ]  # fmt: skip
    assert g("local n = b[4].belt_neighbours return #n.outputs") == 0
    g("s = make('transport-belt', 1.5, 1.5, {direction = 0})")  # sideloads onto b[2]
    assert g("local n = b[2].belt_neighbours return #n.inputs") == 2
    assert g("return s.belt_neighbours.outputs[1] == b[2]") is True


def test_lines_of_lines(g):
    assert g("return l1.line_equals(b[4].get_transport_line(1)), l1.line_equals(l2)") == [
        True,
        False,
    ]
    assert g("return l1.input_lines[1].owner == b[3], #l1.output_lines, l1.owner == b[4]") == [
        True, 0, True,
    ]  # fmt: skip


def test_where_items_lie(g):
    """Lane 1 is left of travel: 60/256 north of an eastward belt."""
    assert g("return fixed(b[1].get_line_item_position(1, 0.5))") == [128, 128 - 60]
    assert g("return fixed(b[1].get_line_item_position(2, 0))") == [256, 128 + 60]


def test_wrong_lines_raise(g):
    g.fails("b[1].get_transport_line(3)")
    g.fails("make('wooden-chest', 9.5, 9.5).get_transport_line(1)")
    g.fails("l1.insert_at(1.5, 'coal')")
    g.fails("l1.insert_at(0.5, 'no-such-item')")
    g("b[4].destroy()")
    assert g("return l1.valid") is False


def test_a_character_is_carried(g):
    """[FG] mechanics 2.4"""
    g("c = make('character', 0.5, 0.5)")
    g.ticks(10)
    assert g("return fixed(c.position)") == [128 + 80, 128]
