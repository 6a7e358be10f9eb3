-- Arenas: laid out from a map, on a surface and with a force of their own, and reset fast.
--
-- A reset destroys what stands on the surface and builds anew. The order of building is the order
-- of the map: machines take turns by age.

local action_executor = require("gym.action_executor")
local forces = require("gym.forces")
local ground = require("gym.ground")
local layout = require("gym.layout")
local selftest = require("gym.selftest")
local wire = require("gym.wire")

local M = {}

local floor, format = math.floor, string.format

M.MAX_ARENAS = forces.MAX

local function insert_all(holder, items, where)
  for number, row in ipairs(items) do
    if holder.insert({ name = row[1], count = row[2] }) == 0 then
      wire.fail("bad_request", format("%s[%d]: %s is not accepted", where, number - 1, row[1]))
    end
  end
end

local function lay_out(arena, map, where)
  local surface, force = arena.surface, arena.force
  for _, row in ipairs(map.resources) do
    surface.create_entity({
      name = row[2],
      position = {
        arena.left + row[1] % arena.width + 0.5,
        arena.top + floor(row[1] / arena.width) + 0.5,
      },
      amount = row[3],
    })
  end
  for number, spec in ipairs(map.entities) do
    local here = format("%s.entities[%d]", where, number - 1)
    local entity = surface.create_entity({
      name = spec.name,
      position = { spec.x / 256, spec.y / 256 },
      direction = spec.direction,
      force = force,
      create_build_effect_smoke = false,
    })
    if not entity then
      wire.fail("bad_request", here .. ": cannot place " .. spec.name)
    end
    insert_all(entity, spec.items, here .. "[4]")
  end
end

--- Put the character of an agent on the map.
---@return LuaEntity?
function M.create_character(arena, x, y, team)
  return arena.surface.create_entity({
    name = "character",
    position = { x / 256, y / 256 },
    force = forces.of(arena.number, team),
  })
end

local function people(arena, map, where)
  for number, spec in ipairs(map.agents) do
    local here = format("%s.agents[%d]", where, number - 1)
    local character = M.create_character(arena, spec.x, spec.y, spec.team)
    if not character then
      wire.fail("bad_request", here .. ": something is in the way of the character")
    end
    insert_all(character.get_main_inventory(), spec.items, here .. "[2]")
    local id = "agent_" .. (number - 1)
    local agent = action_executor.new_agent(arena, number - 1, id, character, spec.team)
    agent.start_x, agent.start_y = spec.x, spec.y
    arena.agents[number] = agent
  end
end

local function build(number, map, teleport, where)
  local old = storage.arenas[number]
  local surface = ground.of(number, map.width, map.height)
  if old and old.surface.valid and old.surface.index ~= surface.index then
    ground.empty(old.surface) -- so that it costs nothing any more
  end
  local now = game.tick
  local arena = {
    number = number,
    surface = surface,
    force = forces.of(number, 0),
    name = map.name,
    width = map.width,
    height = map.height,
    left = map.left,
    top = map.top,
    start = now,
    teleport = teleport,
    agents = {},
    stat = {},
    owners = {},
    concluded = now,
    prepared = now,
    seq = old and old.seq or 0,
    ready = false,
  }
  storage.arenas[number] = arena
  local teams = {}
  for _, spec in ipairs(map.agents) do
    teams[spec.team] = true
  end
  forces.list(arena, teams)
  ground.empty(surface)
  ground.lay(arena, map.wet)
  lay_out(arena, map, where)
  people(arena, map, where)
  for _, statistics in ipairs(forces.statistics(arena)) do
    statistics.clear()
  end
  arena.ready = true
  return arena
end

local ORDER = { arena = true, map = true, teleport = true }

--- Check the arenas of a reset.
---@param list any
---@return table[] orders { number, map, teleport, where }
function M.read_reset(list)
  wire.list(list, "arenas", forces.MAX)
  local orders, seen, wanted = {}, {}, {}
  for index, raw in ipairs(list) do
    local where = format("arenas[%d]", index - 1)
    wire.object(raw, where, ORDER)
    local number = wire.integer(raw.arena, where .. ".arena", 0, 1000000)
    if seen[number] then
      wire.fail("bad_request", format("%s: arena %d is named twice", where, number))
    end
    seen[number] = true
    local map = layout.read(raw.map, where .. ".map")
    local teleport = raw.teleport ~= nil and wire.flag(raw.teleport, where .. ".teleport")
    wanted[forces.name(number, 0)] = true
    for _, agent in ipairs(map.agents) do
      wanted[forces.name(number, agent.team)] = true
    end
    orders[index] = { number = number, map = map, teleport = teleport, where = where .. ".map" }
  end
  forces.check(wanted)
  return orders
end

--- Lay out the arenas of a reset.
---@param orders table[] from `read_reset`
---@return table[] arenas
function M.reset(orders)
  local arenas = {}
  selftest.settle()
  for index, order in ipairs(orders) do
    arenas[index] = build(order.number, order.map, order.teleport, order.where)
  end
  return arenas
end

--- Whether an arena is laid out, and nobody has taken its surface or its force away.
---@param arena table
---@return boolean
function M.stands(arena)
  return arena.ready and arena.surface.valid and arena.force.valid
end

--- An arena that a request names.
---@param number any
---@param where string
---@return table arena
function M.find(number, where)
  wire.integer(number, where, 0, 1000000)
  local arena = storage.arenas[number]
  if not arena then
    wire.fail("unknown_arena", format("%s: there is no arena %d", where, number))
  elseif not M.stands(arena) then
    wire.fail("not_ready", format("%s: arena %d has not been laid out", where, number))
  end
  return arena
end

return M
