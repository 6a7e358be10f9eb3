-- Arenas: one surface and one force each, laid out from a map and reset fast.
--
-- A surface is named by arena and size and kept for good: a reset destroys what stands on it and
-- builds anew. Deleting surfaces would only be queued, and forces can never be freed, so both are
-- made once. The order of building is the order of the map: machines take turns by age.

local action_executor = require("gym.action_executor")
local data = require("gym.data")
local layout = require("gym.layout")
local selftest = require("gym.selftest")
local wire = require("gym.wire")

local M = {}

local ceil, floor, format = math.ceil, math.floor, string.format

M.MAX_ARENAS = 61 -- 64 forces, of which the game has 3 of its own
M.LAND_TILE = "lab-dark-1"
M.WATER_TILE = "water"
M.VOID_TILE = "out-of-map"
-- Tiles that a character cannot enter; every other one is land.
M.WET_TILES = { "water", "deepwater", "water-green", "deepwater-green", "out-of-map" }

-- Forces ----------------------------------------------------------------------------------------

---@param number integer arena
---@param team integer
---@return string
local function force_name(number, team)
  if team == 0 then
    return format("fz-arena-%d", number)
  end
  return format("fz-arena-%d-team-%d", number, team)
end

--- Every recipe that is made by hand or in a furnace is known; technologies that something in the
--- world would set off are off: the mod counts for them where the engine has a rule.
local function prepare_force(force)
  local recipes, technologies = force.recipes, force.technologies
  for _, names in ipairs({ data.by_hand, data.smelting }) do
    for _, name in ipairs(names) do
      recipes[name].enabled = true
    end
  end
  for name in pairs(data.triggers) do
    if technologies[name] then
      technologies[name].enabled = false
    end
  end
end

