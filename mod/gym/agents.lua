-- Agents of an arena: made, removed, brought back, and found dead.

local action_executor = require("gym.action_executor")
local data = require("gym.data")
local forces = require("gym.forces")
local scenarios = require("gym.scenarios")
local wire = require("gym.wire")

local M = {}

local floor, format = math.floor, string.format

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
  forces.check({ [forces.name(arena.number, team)] = true })
  local character = scenarios.create_character(arena, x, y, team)
  if not character then
    wire.fail("bad_request", format("x, y: something is in the way at (%d, %d)", x, y))
  end
  local teams = {}
  for _, agent in ipairs(arena.agents) do
    teams[agent.team] = true
  end
  teams[team] = true
  forces.list(arena, teams)
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
function M.request(request)
  wire.object(request, "agents", REQUEST)
  local arena = scenarios.find(request.arena, "arena")
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
    if not scenarios.stands(arena) then
      arena.ready = false
    else
      M.find_lost(arena)
      for _, name in ipairs(arena.forces) do
        forces.prepare(game.forces[name])
      end
    end
  end
end

return M
