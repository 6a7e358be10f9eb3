-- The verbs: what each does once `checks` has let it pass.
--
-- Instant verbs are done here; MOVE, MINE and WAIT become the agent's activity, which `mind`
-- carries on. Items move in the engine's order, so that they lie in the same slots.

local activity = require("gym.activity")
local checks = require("gym.checks")
local crafting = require("gym.crafting")
local data = require("gym.data")
local geometry = require("gym.geometry")
local items = require("gym.items")
local mining = require("gym.mining")
local space = require("gym.space")
local spots = require("gym.spots")

local M = {}

local abs, huge, max, min = math.abs, math.huge, math.max, math.min
local VERB = data.verbs
local MAX_DROP = 50 -- items of one DROP

local BEGIN = {}

function BEGIN.MOVE(_, agent, command, now)
  local x, y = checks.move_target(agent, command)
  if command.method == 1 then
    agent.character.teleport(geometry.position(x, y))
    agent.at_x = nil
    activity.stop(agent)
    return "ok"
  end
  local at_x, at_y = checks.where(agent)
  activity.start(agent, x and activity.WALK_TO or activity.WALK, VERB.MOVE)
  agent.target_x, agent.target_y = x or 0, y or 0
  if x then
    agent.goal_count = abs(x - at_x) + abs(y - at_y) -- nearest so far
    return "running"
  end
  agent.walk_direction = command.direction
  if command.ticks >= 0 then
    agent.until_tick = now + command.ticks
  end
  return "running"
end

function BEGIN.MINE(arena, agent, command)
  local _, target = checks.mine_target(arena, agent, command)
  mining.aim(arena, agent, target)
  activity.start(agent, activity.MINE, VERB.MINE)
  agent.goal_count = command.count
  agent.area = command.area
      and {
        x = command.x,
        y = command.y,
        x2 = command.x2,
        y2 = command.y2,
        name = command.name,
        ground = command.ground,
      }
    or nil
  return "running"
end

function BEGIN.BUILD(arena, agent, command, now)
  local kind = space.kind(command.name)
  local x, y, direction = checks.build_place(kind, command)
  if items.remove(agent, kind.item, 1) == 0 then
    return "insufficient_items"
  end
  local entity = arena.surface.create_entity({
    name = command.name,
    position = geometry.position(x, y),
    direction = direction,
    force = agent.character.force,
    create_build_effect_smoke = false,
    raise_built = true,
  })
  if not entity then
    items.give(agent, kind.item, 1)
    return "cannot_place"
  end
  items.count(arena, kind.item, "built", 1)
  agent.counts.placed = agent.counts.placed + 1
  local row = items.owner_row(arena, space.uid(arena, space.look(entity)))
  row.owner, row.built, row.giver, row.given = agent.number + 1, now, 0, 0
  return "ok"
end

function BEGIN.CRAFT(arena, agent, command, now)
  return crafting.queue(arena, agent, command.name, command.count, now)
end

local function give_to(arena, agent, info, item, count, now)
  return items.hand_over(arena, agent, info, space.uid(arena, info), item, count, now)
end

function BEGIN.INSERT(arena, agent, command, now)
  local info = space.entity_at(arena, command.x, command.y)
  local count = command.count > 0 and command.count or huge
  agent.res.a = give_to(arena, agent, info, command.name, count, now)
  return "ok"
end

function BEGIN.TAKE(arena, agent, command)
  local info = space.entity_at(arena, command.x, command.y)
  local slots, item = items.take_run(info, command.inventory, command.name)
  local count = min(slots.get_item_count(item), items.room(agent, item))
  if command.count > 0 then
    count = min(count, command.count)
  end
  slots.remove({ name = item, count = count })
  items.give(agent, item, count)
  items.count(arena, item, "taken", count)
  agent.counts.taken = agent.counts.taken + count
  local row = arena.owners[space.uid(arena, info)]
  if info.type == "container" and row and row.giver ~= 0 and row.giver ~= agent.number + 1 then
    agent.counts.handed = agent.counts.handed + count
  end
  agent.res.a = count
  return "ok"
end

function BEGIN.ROTATE(arena, _, command)
  local info = space.entity_at(arena, command.x, command.y)
  local turned = (info.direction + 4) % 16
  info.entity.direction = command.direction >= 0 and command.direction or turned
  return "ok"
end

