-- The readable state of one agent: names instead of numbers, for people, planners and files.
--
-- Positions are in 1/256 tile, times in ticks since the reset, shares in 1/256. Absent keys mean
-- that there is nothing to say.

local data = require("gym.data")
local geometry = require("gym.geometry")
local ground = require("gym.ground")
local observe = require("gym.observe")
local wire = require("gym.wire")

local M = {}

local floor = math.floor

M.RADIUS = 16 -- tiles
M.MAX_RADIUS = 64

local ACTIVITIES = { [0] = "idle", "walking", "walking_to", "mining", "waiting", "crafting" }
local MINED = { "entity", "resource", "ground_item" }
local SHAPES = { [0] = "straight", "left", "right" }
local status_names = {}
for name, number in pairs(data.status) do
  status_names[number] = name
end

--- A flat list of item and count as an object: item name -> count.
local function contents(flat, step, item_at, count_at)
  local sums = {}
  for index = 1, #flat, step do
    local name = data.items[flat[index + item_at]] or "unknown"
    sums[name] = (sums[name] or 0) + (count_at and flat[index + count_at] or 1)
  end
  return wire.map(sums)
end

local function slots(flat)
  return contents(flat, 3, 1, 2)
end

local function code_name(number)
  return data.code_names[number] or "unknown"
end

local function verb_name(number)
  return data.verb_names[number] or ""
end

local MORE = {}

MORE["container"] = function(out, e)
  out.inventory = slots(e.slots)
end

local function machine(out, e)
  out.contents = slots(e.slots)
  out.energy, out.progress = e.energy, e.progress
  if e.burning_item > 0 then
    out.burning = { item = data.items[e.burning_item], energy = e.burning }
  end
end

MORE["mining-drill"] = machine

MORE["furnace"] = function(out, e)
  machine(out, e)
  out.products_finished = e.finished
  out.recipe = data.recipes[e.recipe]
end

MORE["inserter"] = function(out, e)
  machine(out, e)
  out.progress = nil
  out.held = data.items[e.extra[1]]
  out.hand = { x = e.extra[2], y = e.extra[3] }
end

MORE["transport-belt"] = function(out, e)
  out.shape = SHAPES[e.extra[1]]
  out.lanes = { contents(e.extra[2], 2, 0), contents(e.extra[3], 2, 0) }
end

--- An entity as people read it.
local function entity_state(e)
  local out = { name = e.name, type = e.kind, x = e.x, y = e.y, direction = e.direction }
  if e.status > 0 then
    out.status = status_names[e.status]
  end
  if e.owner > 0 then
    out.built_by, out.built_at = "agent_" .. (e.owner - 1), e.built
  end
  if e.giver > 0 then
    out.last_given_by, out.last_given_at = "agent_" .. (e.giver - 1), e.given
  end
  local more = MORE[e.kind]
  if more then
    more(out, e)
  end
  return out
end

--- Things near a point, the nearest first; of equals the one further north, then west.
local function nearest_first(list, x, y)
  local function distance(one)
    return (one.x - x) * (one.x - x) + (one.y - y) * (one.y - y)
  end
  table.sort(list, function(a, b)
    local first, second = distance(a), distance(b)
    if first ~= second then
      return first < second
    elseif a.y ~= b.y then
      return a.y < b.y
    elseif a.x ~= b.x then
      return a.x < b.x
    end
    return a.name < b.name
  end)
  return list
end

local function near(one, x, y, radius)
  return math.abs(one.x - x) <= 256 * radius and math.abs(one.y - y) <= 256 * radius
end

--- Rows of the ground around a point, north to south: "." land, "~" water, " " nothing, "#" taken
--- by something that one cannot walk through.
local function local_map(arena, x, y, radius, entities)
  local column, row = floor(x / 256), floor(y / 256)
  local left, top = column - radius, row - radius
  local side = 2 * radius + 1
  local signs = {}
  for index = 1, side * side do
    local tx, ty = left + (index - 1) % side, top + floor((index - 1) / side)
    local inside = tx >= arena.left
      and ty >= arena.top
      and tx < arena.left + arena.width
      and ty < arena.top + arena.height
    signs[index] = inside and "." or " "
  end
  local wet = arena.surface.find_tiles_filtered({
    area = { { left, top }, { left + side, top + side } },
    name = ground.WET_TILES,
  })
  for _, tile in ipairs(wet) do
    local at = tile.position
    local index = (at.y - top) * side + at.x - left + 1
    signs[index] = tile.name == ground.VOID_TILE and " " or "~"
  end
  for _, e in ipairs(entities) do
    local kind = data.kinds[e.name]
    if kind.blocks_walk then
      local wide, high = geometry.footprint(kind, e.direction)
      local first_x = geometry.first_tile(wide, e.x) - left
      local first_y = geometry.first_tile(high, e.y) - top
      for dy = math.max(first_y, 0), math.min(first_y + high, side) - 1 do -- what lies inside
        for dx = math.max(first_x, 0), math.min(first_x + wide, side) - 1 do
          signs[dy * side + dx + 1] = "#"
        end
      end
    end
  end
  local rows = {}
  for line = 1, side do
    rows[line] = table.concat(signs, "", (line - 1) * side + 1, line * side)
  end
  return { left = left, top = top, rows = rows }
