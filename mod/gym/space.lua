-- Space: what stands, lies or grows where. Read only.
--
-- A footprint is the block of tiles that an entity takes; a point belongs to the entity whose
-- footprint holds it, though its collision box may be smaller. The game answers queries by
-- collision boxes, so every query here asks for more and filters.

local data = require("gym.data")
local geometry = require("gym.geometry")

local M = {}

local abs, floor, max, min, sort = math.abs, math.floor, math.max, math.min, table.sort
local TILE = geometry.TILE

-- What can stand on the map and has a footprint.
local STANDING = {
  "accumulator",
  "ammo-turret",
  "arithmetic-combinator",
  "assembling-machine",
  "beacon",
  "boiler",
  "car",
  "cliff",
  "constant-combinator",
  "container",
  "curved-rail-a",
  "curved-rail-b",
  "decider-combinator",
  "electric-pole",
  "electric-turret",
  "furnace",
  "gate",
  "generator",
  "heat-pipe",
  "inserter",
  "lab",
  "lamp",
  "loader",
  "loader-1x1",
  "logistic-container",
  "market",
  "mining-drill",
  "offshore-pump",
  "pipe",
  "pipe-to-ground",
  "pump",
  "radar",
  "reactor",
  "roboport",
  "rocket-silo",
  "simple-entity",
  "solar-panel",
  "splitter",
  "storage-tank",
  "straight-rail",
  "transport-belt",
  "tree",
  "turret",
  "underground-belt",
  "unit-spawner",
  "wall",
}
M.STANDING = STANDING

M.WET = { "water_tile", "out_of_map" } -- layers of tiles that nothing stands on

-- Prototypes ------------------------------------------------------------------------------------

local kinds = {} -- numbers of prototypes, which do not change while the game runs

local function collides(prototype, layer)
  local mask = prototype.collision_mask
  return mask ~= nil and mask.layers ~= nil and mask.layers[layer] == true
end

--- Whether the game's sum of mining speeds passes the mining time in the ideal tick (and not one
--- later, as the sum of doubles falls short of it for some times).
local function ends_on_time(seconds)
  local done = 0
  for _ = 1, floor(seconds * 120 + 1e-9) do
    done = done + 0.5 / 60
  end
  return done / seconds > 1
end

