-- Commands: applying those of all agents, and their results.
--
-- A command that cannot be read is refused as a whole, in words (commands.lua); one that the world
-- refuses gets a result code.

local activity = require("gym.activity")
local checks = require("gym.checks")
local commands = require("gym.commands")
local data = require("gym.data")
local items = require("gym.items")
local mind = require("gym.mind")
local verbs = require("gym.verbs")
require("gym.fallback")

local M = { parse = commands.parse }

local VERB = data.verbs
local OK, RUNNING = data.codes.ok, data.codes.running

-- Agents ------------------------------------------------------------------------------------------

--- What the mod keeps of an agent.
---@param arena table
---@param number integer from 0
---@param id string "agent_0"
---@param character LuaEntity
---@param team integer
---@return table agent
function M.new_agent(arena, number, id, character, team) -- luacheck: no unused args
  return {
    id = id,
    number = number,
    character = character,
    active = true,
    team = team,
    facing = 0,
    hand = nil, -- item name
    message = 0,
    activity = activity.NONE,
    verb = 0,
    walk_direction = 0,
    target_x = 0,
    target_y = 0,
    until_tick = 0,
    goal_count = 0,
    done_count = 0,
    result = 0,
    last_verb = 0,
    walking = 0,
    mining = 0,
    mine = {}, -- the target
    area = nil, -- of a MINE
    queue = {}, -- shadow of the crafting queue: { recipe, count, promised, chain }
    chain = 0, -- number of the last crafting request
    craft_look = 0, -- arena tick from which on a craft may end
    orders = {}, -- of a COMPOUND
    order_at = 0, -- how many of them have been begun
    from_x = 0, -- where the tick began
    from_y = 0,
    res = { code = 0, verb = 0, a = 0, b = 0, c = 0 },
    counts = items.new_counts(),
  }
end

-- Applying ----------------------------------------------------------------------------------------

--- Put a COMPOUND in the place of what is running, unless its first command is refused.
local function begin_compound(arena, agent, command, now)
  local res, first = agent.res, command.commands[1]
  local code = data.codes[checks.check(arena, agent, first)]
  if code ~= OK then
    res.code = code
    res.a = 1
    agent.counts.refused = agent.counts.refused + 1
    return
  end
  local at = 0
  if first.verb == VERB.CANCEL then -- it means what the COMPOUND replaces
    verbs.cancel(arena, agent, first)
    agent.counts.commands = agent.counts.commands + 1
    at = 1
  end
  activity.stop(agent)
  res.code = RUNNING
  agent.orders, agent.order_at = command.commands, at
  if at == 0 then
    mind.next_orders(arena, agent, now)
  elseif #command.commands == 1 then
    res.code = OK
    activity.drop_orders(agent)
  end
end

local REPLACES = { [VERB.MOVE] = true, [VERB.MINE] = true, [VERB.COMPOUND] = true }

--- Apply a command; `would`: whether it was fine before the others acted.
local function apply(arena, agent, command, would, now)
  local res, counts = agent.res, agent.counts
  res.code, res.verb, res.a, res.b, res.c = OK, command and command.verb or VERB.WAIT, 0, 0, 0
  agent.message = 0
  if not command or (command.verb == VERB.WAIT and command.ticks < 0) then
    return
  end
  counts.commands = counts.commands + 1
  agent.last_verb = command.verb
  if command.verb == VERB.COMPOUND then
    begin_compound(arena, agent, command, now)
    agent.result = res.code
    return
  end
  local code = data.codes[verbs.begin(arena, agent, command, now)]
  res.code = code
  agent.result = code
  if code > RUNNING then
    counts.refused = counts.refused + 1
    if would then
      counts.conflicts = counts.conflicts + 1
    end
  elseif REPLACES[command.verb] then
    activity.drop_orders(agent)
  end
end

--- What the agent's own interface says: where it faces, what it holds, and what it refused itself.
local function take_notice(agent, entry)
  if entry.facing then
    agent.facing = entry.facing
  end
  if entry.hand then
    agent.hand = entry.hand ~= "" and entry.hand or nil
  end
  if entry.refused then
    agent.result = entry.refused
    agent.counts.commands = agent.counts.commands + 1
    agent.counts.refused = agent.counts.refused + 1
  elseif not entry.command and entry.calm and agent.result > RUNNING then
    agent.result = OK -- the interface waits; an old refusal is over
  end
end

--- Apply the commands of an arena's agents, in agent order.
---@param arena table
---@param entries table[] one for each agent: { command?, facing?, hand?, refused?, calm? }, with
--- command from `parse`. An agent without an entry goes on as before.
function M.apply_all(arena, entries)
  local now = game.tick - arena.start
  local would = {}
  for index, agent in ipairs(arena.agents) do
    local entry = entries[index]
    if entry and agent.active and agent.character.valid then
      take_notice(agent, entry)
      local command = entry.command
      if command and command.verb > VERB.WAIT and command.verb < VERB.CANCEL then
        would[index] = checks.check(arena, agent, command) == "ok"
      end
    end
  end
  for index, agent in ipairs(arena.agents) do
    local entry = entries[index]
    if entry and agent.active and agent.character.valid then
      apply(arena, agent, entry.command, would[index], now)
    elseif entry then
      local verb = entry.command and entry.command.verb or VERB.WAIT
      local code = entry.command and data.codes.unknown_agent or OK
      agent.res = { code = code, verb = verb, a = 0, b = 0, c = 0 }
    end
  end
end

return M
