-- What can be mined: what a point selects, whether it can be taken from here, what is nearest.
-- Read only.

local geometry = require("gym.geometry")
local items = require("gym.items")
local space = require("gym.space")

local M = {}

local ceil, max, min = math.ceil, math.max, math.min

M.NOTHING, M.ENTITY, M.RESOURCE, M.PILE = 0, 1, 2, 3

-- Targets -----------------------------------------------------------------------------------------
-- { kind, entity, name, type, x, y } and { need, uid, item } when it is aimed at; x, y: the point
-- where it is selected.

local function entity_target(info)
  return {
    kind = M.ENTITY,
    entity = info.entity,
    name = info.name,
    type = info.type,
    x = info.x,
    y = info.y,
    direction = info.direction,
  }
end

local function pile_target(pile)
  local entity = pile.entity
  return { kind = M.PILE, entity = entity, name = entity.stack.name, x = pile.x, y = pile.y }
end

local function resource_target(entity, tx, ty)
  return {
    kind = M.RESOURCE,
    entity = entity,
    name = entity.name,
    x = tx * 256 + 128,
    y = ty * 256 + 128,
  }
end

--- What mining at a point means, or nil. A building before a ground item before a deposit.
---@param arena table
---@param x integer
---@param y integer
---@return table? target
function M.selected(arena, x, y)
  if not space.tile_at(arena, x, y) then
    return nil
  end
  local info = space.entity_at(arena, x, y)
  if info then
    return entity_target(info)
  end
  local reach = geometry.PILE_SELECT_HALF
  local piles = space.piles(arena, x - reach, y - reach, x + reach, y + reach)
  local pile = space.nearest_pile(piles, x, y)
  if pile then
    return pile_target(pile)
  end
  local tx, ty = geometry.tile(x), geometry.tile(y)
  local deposit = space.deposit_at(arena, tx, ty)
  return deposit and resource_target(deposit, tx, ty)
end

--- A building as a target, as space.look has it.
function M.info(target)
  return {
    entity = target.entity,
    kind = space.kind(target.name),
    name = target.name,
    type = target.type,
    x = target.x,
    y = target.y,
    direction = target.direction,
  }
end

--- Whether a target can be mined by hand at all.
---@param target table
---@return boolean
function M.minable(target)
  return target.kind == M.PILE or space.kind(target.name).mine_time > 0
end

--- Whether a character can mine a target from a point.
---@return boolean
function M.within_reach(target, x, y)
  if target.kind == M.ENTITY then
    return space.distance_squared(M.info(target), x, y) <= geometry.REACH * geometry.REACH
  elseif target.kind == M.PILE then
    local dx, dy = target.x - x, target.y - y
    return dx * dx + dy * dy <= geometry.REACH * geometry.REACH
  end
  local half, reach = geometry.RESOURCE_HALF, geometry.RESOURCE_REACH
  local tx, ty = target.x, target.y
  local far = geometry.box_distance_squared(x, y, tx - half, ty - half, tx + half, ty + half)
  return far <= reach * reach
end

--- Whether all that a tree or a rock can give fits: its items share the empty slots.
local function room_for_yield(agent, kind)
  local left = items.main(agent).count_empty_stacks()
  local empty = left
  for _, yield in ipairs(kind.yields) do
    local item, most = yield[1], yield[2]
    local stack = prototypes.item[item].stack_size
    local over = most - (items.room(agent, item) - empty * stack)
    if over > 0 then
      left = left - ceil(over / stack)
    end
  end
  return left >= 0
end

--- First item on a belt, or nil.
local function first_on_belt(entity)
  for lane = 1, 2 do
    local line = entity.get_transport_line(lane)
    if #line > 0 then
      return line.get_detailed_contents()[1].stack.name
    end
  end
  return nil
end

--- Whether mining a target could give anything now.
---@param agent table
---@param target table
---@return boolean
function M.room_for_some(agent, target)
  if target.kind == M.RESOURCE then
    local item = space.kind(target.name).item
    return item == nil or items.room(agent, item) > 0
  elseif target.kind == M.PILE then
    return items.room(agent, target.name) > 0
  end
  local info = M.info(target)
  local inside = items.first_inside(info)
  if not inside and info.type == "transport-belt" then
    inside = first_on_belt(info.entity)
  end
  if inside then
    return items.room(agent, inside) > 0
  end
  if info.type == "tree" or info.type == "simple-entity" then
    return room_for_yield(agent, info.kind)
  end
  return info.kind.item == nil or items.room(agent, info.kind.item) > 0