local function read_kind(name)
  local prototype = prototypes.entity[name]
  local known = data.kinds[name]
  local kind = {
    name = name,
    type = prototype.type,
    modelled = known ~= nil and known.modelled == true,
    rotates = known ~= nil and known.rotates == true,
    item = known and known.item,
    mine_time = 0, -- 1/10,000 tick at speed 1; 0 = not minable by hand
    mine_exact = false, -- by hand it ends in the ideal tick
    yields = {}, -- { item, most } of a tree or a rock
  }
  if known then
    kind.w, kind.h, kind.box = known.w, known.h, known.box
    kind.blocks_walk = known.blocks_walk == true
  else
    local box = prototype.collision_box
    local x0, y0 = geometry.point(box.left_top)
    local x1, y1 = geometry.point(box.right_bottom)
    kind.w, kind.h = max(1, prototype.tile_width), max(1, prototype.tile_height)
    kind.box = { x0, y0, x1, y1 }
    kind.blocks_walk = collides(prototype, "player")
    local placing = prototype.items_to_place_this
    kind.item = placing and placing[1] and placing[1].name
  end
  local mining = prototype.mineable_properties
  if mining and mining.minable and mining.mining_time > 0 then
    kind.mine_time = floor(mining.mining_time * 600000 + 0.5)
    kind.mine_exact = ends_on_time(mining.mining_time)
  end
  for _, product in ipairs(mining and mining.products or {}) do
    if product.type == "item" and #kind.yields < 2 then
      local most = product.amount or product.amount_max
      kind.yields[#kind.yields + 1] = { product.name, floor(most + 0.5) }
    end
  end
  if kind.type == "resource" then
    kind.item = kind.yields[1] and kind.yields[1][1]
  end
  return kind
end

--- Numbers of an entity prototype.
---@param name string
---@return table
function M.kind(name)
  local kind = kinds[name]
  if not kind then
    kind = read_kind(name)
    kinds[name] = kind
  end
  return kind
end

-- Tiles -----------------------------------------------------------------------------------------

--- Row-major number of a tile from 0, or nil outside of the map.
---@param arena table
---@param tx integer
---@param ty integer
---@return integer?
function M.tile_index(arena, tx, ty)
  local column, row = tx - arena.left, ty - arena.top
  if column < 0 or row < 0 or column >= arena.width or row >= arena.height then
    return nil
  end
  return row * arena.width + column
end

--- Row-major number of the tile under a point, or nil outside of the map.
---@return integer?
function M.tile_at(arena, x, y)
  return M.tile_index(arena, floor(x / TILE), floor(y / TILE))
end

--- Whether any tile of the map that an area overlaps is water or nothing.
---@return boolean
function M.is_wet(arena, x0, y0, x1, y1)
  local west, north = arena.left * 256, arena.top * 256
  x0, y0 = max(x0, west), max(y0, north)
  x1, y1 = min(x1, west + arena.width * 256), min(y1, north + arena.height * 256)
  if x0 >= x1 or y0 >= y1 then
    return false
  end
  local filter = { area = geometry.area(x0, y0, x1, y1), collision_mask = M.WET, limit = 1 }
  return arena.surface.count_tiles_filtered(filter) > 0
end

-- Entities --------------------------------------------------------------------------------------

--- What geometry needs of an entity.
---@param entity LuaEntity
---@return table { entity, kind, name, type, x, y, direction }
function M.look(entity)
  local name = entity.name
  local kind = M.kind(name)
  local x, y = geometry.point(entity.position)
  local direction = kind.rotates and entity.direction or 0
  return {
    entity = entity,
    kind = kind,
    name = name,
    type = kind.type,
    x = x,
    y = y,
    direction = direction,
  }
end

--- Collision box of an entity on the map.
---@param info table from `look`
---@return integer x0, integer y0, integer x1, integer y1
function M.box(info)
  local x0, y0, x1, y1 = geometry.turned_box(info.kind.box, info.direction)
  return info.x + x0, info.y + y0, info.x + x1, info.y + y1
end

--- Footprint in tiles: first column, first row, last column, last row.
---@param info table
function M.tiles(info)
  local wide, high = geometry.footprint(info.kind, info.direction)
  local left, top = geometry.first_tile(wide, info.x), geometry.first_tile(high, info.y)
  return left, top, left + wide - 1, top + high - 1
end

--- Squared distance from a point to an entity's collision box.
---@return integer
function M.distance_squared(info, x, y)
  return geometry.box_distance_squared(x, y, M.box(info))
end

--- A number that names an entity: its unit number, or minus its first tile's number minus one.
---@param arena table
---@param info table
---@return integer
function M.uid(arena, info)
  local number = info.entity.unit_number
  if number then
    return number
  end
  local left, top = M.tiles(info)
  return -((top - arena.top) * arena.width + (left - arena.left) + 1)
end

--- What stands in an area (by collision boxes; the edge counts as the game has it).
---@return table[] infos
function M.standing(arena, x0, y0, x1, y1)
  local area = geometry.area(x0, y0, x1, y1)
  local found = arena.surface.find_entities_filtered({ area = area, type = STANDING })
  local out = {}
  for index, entity in ipairs(found) do
    out[index] = M.look(entity)
  end
  return out
end

--- The entity whose footprint holds a point, or nil.
---@return table? info
function M.entity_at(arena, x, y)
  local tx, ty = floor(x / TILE), floor(y / TILE)
  if not M.tile_index(arena, tx, ty) then
    return nil
  end
  for _, info in ipairs(M.standing(arena, tx * 256, ty * 256, tx * 256 + 256, ty * 256 + 256)) do
    local left, top, right, bottom = M.tiles(info)
    if left <= tx and tx <= right and top <= ty and ty <= bottom then
      return info
    end
  end
  return nil
end

--- The deposit on a tile, or nil.
---@return LuaEntity?
function M.deposit_at(arena, tx, ty)
  local area = geometry.area(tx * 256, ty * 256, tx * 256 + 256, ty * 256 + 256)
  local found = arena.surface.find_entities_filtered({ area = area, type = "resource" })
  for _, entity in ipairs(found) do
    local x, y = geometry.point(entity.position)
    if floor(x / TILE) == tx and floor(y / TILE) == ty then
      return entity
    end
  end
  return nil
end

--- Items on the ground in an area, in the order of their tiles (row-major), then of (y, x).
---@return table[] piles { entity, x, y }
function M.piles(arena, x0, y0, x1, y1)
  local area = geometry.area(x0, y0, x1, y1)
  local found = arena.surface.find_entities_filtered({ area = area, type = "item-entity" })
  local out = {}
  for index, entity in ipairs(found) do
    local x, y = geometry.point(entity.position)
    out[index] = { entity = entity, x = x, y = y }
  end
  sort(out, function(a, b)
    local ay, by = floor(a.y / TILE), floor(b.y / TILE)
    if ay ~= by then
      return ay < by
    end
    local ax, bx = floor(a.x / TILE), floor(b.x / TILE)
    if ax ~= bx then
      return ax < bx
    end
    if a.y ~= b.y then
      return a.y < b.y
    end
    return a.x < b.x
  end)
  return out
end

--- The nearest of some piles that is selected at a point; of equals the first by (y, x).
---@param piles table[]
---@return table? pile
function M.nearest_pile(piles, x, y)
  local reach = geometry.PILE_SELECT_HALF
  local best, best_far
  for _, pile in ipairs(piles) do
    local dx, dy = pile.x - x, pile.y - y
    if abs(dx) < reach and abs(dy) < reach then
      local far = dx * dx + dy * dy
      local first = best and (pile.y < best.y or (pile.y == best.y and pile.x < best.x))
      if not best or far < best_far or (far == best_far and first) then
        best, best_far = pile, far
      end
    end
  end
  return best
end

--- Characters that touch an area, those of agents or not.
---@return { entity: LuaEntity, x: integer, y: integer }[]
function M.characters(arena, x0, y0, x1, y1)
  local area = geometry.area(x0 - 1, y0 - 1, x1 + 1, y1 + 1)
  local found = arena.surface.find_entities_filtered({ area = area, type = "character" })
  local out = {}
  for index, entity in ipairs(found) do
    local x, y = geometry.point(entity.position)
    out[index] = { entity = entity, x = x, y = y }
  end
  return out
end

-- Room ------------------------------------------------------------------------------------------

--- Whether a character centred at a point would touch something (an agent's own aside).
---@param arena table
---@param character LuaEntity
---@return boolean
function M.obstructed(arena, character, x, y)
  local half = geometry.CHARACTER_HALF
  local x0, y0, x1, y1 = x - half, y - half, x + half, y + half
  local west, north = arena.left * 256, arena.top * 256
  -- Touching counts: a tile's edge on the box's edge is in the way.
  if x0 <= west or y0 <= north or x1 >= west + arena.width * 256 then
    return true
  end
  if y1 >= north + arena.height * 256 or M.is_wet(arena, x0 - 1, y0 - 1, x1 + 1, y1 + 1) then
    return true
  end
  for _, info in ipairs(M.standing(arena, x0 - 1, y0 - 1, x1 + 1, y1 + 1)) do
    if info.kind.blocks_walk then
      local bx0, by0, bx1, by1 = M.box(info)
      if bx0 <= x1 and bx1 >= x0 and by0 <= y1 and by1 >= y0 then
        return true
      end
    end
  end
  for _, other in ipairs(M.characters(arena, x0, y0, x1, y1)) do
    if
      other.entity ~= character
      and abs(other.x - x) <= 2 * half
      and abs(other.y - y) <= 2 * half
    then
      return true
    end
  end
  return false
end

--- Why an entity cannot stand centred (snapped) at a point: a result code, or nil.
--- The edge of the map comes before water, water before entities, those before characters, and a
--- drill's lack of a deposit last.
---@param arena table
---@param kind table from `kind`
---@param x integer
---@param y integer
---@param direction integer
---@return string? code
function M.place_code(arena, kind, x, y, direction)
  local wide, high = geometry.footprint(kind, direction)
  local left, top = geometry.first_tile(wide, x), geometry.first_tile(high, y)
  local right, bottom = left + wide, top + high
  if
    left < arena.left
    or top < arena.top
    or right > arena.left + arena.width
    or bottom > arena.top + arena.height
  then
    return "out_of_map"
  end
  local dx0, dy0, dx1, dy1 = geometry.turned_box(kind.box, direction)
  local x0, y0, x1, y1 = x + dx0, y + dy0, x + dx1, y + dy1
  local ax0, ay0 = min(x0, left * 256), min(y0, top * 256)
  local ax1, ay1 = max(x1, right * 256), max(y1, bottom * 256)
  if M.is_wet(arena, left * 256, top * 256, right * 256, bottom * 256) then
    return "water_in_the_way"
  end
  if x0 < left * 256 or y0 < top * 256 or x1 > right * 256 or y1 > bottom * 256 then
    if M.is_wet(arena, x0, y0, x1, y1) then
      return "water_in_the_way"
    end
  end
  for _, info in ipairs(M.standing(arena, ax0, ay0, ax1, ay1)) do
    local l, t, r, b = M.tiles(info)
    if l < right and r >= left and t < bottom and b >= top then
      return "occupied"
    end
    local bx0, by0, bx1, by1 = M.box(info)
    if bx0 < x1 and bx1 > x0 and by0 < y1 and by1 > y0 then
      return "occupied"
    end
  end
  if kind.blocks_walk then
    local half = geometry.CHARACTER_HALF
    for _, other in ipairs(M.characters(arena, x0, y0, x1, y1)) do
      if
        other.x - half < x1
        and other.x + half > x0
        and other.y - half < y1
        and other.y + half > y0
      then
        return "character_in_the_way"
      end
    end
  end
  if kind.type == "mining-drill" then
    local area = geometry.area(left * 256, top * 256, right * 256, bottom * 256)
    local filter = { area = area, type = "resource", limit = 1 }
    if arena.surface.count_entities_filtered(filter) == 0 then
      return "needs_resource"
    end
  end
  return nil
end

return M
