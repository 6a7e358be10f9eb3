-- What would be refused: a code for each command, and the targets that commands name. Read only.
--
-- `verbs` asks before it acts, and `action_executor` asks for all agents before any of them acts,
-- to tell a lost race from a mistake. Same codes and same priorities as the project's engine.

local crafting = require("gym.crafting")
local data = require("gym.data")
local geometry = require("gym.geometry")
local items = require("gym.items")
local space = require("gym.space")
local spots = require("gym.spots")
local targets = require("gym.targets")

local M = {}

local floor = math.floor
local TILE, REACH, PICKUP = geometry.TILE, geometry.REACH, geometry.PICKUP_REACH

local TURNS = { ["mining-drill"] = true, ["transport-belt"] = true, inserter = true }

---@return integer x, integer y
local function where(agent)
  return geometry.point(agent.character.position)
end
M.where = where

local function near(x0, y0, x, y, reach)
  local dx, dy = x - x0, y - y0
  return dx * dx + dy * dy <= reach * reach
end

-- Targets -----------------------------------------------------------------------------------------

--- The entity at a point that a character can touch.
---@return string code, table? info
local function target_entity(arena, agent, command)
  if not space.tile_at(arena, command.x, command.y) then
    return "out_of_map", nil
  end
  local info = space.entity_at(arena, command.x, command.y)
  if not info then
    return "nothing_there", nil
  end
  local x, y = where(agent)
  if space.distance_squared(info, x, y) > REACH * REACH then
    return "out_of_reach", info
  end
  return "ok", info
end

--- What a MINE command means now.
---@return string code, table? target
function M.mine_target(arena, agent, command)
  if command.area then
    return targets.find_in_area(arena, agent, command)
  end
  if not space.tile_at(arena, command.x, command.y) then
    return "out_of_map", nil
  end
  local target = targets.selected(arena, command.x, command.y)
  if target and not targets.name_fits(target, command.name, command.ground) then
    return "wrong_entity", target
  end
  local x, y = where(agent)
  return targets.code(agent, target, x, y), target
end

--- Point that a MOVE goes to, or nil.
---@return integer? x, integer? y
function M.move_target(agent, command)
  if command.target then
    return command.x, command.y
  elseif command.count > 0 then
    local x, y = where(agent)
    local dx, dy = geometry.direction_step(command.direction)
    return (floor(x / TILE) + dx * command.count) * TILE + TILE / 2,
      (floor(y / TILE) + dy * command.count) * TILE + TILE / 2
  end
  return nil
end

--- Point of a DROP.
---@return integer x, integer y
function M.drop_target(agent, command)
  if command.target then
    return command.x, command.y
  end
  return where(agent)
end

--- Lane of a belt that what is put down at a point comes to, and where on it.
---@return LuaTransportLine line, number position in tiles
function M.lane_at(info, x, y)
  local entity = info.entity
  local lane, at =
    geometry.drop_lane(info.direction, entity.belt_shape, x - info.x, y - info.y)
  return entity.get_transport_line(lane), at / 256
end