end

local function activity(agent, row)
  local out = { kind = ACTIVITIES[row.activity], verb = verb_name(row.verb) }
  if row.activity == 2 then
    out.target = { x = row.target_x, y = row.target_y }
  elseif row.activity == 1 then
    out.direction = row.walk_direction
  elseif row.activity == 3 then
    out.mined, out.wanted = row.done_count, row.goal_count
  end
  if row.until_tick >= 0 then
    out.until_tick = row.until_tick
  end
  if row.orders > 0 then
    out.commands_left = row.orders
  end
  if agent.activity == 0 then
    out.verb = nil
  end
  return out
end

local function mining(agent, row)
  if row.mining == 0 then
    return { active = 0 }
  end
  local mine = agent.mine or {}
  local out = { active = 1, kind = MINED[row.mine_kind], name = mine.name }
  if mine.x and mine.y then
    out.target = { x = mine.x, y = mine.y }
  end
  if row.mine_need > 0 then
    out.progress = floor(256 * row.mine_progress / row.mine_need)
  end
  return out
end

local function result(res)
  local code, verb = res.code or 0, verb_name(res.verb or 0)
  local out = { code = code_name(code), command = verb }
  local counted = verb == "INSERT" or verb == "TAKE" or verb == "DROP" or verb == "PICK_UP"
  if counted and code == 0 then
    out.count = res.a
  elseif verb == "COMPOUND" and code > 1 then
    out.failed = (res.a or 0) - 1
  end
  if res.b and res.b ~= 0 then
    out.ended = { command = verb_name(res.c or 0), code = code_name(res.b - 1) }
  end
  return out
end

local function others(arena, agent)
  local list = {}
  for _, other in ipairs(arena.agents) do
    if other ~= agent and other.active then
      local row = observe.character(other)
      list[#list + 1] = {
        agent = other.id,
        team = row.team,
        x = row.x,
        y = row.y,
        direction = row.direction,
        activity = ACTIVITIES[row.activity],
        message = row.message > 0 and row.message - 1 or nil,
      }
    end
  end
  return list
end

local function crafting(row)
  local queue = {}
  for index = 1, #row.crafting, 2 do
    queue[#queue + 1] = {
      recipe = data.recipes[row.crafting[index]],
      count = row.crafting[index + 1],
    }
  end
  local out = { queue = queue }
  if row.craft_need > 0 then
    out.progress = floor(256 * row.craft_progress / row.craft_need)
  end
  return out
end

--- The readable state of an agent.
---@param arena table
---@param agent table
---@param radius integer tiles, of the map and of what is listed
---@param tick integer? game tick of the boundary (default: now)
---@return table
function M.agent(arena, agent, radius, tick)
  local row = observe.character(agent)
  local state = {
    agent = agent.id,
    arena = arena.number,
    tick = (tick or game.tick) - arena.start,
    active = row.active,
    team = row.team,
    result = result(agent.res),
  }
  if row.active == 0 then
    return state
  end
  local entities, piles, resources = {}, {}, {}
  local records, lying = observe.entities(arena)
  for _, e in ipairs(records) do
    if near(e, row.x, row.y, radius) then
      entities[#entities + 1] = e
    end
  end
  for _, pile in ipairs(lying) do
    if near(pile, row.x, row.y, radius) then
      piles[#piles + 1] =
        { name = data.items[pile.item], count = pile.count, x = pile.x, y = pile.y }
    end
  end
  for _, deposit in ipairs(observe.deposits(arena)) do
    local x = 256 * (arena.left + deposit.tile % arena.width) + 128
    local y = 256 * (arena.top + floor(deposit.tile / arena.width)) + 128
    if near({ x = x, y = y }, row.x, row.y, radius) then
      resources[#resources + 1] =
        { name = data.entities[deposit.proto], amount = deposit.amount, x = x, y = y }
    end
  end
  state.map = local_map(arena, row.x, row.y, radius, records)
  local list = {}
  for index, e in ipairs(nearest_first(entities, row.x, row.y)) do
    list[index] = entity_state(e)
  end
  state.entities = list
  state.resources = nearest_first(resources, row.x, row.y)
  state.ground_items = nearest_first(piles, row.x, row.y)
  state.agents = others(arena, agent)
  state.position = { x = row.x, y = row.y }
  state.direction = row.direction
  state.health = row.health
  state.facing = row.facing
  state.hand = agent.hand
  state.message = row.message > 0 and row.message - 1 or nil
  state.walking = { active = row.walking, direction = row.walk_direction }
  state.mining = mining(agent, row)
  state.activity = activity(agent, row)
  state.inventory = slots(row.slots)
  state.crafting = crafting(row)
  return state
end

return M
