-- Mining by hand: what is selected, whether it can be mined, who got what.
--
-- The game mines what a character has selected. The mod selects and asks again before each tick,
-- since the game forgets after each item; it notes what the inventory holds when an item is due,
-- and tells from the difference who got it. Where there is no room it does not ask: the game would
-- throw the item on the ground.

local geometry = require("gym.geometry")
local items = require("gym.items")
local space = require("gym.space")
local targets = require("gym.targets")

local M = {}

local floor, max, min = math.floor, math.max, math.min
local ENTITY, RESOURCE, PILE = targets.ENTITY, targets.RESOURCE, targets.PILE

M.GOES_ON, M.DONE, M.MINED, M.GONE = "goes_on", "done", "mined", "gone"

M.STEP = 5000 -- progress a tick: mining speed 0.5, in 1/10,000 tick
M.PILE_NEED = 15000 -- 0.025 s
local UNDONE_TICKS = 600 -- a partner's entity removed within this counts as a conflict

-- Aiming ------------------------------------------------------------------------------------------

--- Make something the target.
---@param arena table
---@param agent table
---@param target table
function M.aim(arena, agent, target)
  target.key = target.kind .. ":" .. target.x .. ":" .. target.y
  if target.kind == PILE then
    target.need, target.exact, target.item = M.PILE_NEED, false, target.name
  else
    local kind = space.kind(target.name)
    target.need, target.exact, target.item = kind.mine_time, kind.mine_exact, kind.item
  end
  if target.kind == ENTITY then
    target.uid = space.uid(arena, targets.info(target))
  end
  target.fresh = true -- not asked for yet
  agent.mine = target
end

-- Before a tick -----------------------------------------------------------------------------------

--- Number of each item inside a building or on a belt.
local function inside(target)
  local counts = {}
  local info = targets.info(target)
  for _, slots in ipairs(items.inventories(info)) do
    for _, row in ipairs(slots.get_contents()) do
      counts[row.name] = (counts[row.name] or 0) + row.count
    end
  end
  if target.type == "transport-belt" then
    for lane = 1, 2 do
      for _, row in ipairs(target.entity.get_transport_line(lane).get_contents()) do
        counts[row.name] = (counts[row.name] or 0) + row.count
      end
    end
  end
  return counts
end

--- Note what the character holds of all that the target can give, and what is in it.
local function snapshot(agent, target)
  local wanted = {}
  target.inside = nil
  if target.kind == ENTITY then
    target.inside = inside(target)
    for item in pairs(target.inside) do
      wanted[item] = true
    end
    for _, yield in ipairs(space.kind(target.name).yields) do
      wanted[yield[1]] = true
    end
  end
  if target.item then
    wanted[target.item] = true
  end
  target.before = {}
  for item in pairs(wanted) do
    target.before[item] = items.held(agent, item)
  end
end

--- Ask for another tick of mining. What became of it is for `conclude`.
---@param arena table
---@param agent table
function M.prepare(arena, agent)
  local target, backend = agent.mine, M.backend()
  agent.mining = 0
  target.gone, target.asked, target.due, target.full = false, false, false, false
  local entity = target.entity
  local x, y = geometry.point(agent.character.position)
  if not entity.valid then
    target.gone = true
  elseif targets.within_reach(target, x, y) then
    target.asked = backend.select(arena, agent, target)
    target.gone = not target.asked
  else
    local now = targets.selected(arena, target.x, target.y)
    target.gone = not now or now.entity ~= entity
  end
  if not target.asked then
    if agent.told_mining then
      backend.rest(agent) -- nothing else is to be mined instead
    end
    return
  end
  -- What the game shows of the progress is that of the last tick, and of no use if that was idle.
  local known = agent.told_mining and not target.fresh
  target.fresh = false
  local left = target.need - backend.ask(agent, target)
  if known and left > 2 * M.STEP then
    return
  end
  target.due = true
  local ends = left < M.STEP or (left == M.STEP and target.exact)
  if known and ends and not targets.room_for_some(agent, target) then
    -- A furnace gives back what it was working on even when it does not fit itself.
    if target.type ~= "furnace" or not entity.is_crafting() then
      target.full = true
      backend.rest(agent)
      return
    end
  end
  snapshot(agent, target)
end

-- After a tick ------------------------------------------------------------------------------------

--- How much more of an item a character holds than before, what it crafted aside.
local function gained(agent, target, made, item)
  return max(items.held(agent, item) - target.before[item] - (made[item] or 0), 0)
end

local function account_natural(arena, agent, target, made)
  local any = false
  for item in pairs(target.before) do
    local more = gained(agent, target, made, item)
    if more > 0 then
      any = true
      items.count(arena, item, "mined", more)
      agent.counts.mined = agent.counts.mined + more
    end
  end
  return any and M.DONE or M.GOES_ON
