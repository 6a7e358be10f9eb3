"""Inventories and stacks."""

import pytest
from lua_game import LuaGame


@pytest.fixture
def g() -> LuaGame:
    game = LuaGame()
    game("c = make('wooden-chest', 0.5, 0.5) i = c.get_inventory(defines.inventory.chest)")
    return game


def test_lengths_and_slots(g):
    assert g("return #i, i.index, i.name, i.entity_owner == c, i.valid") == [
        16,
        1,
        "chest",
        True,
        True,
    ]
    g.fails("return i[17]")
    g.fails("return i[0]")
    assert g("return i[1].valid, i[1].valid_for_read") == [True, False]
    assert "invalid for read" in g.fails("return i[1].count")


def test_insert_returns_what_fitted(g):
    """[doc] insert and remove return the number moved; part stacks first, then empty slots."""
    assert g("return i.insert{name='coal', count=70}, i[1].count, i[2].count") == [70, 50, 20]
    assert g("return i.insert('iron-plate'), i[3].name") == [1, "iron-plate"]
    assert g("return i.insert{name='coal', count=5000}") == 14 * 50 - 20 - 50 + 50
    assert g("return i.can_insert('coal'), i.can_insert('iron-plate'), i.is_full()") == [
        False, True, False,
    ]  # fmt: skip
    assert g("return i.get_insertable_count('iron-plate')") == 99
    assert g("return i.remove{name='coal', count=60}, i[1].valid_for_read, i[2].count") == [
        60,
        False,
        40,
    ]
    assert g("return i.remove('steel-plate'), i.get_item_count('coal')") == [0, 690]


def test_contents_are_an_array(g):
    """[doc] {name, quality, count} in both versions."""
    g("i.insert{name='coal', count=60} i.insert{name='stone', count=2}")
    assert g("return i.get_contents()") == [
        {"name": "coal", "quality": "normal", "count": 60},
        {"name": "stone", "quality": "normal", "count": 2},
    ]
    assert g("return i.get_item_count(), i.is_empty(), i.count_empty_stacks()") == [62, False, 13]
    g("i.clear()")
    assert g("return i.get_contents(), i.is_empty()") == [{}, True]


def test_stacks_are_written(g):
    g("i[5].set_stack{name='coal', count=7}")
    assert g("return i[5].count, i[5].name, i[5].prototype.stack_size, i[5].quality.name") == [
        7, "coal", 50, "normal",
    ]  # fmt: skip
    g("i[5].count = 9")
    assert g("return i[5].count, i.get_item_count()") == [9, 9]
    g("i[5].count = 0")
    assert g("return i[5].valid_for_read") is False
    assert g("return i[5].set_stack('stone'), i[5].can_set_stack{name='coal', count=1}") == [
        True,
        True,
    ]
    g("i[6].set_stack(i[5]) i[5].clear()")
    assert g("return i[5].valid_for_read, i[6].name") == [False, "stone"]
    assert g("return i[6].swap_stack(i[1]), i[1].name, i[6].valid_for_read") == [
        True,
        "stone",
        False,
    ]
    g("i[2].set_stack{name='stone', count=20}")
    assert g("return i[1].transfer_stack(i[2], 5), i[1].count, i[2].count") == [True, 6, 15]
    g("i[3].set_stack('coal')")
    assert g("return i[1].transfer_stack(i[3])") is False


def test_finding_and_sorting(g):
    g("i[4].set_stack{name='stone', count=3} i[7].set_stack{name='coal', count=2}")
    g("i[9].set_stack{name='stone', count=4}")
    assert g("local s, n = i.find_item_stack('stone') return s.count, n") == [3, 4]
    assert g("local s, n = i.find_empty_stack() return n") == 1
    assert g("return (i.find_item_stack('wood'))") is None
    g("i.sort_and_merge()")
    assert g("return i[1].valid_for_read and i[1].count + i[2].count, i[3].valid_for_read") == [
        9,
        False,
    ]


def test_a_fuel_slot_takes_fuel_alone(g):
    g("f = make('stone-furnace', 5, 5) i = f.get_fuel_inventory()")
    assert g("return #i, i.insert('iron-ore'), i.insert{name='wood', count=3}") == [1, 0, 3]
    assert g("return i[1].set_stack('iron-ore'), i.can_insert('coal'), i.can_insert('wood')") == [
        False, False, True,
    ]  # fmt: skip


def test_inventories_of_scripts(g):
    """[doc] game.create_inventory."""
    g("s = game.create_inventory(2)")
    assert g("return #s, s.insert{name='coal', count=120}, s.get_item_count()") == [2, 100, 100]
    assert g("return s.remove{name='coal', count=60}, s[2].count, s.index, s.entity_owner") == [
        60, 40, None, None,
    ]  # fmt: skip
    g("i[1].transfer_stack(s[2])")
    assert g("return i.get_item_count('coal'), s.is_empty()") == [40, True]
    g("s.destroy()")
    assert g("return s.valid") is False
    g.fails("i.destroy()")


def test_wrong_items_raise(g):
    assert "Unknown item name: iron" in g.fails("i.insert('iron')")
    g.fails("i.insert{name='coal', count=0}")
    g.fails("i.insert{name='coal', count=1.5}")
    g.fails("i.insert{name='coal', count=1, quality='legendary'}")


def test_an_edit_wakes_the_machines(g):
    """A chest that was full takes the drill's next item again."""
    g("ores('stone', 3, 3, 4, 4, 100) d = make('burner-mining-drill', 4, 4, {direction = 8})")
    g(
        "h = make('wooden-chest', 4.5, 5.5) h.insert{name='coal', count=800} "
        "d.insert{name='coal', count=5}"
    )
    g.ticks(600)
    assert g("return d.status == defines.entity_status.waiting_for_space_in_destination") is True
    g("h.get_inventory(1)[16].clear()")
    g.ticks(300)
    assert g("return h.get_item_count('stone')") == 2