--- Items on the ground within pick-up range, in order.
---@return table[] piles
function M.piles_around(arena, x, y)
  local out = {}
  for _, pile in ipairs(space.piles(arena, x - PICKUP, y - PICKUP, x + PICKUP, y + PICKUP)) do
    if near(x, y, pile.x, pile.y, PICKUP) then
      out[#out + 1] = pile
    end
  end
  return out
end

--- Belts within pick-up range, in the order of their tiles.
---@return table[] infos
function M.belts_around(arena, x, y)
  local area = geometry.area(
    floor((x - PICKUP) / TILE) * TILE,
    floor((y - PICKUP) / TILE) * TILE,
    floor((x + PICKUP) / TILE) * TILE + TILE,
    floor((y + PICKUP) / TILE) * TILE + TILE
  )
  local found =
    arena.surface.find_entities_filtered({ area = area, type = "transport-belt" })
  local out = {}
  for index, entity in ipairs(found) do
    out[index] = space.look(entity)
  end
  table.sort(out, function(a, b)
    if a.y ~= b.y then
      return a.y < b.y
    end
    return a.x < b.x
  end)
  return out
end

--- The first item on a lane that lies within pick-up range and fits.
---@param room fun(item: string): boolean
---@return string code, string? item
function M.lane_item(info, lane, x, y, room)
  local line = info.entity.get_transport_line(lane)
  local code = "nothing_there"
  if #line == 0 then
    return code, nil
  end
  local shape = info.entity.belt_shape
  for _, row in ipairs(line.get_detailed_contents()) do
    local at = geometry.units(row.position)
    local dx, dy = geometry.item_offset(info.direction, shape, lane, at)
    if near(x, y, info.x + dx, info.y + dy, PICKUP) then
      local item = row.stack.name
      if room(item) then
        return "ok", item
      end
      code = "inventory_full"
    end
  end
  return code, nil
end

-- Checks ------------------------------------------------------------------------------------------

local CHECK = {}

function CHECK.MOVE(arena, agent, command)
  local x, y = M.move_target(agent, command)
  if x and not space.tile_at(arena, x, y) then
    return "out_of_map"
  end
  if command.method == 1 then
    if not arena.teleport then
      return "not_allowed"
    elseif space.obstructed(arena, agent.character, x, y) then
      return "blocked"
    end
  end
  return "ok"
end

function CHECK.MINE(arena, agent, command)
  return (M.mine_target(arena, agent, command))
end

--- Where and how a BUILD would put its entity.
---@return integer x, integer y, integer direction
function M.build_place(kind, command)
  local direction = kind.rotates and command.direction or 0
  local wide, high = geometry.footprint(kind, direction)
  return geometry.snap(wide, command.x), geometry.snap(high, command.y), direction
end

function CHECK.BUILD(arena, agent, command)
  local kind = space.kind(command.name)
  if not kind.item or kind.type == "resource" then
    return "cannot_place"
  elseif not kind.modelled then
    return "not_implemented"
  elseif items.held(agent, kind.item) == 0 then
    return "insufficient_items"
  end
  local x, y, direction = M.build_place(kind, command)
  local cx, cy = where(agent)
  if not near(cx, cy, x, y, REACH) then
    return "out_of_reach"
  end
  return space.place_code(arena, kind, x, y, direction) or "ok"
end

function CHECK.CRAFT(arena, agent, command)
  return crafting.code(arena, agent, command.name, command.count)
end

function CHECK.INSERT(arena, agent, command)
  local code, info = target_entity(arena, agent, command)
  if code ~= "ok" then
    return code
  elseif items.held(agent, command.name) == 0 then
    return "insufficient_items"
  elseif not items.accepts(arena, info, command.name, command.inventory) then
    return items.has_slots(info) and "not_accepted" or "wrong_entity"
  end
  return items.has_room(info, command.name) and "ok" or "target_full"
end

function CHECK.TAKE(arena, agent, command)
  local code, info = target_entity(arena, agent, command)
  if code ~= "ok" then
    return code
  elseif not items.has_slots(info) then
    return "wrong_entity"
  end
  local slots, item = items.take_run(info, command.inventory, command.name)
  if not slots then
    return "nothing_to_take"
  end
  return items.room(agent, item) > 0 and "ok" or "inventory_full"
end

function CHECK.SET_RECIPE(arena, agent, command)
  local code = target_entity(arena, agent, command)
  return code == "ok" and "wrong_entity" or code -- assembling machines come later
end

function CHECK.ROTATE(arena, agent, command)
  local code, info = target_entity(arena, agent, command)
  if code ~= "ok" then
    return code
  end
  return TURNS[info.type] and "ok" or "cannot_rotate"
end

--- Whether a character has room for one of an item; asked once for each item.
---@return fun(item: string): boolean
function M.room_asker(agent)
  local known = {}
  return function(item)
    if known[item] == nil then
      known[item] = items.room(agent, item) > 0
    end
    return known[item]
  end
end

function CHECK.PICK_UP(arena, agent)
  local x, y = where(agent)
  local room = M.room_asker(agent)
  local code = "nothing_there"
  for _, pile in ipairs(M.piles_around(arena, x, y)) do
    if room(pile.entity.stack.name) then
      return "ok"
    end
    code = "inventory_full"
  end
  local other = "nothing_there"
  for _, info in ipairs(M.belts_around(arena, x, y)) do
    for lane = 1, 2 do
      local why = M.lane_item(info, lane, x, y, room)
      if why == "ok" then
        return "ok"
      elseif why ~= "nothing_there" then
        other = why
      end
    end
  end
  return other == "nothing_there" and code or other
end

function CHECK.DROP(arena, agent, command)
  local item = command.name
  local x, y = M.drop_target(agent, command)
  if not space.tile_at(arena, x, y) then
    return "out_of_map"
  end
  local cx, cy = where(agent)
  if not near(cx, cy, x, y, REACH) then
    return "out_of_reach"
  elseif items.held(agent, item) == 0 then
    return "insufficient_items"
  end
  local info = space.entity_at(arena, x, y)
  if info and items.has_slots(info) then
    if not items.accepts(arena, info, item, 0) then
      return "not_accepted"
    end
    return items.has_room(info, item) and "ok" or "target_full"
  elseif info and info.type == "transport-belt" then
    local line, at = M.lane_at(info, x, y)
    return line.can_insert_at(at) and "ok" or "target_full"
  end
  return spots.find_spot(arena, x, y) and "ok" or "target_full"
end

function CHECK.RESEARCH()
  return "not_implemented"
end

function CHECK.CANCEL(_, agent, command)
  local busy = agent.activity ~= 0 and command.method ~= 2
  local crafts = #agent.queue > 0 and command.method ~= 1
  return (busy or crafts) and "ok" or "nothing_running"
end

--- Code that a command would be refused with now, or "ok".
---@param arena table
---@param agent table
---@param command table from action_executor.parse
---@return string
function M.check(arena, agent, command)
  if not agent.active then
    return "unknown_agent"
  end
  local check = CHECK[data.verb_names[command.verb]]
  return check and check(arena, agent, command) or "ok"
end

return M