end

--- Result code of mining a target now, from a point.
---@param agent table
---@param target table?
---@param x integer
---@param y integer
---@return string code
function M.code(agent, target, x, y)
  if not target then
    return "nothing_there"
  elseif not M.minable(target) then
    return "not_minable"
  elseif not M.within_reach(target, x, y) then
    return "out_of_reach"
  elseif not M.room_for_some(agent, target) then
    return "inventory_full"
  end
  return "ok"
end

-- Areas -------------------------------------------------------------------------------------------

--- Whether a target is what was asked for.
---@param target table
---@param name string?
---@param ground boolean? the name is that of an item, and no entity has it
---@return boolean
function M.name_fits(target, name, ground)
  if not name then
    return true
  elseif target.kind == M.PILE then
    return target.name == (ground and name or space.kind(name).item)
  end
  return not ground and target.name == name
end

--- What stands, lies and grows in some tiles, by tile.
local function survey(arena, left, top, right, bottom)
  local reach = geometry.PILE_SELECT_HALF
  local x0, y0, x1, y1 = left * 256, top * 256, right * 256 + 256, bottom * 256 + 256
  local seen = { stands = {}, lies = {}, grows = {} }
  for _, info in ipairs(space.standing(arena, x0, y0, x1, y1)) do
    local l, t, r, b = space.tiles(info)
    for ty = max(t, top), min(b, bottom) do
      for tx = max(l, left), min(r, right) do
        local index = space.tile_index(arena, tx, ty)
        if index then
          seen.stands[index] = info
        end
      end
    end
  end
  seen.piles = space.piles(arena, x0 - reach, y0 - reach, x1 + reach, y1 + reach)
  for _, pile in ipairs(seen.piles) do
    local index = space.tile_at(arena, pile.x, pile.y)
    if index and not seen.lies[index] then
      seen.lies[index] = pile
    end
  end
  local filter = { area = geometry.area(x0, y0, x1, y1), type = "resource" }
  for _, entity in ipairs(arena.surface.find_entities_filtered(filter)) do
    local index = space.tile_at(arena, geometry.point(entity.position))
    if index then
      seen.grows[index] = entity
    end
  end
  return seen
end

--- What mining means on a tile: what its centre selects, or else the first item that lies on it.
local function on_tile(seen, index, tx, ty)
  if seen.stands[index] then
    return entity_target(seen.stands[index])
  end
  local x, y = tx * 256 + 128, ty * 256 + 128
  local pile = space.nearest_pile(seen.piles, x, y)
  if pile then
    return pile_target(pile)
  elseif seen.grows[index] then
    return resource_target(seen.grows[index], tx, ty)
  elseif seen.lies[index] then
    return pile_target(seen.lies[index])
  end
  return nil
end

--- The nearest target in an area that can be mined now.
---@param arena table
---@param agent table
---@param order table { x, y, x2, y2, name, ground } the area, and what is asked for
---@return string code, table? target
function M.find_in_area(arena, agent, order)
  local x, y = geometry.point(agent.character.position)
  local column, row = geometry.tile(x), geometry.tile(y)
  local left, top = max(geometry.tile(order.x), column - 14), max(geometry.tile(order.y), row - 14)
  local right, bottom = geometry.tile(order.x2), geometry.tile(order.y2)
  right, bottom = min(right, column + 14), min(bottom, row + 14)
  local code, best, best_far = "nothing_there", nil, nil
  if left > right or top > bottom then
    return code, nil
  end
  local seen = survey(arena, left, top, right, bottom)
  for ty = top, bottom do
    for tx = left, right do
      local index = space.tile_index(arena, tx, ty)
      local target = index and on_tile(seen, index, tx, ty)
      if target and M.name_fits(target, order.name, order.ground) then
        local why = M.code(agent, target, x, y)
        local dx, dy = tx * 256 + 128 - x, ty * 256 + 128 - y
        local far = dx * dx + dy * dy
        if why ~= "ok" then
          code = code == "nothing_there" and why or code
        elseif not best or far < best_far then
          best, best_far = target, far
        end
      end
    end
  end
  if best then
    return "ok", best
  end
  return code, nil
end

return M