--- Names of our forces, sorted.
local function force_names()
  local names = {}
  for name in pairs(storage.forces) do
    names[#names + 1] = name
  end
  table.sort(names)
  return names
end

local function make_force(name)
  local force = game.create_force(name)
  prepare_force(force)
  for _, other in ipairs(force_names()) do
    local friend = game.forces[other]
    force.set_friend(friend, true)
    force.set_cease_fire(friend, true)
    friend.set_friend(force, true)
    friend.set_cease_fire(force, true)
  end
  storage.forces[name] = true
  return force
end

--- The force of a team in an arena, made when it is asked for the first time.
local function force_of(number, team)
  local name = force_name(number, team)
  if storage.forces[name] then
    return game.forces[name]
  end
  return make_force(name)
end

--- Refuse a request that needs more forces than the game has.
---@param wanted table<string, boolean>
local function check_forces(wanted)
  local count = table_size(storage.forces)
  for name in pairs(wanted) do
    if not storage.forces[name] then
      count = count + 1
    end
  end
  if count > M.MAX_ARENAS then
    wire.fail(
      "bad_request",
      format("arenas and their teams need %d forces; at most %d are there", count, M.MAX_ARENAS)
    )
  end
end

-- Surfaces --------------------------------------------------------------------------------------

local function make_surface(name, width, height)
  local surface = game.create_surface(name, {
    width = width,
    height = height,
    peaceful_mode = true,
    no_enemies_mode = true,
    default_enable_all_autoplace_controls = false,
  })
  surface.generate_with_lab_tiles = true
  surface.always_day = true
  surface.show_clouds = false
  surface.request_to_generate_chunks({ 0, 0 }, ceil(math.max(width, height) / 64))
  surface.force_generate_chunk_requests()
  return surface
end

local function surface_of(number, width, height)
  local name = format("fz-arena-%d-%dx%d", number, width, height)
  return game.get_surface(name) or make_surface(name, width, height)
end

local function area_of(arena)
  return {
    { arena.left, arena.top },
    { arena.left + arena.width, arena.top + arena.height },
  }
end

--- Destroy everything on a surface.
local function empty(surface)
  for _, entity in ipairs(surface.find_entities_filtered({})) do
    if entity.valid then
      entity.destroy()
    end
  end
end

--- Tiles of an arena that are water or void now: index -> 1 or 2.
---@param arena table
---@return table<integer, integer> wet, integer count
function M.read_wet(arena)
  local wet = {}
  local tiles = arena.surface.find_tiles_filtered({ area = area_of(arena), name = M.WET_TILES })
  for _, tile in ipairs(tiles) do
    local at = tile.position
    wet[(at.y - arena.top) * arena.width + at.x - arena.left] = tile.name == M.VOID_TILE
        and layout.VOID
      or layout.WATER
  end
  return wet, #tiles
end

--- How many tiles of an arena are water or void now.
---@param arena table
---@return integer
function M.count_wet(arena)
  return arena.surface.count_tiles_filtered({ area = area_of(arena), name = M.WET_TILES })
end

local TILES = { [layout.WATER] = M.WATER_TILE, [layout.VOID] = M.VOID_TILE }

--- Make the ground what the map has, in one call, where it is something else.
local function lay_ground(arena, wet)
  local now = M.read_wet(arena)
  local tiles = {}
  for index = 0, arena.width * arena.height - 1 do
    if now[index] ~= wet[index] then
      tiles[#tiles + 1] = {
        name = TILES[wet[index]] or M.LAND_TILE,
        position = {
          arena.left + index % arena.width,
          arena.top + floor(index / arena.width),
        },
      }
    end
  end
  if #tiles > 0 then
    arena.surface.set_tiles(tiles, false)
  end
end

-- Building --------------------------------------------------------------------------------------

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
local function create_character(arena, x, y, team)
  return arena.surface.create_entity({
    name = "character",
    position = { x / 256, y / 256 },
    force = force_of(arena.number, team),
  })
end

local function people(arena, map, where)
  for number, spec in ipairs(map.agents) do
    local here = format("%s.agents[%d]", where, number - 1)
    local character = create_character(arena, spec.x, spec.y, spec.team)
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

--- The item statistics of an arena's forces.
---@param arena table
---@return LuaFlowStatistics[]
function M.statistics(arena)
  local list = {}
  for _, name in ipairs(arena.forces) do
    list[#list + 1] = game.forces[name].get_item_production_statistics(arena.surface)
  end
  return list
end

--- Forces that an arena's agents have had since the reset, sorted by name.
local function list_forces(arena, teams)
  local names = {}
  teams[0] = true
  for team in pairs(teams) do
    names[#names + 1] = force_name(arena.number, team)
  end
  table.sort(names)
  for _, name in ipairs(names) do
    if not storage.forces[name] then
      make_force(name)
    end
  end
  arena.forces = names
end

local function build(number, map, teleport, where)
  local old = storage.arenas[number]
  local surface = surface_of(number, map.width, map.height)
  if old and old.surface.valid and old.surface.index ~= surface.index then
    empty(old.surface) -- so that it costs nothing any more
  end
  local now = game.tick
  local arena = {
    number = number,
    surface = surface,
    force = force_of(number, 0),
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
  list_forces(arena, teams)
  empty(surface)
  lay_ground(arena, map.wet)
  lay_out(arena, map, where)
  people(arena, map, where)
  for _, statistics in ipairs(M.statistics(arena)) do
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
  wire.list(list, "arenas", M.MAX_ARENAS)
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
    wanted[force_name(number, 0)] = true
    for _, agent in ipairs(map.agents) do
      wanted[force_name(number, agent.team)] = true
    end
    orders[index] = { number = number, map = map, teleport = teleport, where = where .. ".map" }
  end
  check_forces(wanted)
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

-- Agents ----------------------------------------------------------------------------------------

--- An agent has no character any more. What it carried and did is gone; where it was stays.
---@param agent table
function M.lose(agent)
  agent.active = false
  agent.character = nil
  agent.hand, agent.message, agent.activity, agent.verb = nil, 0, 0, 0
  agent.result, agent.last_verb, agent.walking, agent.mining = 0, 0, 0, 0
  agent.mine, agent.queue, agent.orders, agent.order_at = nil, {}, {}, 0
end

--- Notice characters that are gone without a word.
---@param arena table
function M.find_lost(arena)
  for _, agent in ipairs(arena.agents) do
    if agent.active and not agent.character.valid then
      M.lose(agent)
    end
  end
end

---@param event EventData.on_entity_died
function M.on_entity_died(event)
  local entity = event.entity
  if entity.type ~= "character" then
    return
  end
  local unit = entity.unit_number
  for _, arena in pairs(storage.arenas) do
    for _, agent in ipairs(arena.agents) do
      if agent.active and agent.character.valid and agent.character.unit_number == unit then
        local at = entity.position
        agent.x, agent.y = floor(at.x * 256 + 0.5), floor(at.y * 256 + 0.5)
        M.lose(agent)
        return
      end
    end
  end
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
  elseif not arena.ready then
    wire.fail("not_ready", format("%s: arena %d has not been laid out", where, number))
  end
  return arena
end

--- An agent that a request names.
---@param arena table
---@param id any
---@param where string
---@return table agent
function M.find_agent(arena, id, where)
  wire.text(id, where, 64)
  for _, agent in ipairs(arena.agents) do
    if agent.id == id then
      return agent
    end
  end
  local there = #arena.agents == 0 and "none" or format("agent_0 to agent_%d", #arena.agents - 1)
  wire.fail(
    "unknown_agent",
    format("%s: no agent is called %s; there are: %s", where, wire.short(id), there)
  )
end

local function place_for(arena, request, agent)
  local west, north = 256 * arena.left, 256 * arena.top
  local x = request.x or agent and agent.start_x
  local y = request.y or agent and agent.start_y
  x = wire.integer(x, "x", west, west + 256 * arena.width - 1)
  y = wire.integer(y, "y", north, north + 256 * arena.height - 1)
  local free = arena.surface.can_place_entity({
    name = "character",
    position = { x / 256, y / 256 },
    force = arena.force,
    build_check_type = defines.build_check_type.script,
  })
  if not free then
    wire.fail("bad_request", format("x, y: something is in the way at (%d, %d)", x, y))
  end
  return x, y
end

local function enlist(arena, number, x, y, team)
  check_forces({ [force_name(arena.number, team)] = true })
  local character = create_character(arena, x, y, team)
  if not character then
    wire.fail("bad_request", format("x, y: something is in the way at (%d, %d)", x, y))
  end
  local teams = {}
  for _, agent in ipairs(arena.agents) do
    teams[agent.team] = true
  end
  teams[team] = true
  list_forces(arena, teams)
  local id = "agent_" .. number
  local old = arena.agents[number + 1]
  local agent = action_executor.new_agent(arena, number, id, character, team)
  agent.start_x, agent.start_y = x, y
  if old then
    agent.counts = old.counts
    agent.start_x, agent.start_y = old.start_x, old.start_y
  end
  arena.agents[number + 1] = agent
end

local DO = {}

function DO.list() end

function DO.create(arena, request)
  local number = #arena.agents
  local id = "agent_" .. number
  if request.agent ~= nil and request.agent ~= id then
    wire.fail(
      "bad_request",
      format("agent: the next one is %s, got %s", id, wire.short(request.agent))
    )
  end
  if number >= data.limits.agents then
    wire.fail("bad_request", format("an arena has at most %d agents", data.limits.agents))
  end
  local team = wire.integer(request.team or 0, "team", 0, 60)
  local x, y = place_for(arena, request)
  enlist(arena, number, x, y, team)
end

function DO.remove(arena, request)
  local agent = M.find_agent(arena, request.agent, "agent")
  if agent.active then
    agent.character.destroy()
    M.lose(agent)
  end
end

function DO.respawn(arena, request)
  local agent = M.find_agent(arena, request.agent, "agent")
  if agent.active then
    wire.fail("bad_request", format("agent: %s has a character", agent.id))
  end
  local team = wire.integer(request.team or agent.team, "team", 0, 60)
  local x, y = place_for(arena, request, agent)
  enlist(arena, agent.number, x, y, team)
end

local REQUEST = {
  v = true,
  id = true,
  op = true,
  arena = true,
  ["do"] = true,
  agent = true,
  x = true,
  y = true,
  team = true,
}

--- List, create, remove or bring back agents of an arena.
---@param request table
---@return table
function M.agents(request)
  wire.object(request, "agents", REQUEST)
  local arena = M.find(request.arena, "arena")
  M.find_lost(arena)
  DO[wire.choice(request["do"], "do", DO)](arena, request)
  local list = {}
  for index, agent in ipairs(arena.agents) do
    if agent.active then
      local at = agent.character.position
      agent.x, agent.y = floor(at.x * 256 + 0.5), floor(at.y * 256 + 0.5)
    end
    list[index] = {
      agent = agent.id,
      number = agent.number,
      active = agent.active,
      team = agent.team,
      x = agent.x or agent.start_x,
      y = agent.y or agent.start_y,
    }
  end
  return { arena = arena.number, agents = list }
end

--- After a change of the game's configuration: forget what did not survive.
function M.check_stored()
  for _, arena in pairs(storage.arenas) do
    if not arena.surface.valid or not arena.force.valid then
      arena.ready = false
    else
      M.find_lost(arena)
      for _, name in ipairs(arena.forces) do
        prepare_force(game.forces[name])
      end
    end
  end
end

return M
