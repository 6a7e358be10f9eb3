-- What an agent's command makes of its character between two ticks.
--
-- conclude(b) says what became of the activity in tick b; prepare(b + 1) goes on with a COMPOUND
-- and tells the body what to do in the next tick: walk, mine, or nothing. The game moves the body.

local activity = require("gym.activity")
local crafting = require("gym.crafting")
local data = require("gym.data")
local geometry = require("gym.geometry")
local mining = require("gym.mining")
local targets = require("gym.targets")
local verbs = require("gym.verbs")

local M = {}

local abs = math.abs
local OK, RUNNING = data.codes.ok, data.codes.running
local COMPOUND, CRAFT = data.verbs.COMPOUND, data.verbs.CRAFT
local PATIENCE = 8 -- ticks without coming nearer after which a walk to a point gives up

-- Orders ------------------------------------------------------------------------------------------

--- Go on with a COMPOUND: one command a tick, the next when the one before is done.
---@param arena table
---@param agent table
---@param now integer arena tick of the boundary
function M.next_orders(arena, agent, now)
  local res = agent.res
  if activity.orders_left(agent) > 0 and agent.activity == activity.NONE then
    agent.order_at = agent.order_at + 1
    local at, command = agent.order_at, agent.orders[agent.order_at]
    local code = data.codes[verbs.begin(arena, agent, command, now)]
    agent.counts.commands = agent.counts.commands + 1
    agent.last_verb = command.verb
    agent.result = code
    if code == RUNNING and command.verb == CRAFT then
      activity.start(agent, activity.CRAFT, CRAFT)
    end
    if code > RUNNING then
      activity.drop_orders(agent)
      agent.counts.refused = agent.counts.refused + 1
      if res.verb == COMPOUND and res.code == RUNNING then
        res.code = code
        res.a = at
      else
        res.b = code + 1
        res.c = command.verb
      end
      return
    end
  end
  local idle = agent.activity == activity.NONE and activity.orders_left(agent) == 0
  if idle and res.verb == COMPOUND and res.code == RUNNING then
    res.code = OK
  end
end

-- After a tick ------------------------------------------------------------------------------------

local function crowded(arena, me, x, y)
  for _, other in ipairs(arena.agents) do
    if other ~= me and other.active then
      local ox, oy = geometry.point(other.character.position)
      if abs(ox - x) <= geometry.CROWD and abs(oy - y) <= geometry.CROWD then
        return true
      end
    end
  end
  return false
end

local function conclude_walk(arena, agent, now)
  local counts = agent.counts
  local x, y = geometry.point(agent.character.position)
  agent.at_x, agent.at_y = x, y
  local moved = abs(x - agent.from_x) + abs(y - agent.from_y)
  agent.walking = 1
  counts.walked = counts.walked + moved
  if moved == 0 then
    counts.blocked = counts.blocked + 1
  end
  if agent.activity == activity.WALK then
    if agent.until_tick ~= activity.NEVER and now >= agent.until_tick then
      activity.finish(agent, "ok")
    end
    return
  end
  local tx, ty = agent.target_x, agent.target_y
  if geometry.direction_to(x, y, tx, ty) < 0 then
    activity.finish(agent, "ok")
    return
  end
  local distance = abs(tx - x) + abs(ty - y)
  if distance < agent.goal_count then
    agent.goal_count = distance
    agent.done_count = 0
  else
    agent.done_count = agent.done_count + 1
  end
  if moved == 0 or agent.done_count >= PATIENCE then
    if crowded(arena, agent, x, y) then
      counts.conflicts = counts.conflicts + 1
    end
    activity.finish(agent, "blocked")
  end
end

local function conclude_mining(arena, agent, made, now)
  local outcome, full = mining.conclude(arena, agent, made, now)
  local done, gone = outcome == mining.DONE, outcome == mining.GONE
  if full and not done and not gone then
    activity.finish(agent, "inventory_full")
    return
  end
  if done and agent.area then
    agent.done_count = agent.done_count + 1
  end
  local enough = agent.goal_count > 0 and agent.done_count >= agent.goal_count
  if enough or (done and not agent.area) then
    activity.finish(agent, "ok")
  elseif done or gone then
    if not agent.area then
      -- Somebody else took it, or it is no longer to be reached.
      agent.counts.conflicts = agent.counts.conflicts + 1
      activity.finish(agent, "nothing_there")
      return
    end
    local code, target = targets.find_in_area(arena, agent, agent.area)
    if code == "ok" then
      mining.aim(arena, agent, target)
    else
      activity.finish(agent, agent.done_count > 0 and "ok" or "nothing_there")
    end
  end