--- Put items on a belt; returns how many went.
local function drop_on_belt(agent, info, x, y, item, count)
  local line, at = checks.lane_at(info, x, y)
  local done = 0
  while done < count and line.insert_at(at, { name = item, count = 1 }) do
    items.remove(agent, item, 1)
    done = done + 1
  end
  return done
end

--- Lay items on the ground, one to a place; returns how many found one.
local function drop_on_ground(arena, agent, x, y, item, count)
  local ground, done = {}, 0
  while done < count do
    local px, py = spots.find_spot(arena, x, y, ground)
    if not px then
      break
    end
    items.remove(agent, item, 1)
    arena.surface.create_entity({
      name = "item-on-ground",
      position = geometry.position(px, py),
      stack = { name = item, count = 1 },
    })
    spots.laid_down(ground, px, py)
    done = done + 1
  end
  return done
end

function BEGIN.DROP(arena, agent, command, now)
  local item = command.name
  local x, y = checks.drop_target(agent, command)
  local count = min(max(command.count, 1), MAX_DROP, items.held(agent, item))
  local info = space.entity_at(arena, x, y)
  local done
  if info and items.has_slots(info) then
    done = give_to(arena, agent, info, item, count, now)
  elseif info and info.type == "transport-belt" then
    done = drop_on_belt(agent, info, x, y, item, count)
  else
    done = drop_on_ground(arena, agent, x, y, item, count)
  end
  agent.counts.dropped = agent.counts.dropped + done
  agent.res.a = done
  return "ok"
end

--- Take up what fits of an item on the ground; returns how many.
local function pick_pile(agent, pile)
  local stack = pile.entity.stack
  local item, count = stack.name, stack.count
  local some = min(count, items.room(agent, item))
  if some == 0 then
    return 0
  end
  items.give(agent, item, some)
  if some < count then
    stack.count = count - some
  else
    pile.entity.destroy()
  end
  return some
end

--- Take what lies on belts within range; returns how many. Off a lane comes the frontmost item of
--- the same name, which the game's call takes.
local function pick_lanes(arena, agent, x, y)
  local done = 0
  local function room(item)
    return items.room(agent, item) > 0
  end
  for _, info in ipairs(checks.belts_around(arena, x, y)) do
    for lane = 1, 2 do
      local line = info.entity.get_transport_line(lane)
      local code, item = checks.lane_item(info, lane, x, y, room)
      while code == "ok" do
        line.remove_item({ name = item, count = 1 })
        items.give(agent, item, 1)
        done = done + 1
        code, item = checks.lane_item(info, lane, x, y, room)
      end
    end
  end
  return done
end

function BEGIN.PICK_UP(arena, agent)
  local x, y = checks.where(agent)
  local done = 0
  for _, pile in ipairs(checks.piles_around(arena, x, y)) do
    done = done + pick_pile(agent, pile)
  end
  done = done + pick_lanes(arena, agent, x, y)
  agent.counts.picked = agent.counts.picked + done
  agent.res.a = done
  return "ok"
end

function BEGIN.SAY(_, agent, command)
  agent.message = min(command.count, 254) + 1
  agent.counts.messages = agent.counts.messages + 1
  return "ok"
end

function BEGIN.CANCEL(arena, agent, command)
  M.cancel(arena, agent, command)
  return "ok"
end

function BEGIN.WAIT(_, agent, command, now)
  if command.ticks >= 0 and agent.activity == activity.NONE then
    activity.start(agent, activity.WAIT, VERB.WAIT)
    agent.until_tick = now + command.ticks
    return "running"
  end
  return "ok"
end

--- Stop what is running, and give the ingredients of queued crafts back.
---@param arena table
---@param agent table
---@param command table
function M.cancel(arena, agent, command)
  if command.method ~= 2 then
    activity.stop(agent)
    activity.drop_orders(agent)
  end
  if command.method ~= 1 and #agent.queue > 0 then
    crafting.cancel(arena, agent)
    if agent.activity == activity.CRAFT then
      activity.finish(agent, "cancelled") -- a COMPOUND that waits for what will not come
    end
  end
end

--- Carry a command out, or start it.
---@param arena table
---@param agent table
---@param command table from action_executor.parse
---@param now integer arena tick of the boundary
---@return string code
function M.begin(arena, agent, command, now)
  local code = checks.check(arena, agent, command)
  if code ~= "ok" then
    return code
  end
  local begin = BEGIN[data.verb_names[command.verb]]
  return begin and begin(arena, agent, command, now) or "ok"
end

return M
