-- Forces: one for each arena, and one more for each further team in it, made once for good.

local data = require("gym.data")
local wire = require("gym.wire")

local M = {}

local format = string.format

M.MAX = 61 -- the game has 64, of which 3 are its own

---@param number integer arena
---@param team integer
---@return string
function M.name(number, team)
  if team == 0 then
    return format("fz-arena-%d", number)
  end
  return format("fz-arena-%d-team-%d", number, team)
end

--- Every recipe that is made by hand or in a furnace is known; technologies that something in the
--- world would set off are off: the mod counts for them where the engine has a rule.
function M.prepare(force)
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
  M.prepare(force)
  for _, other in ipairs(force_names()) do
    local friend = game.forces[other]
    if friend and other ~= name then -- somebody may have merged it into another
      force.set_friend(friend, true)
      force.set_cease_fire(friend, true)
      friend.set_friend(force, true)
      friend.set_cease_fire(force, true)
    end
  end
  storage.forces[name] = true
  return force
end

--- The force of a team in an arena, made when it is asked for the first time.
function M.of(number, team)
  local name = M.name(number, team)
  return game.forces[name] or make_force(name)
end

--- Refuse a request that needs more forces than the game has.
---@param wanted table<string, boolean>
function M.check(wanted)
  local count = table_size(storage.forces)
  for name in pairs(wanted) do
    if not storage.forces[name] then
      count = count + 1
    end
  end
  if count > M.MAX then
    wire.fail(
      "bad_request",
      format("arenas and their teams need %d forces; at most %d are there", count, M.MAX)
    )
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
function M.list(arena, teams)
  local names = {}
  teams[0] = true
  for team in pairs(teams) do
    names[#names + 1] = M.name(arena.number, team)
  end
  table.sort(names)
  for _, name in ipairs(names) do
    if not game.forces[name] then
      make_force(name)
    end
  end
  arena.forces = names
end

return M