end

local function conclude_one(arena, agent, now)
  local made = crafting.conclude(arena, agent, now)
  local what = agent.activity
  if what == activity.NONE and #agent.queue == 0 and agent.result ~= RUNNING then
    -- By far the most frequent case; only a COMPOUND could still have to end.
    if agent.res.code ~= RUNNING then
      return
    end
  end
  if what == activity.WALK or what == activity.WALK_TO then
    conclude_walk(arena, agent, now)
  elseif what == activity.MINE then
    conclude_mining(arena, agent, made, now)
  elseif what == activity.WAIT and now >= agent.until_tick then
    activity.finish(agent, "ok")
  end
  if #agent.queue == 0 then
    if agent.activity == activity.CRAFT then
      activity.finish(agent, "ok")
    elseif agent.last_verb == CRAFT and agent.result == RUNNING then
      agent.result = OK
      if agent.res.verb == CRAFT then
        agent.res.code = OK
      end
    end
  end
  if activity.orders_left(agent) == 0 and agent.activity == activity.NONE then
    M.next_orders(arena, agent, now) -- a COMPOUND whose last command has ended
  end
end

--- Say what became of every agent's activity in a tick. Characters that are gone have been noticed.
---@param arena table
---@param tick integer game tick that has ended
function M.conclude(arena, tick)
  local now = tick - arena.start
  for _, agent in ipairs(arena.agents) do
    if agent.active then
      agent.at_x = nil
      conclude_one(arena, agent, now)
    end
  end
  -- Where a tick follows at once, nobody else moves a character in between.
  arena.at_once = game.tick > tick
end

-- Before a tick -----------------------------------------------------------------------------------

local walking = {}

--- Make the body walk in a direction, or stand (nil).
function walking.tell(agent, direction)
  if agent.told_walking ~= direction then
    agent.told_walking = direction
    if direction then
      agent.character.walking_state = { walking = true, direction = direction }
    else
      agent.character.walking_state = { walking = false, direction = agent.walk_direction }
    end
  end
end

--- How walking is carried out: by the game, or by the mod where a self-test found that it does not.
local function walking_backend()
  local settings = storage.settings
  if settings and settings.walking == "fallback" then
    return M.fallback
  end
  return walking
end

M.fallback = nil -- set by fallback.lua
M.carry_out = nil -- what the mod's own bodies do before a tick; set by fallback.lua

local function prepare_one(arena, agent, now, at_once)
  if agent.activity == activity.NONE and activity.orders_left(agent) > 0 then
    M.next_orders(arena, agent, now)
  end
  local what, direction = agent.activity, nil
  if what == activity.WALK or what == activity.WALK_TO then
    local x, y = agent.at_x, agent.at_y
    if not (at_once and x) then
      x, y = geometry.point(agent.character.position)
    end
    agent.from_x, agent.from_y = x, y
    direction = agent.walk_direction
    if what == activity.WALK_TO then
      direction = geometry.direction_to(x, y, agent.target_x, agent.target_y)
      if direction < 0 then
        activity.finish(agent, "ok")
        direction = nil
      else
        agent.walk_direction = direction
      end
    end
  elseif what == activity.NONE and #agent.queue == 0 then
    agent.counts.idle = agent.counts.idle + 1
  end
  if what ~= activity.MINE and agent.told_mining then
    mining.backend().rest(agent) -- before it walks: mining wins over walking
  end
  walking_backend().tell(agent, direction)
  if what == activity.MINE then
    mining.prepare(arena, agent)
  end
end

--- Go on with orders, and tell the bodies what to do in a tick.
---@param arena table
---@param tick integer game tick to come
function M.prepare(arena, tick)
  local now, at_once = tick - 1 - arena.start, arena.at_once
  arena.at_once = false
  for _, agent in ipairs(arena.agents) do
    if agent.active and agent.character.valid then
      prepare_one(arena, agent, now, at_once)
    end
  end
  local settings = storage.settings
  if M.carry_out and settings then
    M.carry_out(arena, settings)
  end
end

M.mine_fields = mining.fields
M.craft_fields = crafting.fields
M.orders_left = activity.orders_left

return M