end

local function account_taken(arena, agent, item, count)
  if count > 0 then
    items.count(arena, item, "taken", count)
    agent.counts.taken = agent.counts.taken + count
  end
end

--- A building: what came out of it, and whether it came down.
local function account_building(arena, agent, target, made, alive, now)
  if not alive then
    local own = target.item
    if own and gained(agent, target, made, own) == 0 then
      return M.GOES_ON -- somebody else has it
    end
    for item, count in pairs(target.inside) do
      account_taken(arena, agent, item, count)
    end
    if own then
      items.count(arena, own, "unbuilt", 1)
    end
    local row = arena.owners[target.uid]
    if row then
      local stranger = row.owner ~= 0 and row.owner ~= agent.number + 1
      -- The tick of the removal is the one that has just ended.
      if stranger and now - 1 - row.built < UNDONE_TICKS then
        agent.counts.conflicts = agent.counts.conflicts + 1
      end
      arena.owners[target.uid] = nil
    end
    agent.counts.removed = agent.counts.removed + 1
    return M.DONE
  end
  for item, count in pairs(target.inside) do
    account_taken(arena, agent, item, min(gained(agent, target, made, item), count))
  end
  return M.GOES_ON
end

local function account_pile(agent, target, made, alive)
  local more = gained(agent, target, made, target.item)
  agent.counts.picked = agent.counts.picked + more
  return not alive and more > 0 and M.DONE or M.GOES_ON
end

local function account_resource(arena, agent, target, made, alive)
  local more = gained(agent, target, made, target.item)
  if more == 0 then
    return M.GOES_ON
  end
  items.count(arena, target.item, "mined", more)
  agent.counts.mined = agent.counts.mined + more
  if not alive then
    return M.DONE
  end
  agent.done_count = agent.done_count + more
  return M.MINED
end

local function account(arena, agent, target, made, alive, now)
  if target.kind == RESOURCE then
    return account_resource(arena, agent, target, made, alive)
  elseif target.kind == PILE then
    return account_pile(agent, target, made, alive)
  elseif target.type == "tree" or target.type == "simple-entity" then
    return alive and M.GOES_ON or account_natural(arena, agent, target, made)
  end
  return account_building(arena, agent, target, made, alive, now)
end

--- What came of a tick of mining.
---@param arena table
---@param agent table
---@param made table<string, integer> what the character crafted in it
---@param now integer arena tick of the boundary
---@return string outcome
---@return boolean full the bar is full, the target is there and nothing of it fits
function M.conclude(arena, agent, made, now)
  local target = agent.mine
  if target.gone then
    return M.GONE, false
  end
  local alive = target.entity.valid
  local outcome = M.GOES_ON
  if target.asked and target.due and not target.full then
    outcome = account(arena, agent, target, made, alive, now)
  end
  if not alive and outcome ~= M.DONE then
    return M.GONE, false
  end
  if not target.asked then
    return outcome, false
  end
  agent.mining = 1
  if outcome ~= M.GOES_ON or not target.due then
    return outcome, false
  end
  local at_end = target.full or M.backend().progress(agent) * target.need + 0.5 >= target.need
  return outcome, at_end and not targets.room_for_some(agent, target)
end

-- What the game does itself -----------------------------------------------------------------------

local native = {}

--- Select a target; whether it is what was selected.
function native.select(_, agent, target)
  local character = agent.character
  character.update_selected_entity(geometry.position(target.x, target.y))
  local selected = character.selected
  return selected ~= nil and selected == target.entity
end

--- Mine what is selected; returns the progress so far in 1/10,000 tick.
function native.ask(agent, target)
  local character = agent.character
  character.mining_state = { mining = true, position = geometry.position(target.x, target.y) }
  agent.told_mining = true
  return floor(character.character_mining_progress * target.need + 0.5)
end

--- Do not mine.
function native.rest(agent)
  agent.character.mining_state = { mining = false }
  agent.told_mining = false
end

--- Share of the bar that is full.
function native.progress(agent)
  return agent.character.character_mining_progress
end

M.native = native
M.fallback = nil -- set by fallback.lua

--- How mining is carried out: by the game, or by the mod where a self-test found that it does not.
---@return table
function M.backend()
  local settings = storage.settings
  if settings and settings.mining == "fallback" then
    return M.fallback
  end
  return native
end

--- What the extractor shows of mining.
---@param agent table
---@return integer kind, integer mining, integer progress, integer need in 1/10,000 tick
function M.fields(agent)
  if agent.mining == 0 then
    return 0, 0, 0, 0
  end
  local target = agent.mine
  if target.fresh then
    return target.kind, 1, 0, target.need
  end
  local progress = floor(M.backend().progress(agent) * target.need + 0.5)
  return target.kind, 1, progress, target.need
end

return M
