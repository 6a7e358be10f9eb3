-- At the start: can a character without a player walk, mine and craft by itself on this server?
--
-- Three characters on a surface of their own try it for a few dozen ticks. What works is "native";
-- what does not is done by the mod itself (fallback.lua), which costs exactness. Arenas are not
-- touched, and what comes out counts from the next reset on.

local M = {}

local floor, format = math.floor, string.format

local SURFACE = "fz-selftest"
local TICKS = 60
local WHAT = { "walking", "mining", "crafting" }
-- What the engine does in that time (1/256 tile, items).
local STRIDE = 38

--- How a thing is done: "native" until a test has found otherwise.
---@param what "walking"|"mining"|"crafting"
---@return "native"|"fallback"
function M.mode(what)
  return storage.selftest[what] or "native"
end

--- Let what has been found count from now on (storage.settings.walking and so on).
function M.settle()
  for _, what in ipairs(WHAT) do
    storage.settings[what] = M.mode(what)
  end
end

local function scratch_surface()
  local surface = game.get_surface(SURFACE)
  if surface then
    return surface
  end
  surface = game.create_surface(SURFACE, {
    width = 32,
    height = 32,
    peaceful_mode = true,
    no_enemies_mode = true,
    default_enable_all_autoplace_controls = false,
  })
  surface.generate_with_lab_tiles = true
  surface.request_to_generate_chunks({ 0, 0 }, 1)
  surface.force_generate_chunk_requests()
  return surface
end

local function place(surface, name, x, y)
  return surface.create_entity({ name = name, position = { x, y }, force = "neutral" })
end

local function clean(surface)
  for _, entity in ipairs(surface.find_entities_filtered({})) do
    if entity.valid then
      entity.destroy()
    end
  end
end

--- Begin a test; it goes on in `on_tick`.
function M.start()
  local surface = scratch_surface()
  clean(surface)
  local walker = place(surface, "character", -10.5, -5.5)
  local miner = place(surface, "character", 0.5, 0.5)
  local chest = place(surface, "wooden-chest", 2.5, 0.5)
  local crafter = place(surface, "character", -10.5, 5.5)
  local made = storage.selftest
  if not (walker and miner and chest and crafter) then
    storage.selftest = {
      state = "failed",
      walking = made.walking,
      mining = made.mining,
      crafting = made.crafting,
      detail = "the characters of the test could not be made",
    }
    return
  end
  crafter.get_main_inventory().insert({ name = "wood", count = 2 })
  storage.selftest = {
    state = "new",
    walking = made.walking,
    mining = made.mining,
    crafting = made.crafting,
    surface = surface,
    walker = walker,
    miner = miner,
    chest = chest,
    crafter = crafter,
  }
end

local function begin(test, now)
  test.state, test.began = "running", now
  local at = test.walker.position
  test.from_x, test.from_y = at.x, at.y
  test.walker.walking_state = { walking = true, direction = defines.direction.east }
  test.queued = test.crafter.begin_crafting({ recipe = "wooden-chest", count = 1 })
  test.taken = test.crafter.get_item_count("wood")
end

local function drive(test)
  if test.chest.valid then
    local at = test.chest.position
    test.miner.update_selected_entity(at)
    test.miner.mining_state = { mining = true, position = at }
  elseif not test.mined_at then
    test.mined_at = game.tick
  end
end

local function measure(test, now)
  local at = test.walker.position
  local moved = floor((at.x - test.from_x) * 256 + 0.5)
  local across = floor(math.abs(at.y - test.from_y) * 256 + 0.5)
  local ticks = now - test.began
  test.walked, test.walk_ticks = moved, ticks
  -- on_tick comes before or after the movement of its tick: one stride more or less is right, too
  local wanted = STRIDE * ticks
  local walks = across == 0 and math.abs(moved - wanted) <= STRIDE
  local mines = not test.chest.valid and test.miner.get_item_count("wooden-chest") == 1
  local crafts = test.queued == 1
    and test.taken == 0
    and test.crafter.get_item_count("wooden-chest") == 1
  test.walking = walks and "native" or "fallback"
  test.mining = mines and "native" or "fallback"
  test.crafting = crafts and "native" or "fallback"
  test.mine_ticks = test.mined_at and test.mined_at - test.began or -1
  test.detail = format(
    "walked %d/256 tile in %d ticks (%d expected), chest mined: %s, chest crafted: %s",
    moved,
    ticks,
    wanted,
    mines and "yes" or "no",
    crafts and "yes" or "no"
  )
  test.state = "done"
end

local function give_up(test)
  test.state = "failed"
  test.detail = "something of the test is gone"
end

---@param now integer game tick
function M.on_tick(now)
  local test = storage.selftest
  if test.state == "done" or test.state == "failed" then
    return
  end
  if not (test.walker.valid and test.miner.valid and test.crafter.valid) then
    give_up(test)
  elseif test.state == "new" then
    begin(test, now)
    drive(test)
    return
  elseif now - test.began < TICKS then
    drive(test)
    return
  else
    measure(test, now)
  end
  if test.surface.valid then
    clean(test.surface)
  end
  test.surface, test.walker, test.miner, test.chest, test.crafter = nil, nil, nil, nil, nil
end

--- What was found.
---@return table
function M.report()
  local test = storage.selftest
  local out = { state = test.state, detail = test.detail or "" }
  for _, what in ipairs(WHAT) do
    out[what] = M.mode(what)
  end
  out.walked, out.walk_ticks, out.mine_ticks = test.walked, test.walk_ticks, test.mine_ticks
  return out
end

return M
