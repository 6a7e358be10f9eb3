-- Where items can be laid on the ground: the origin first, then square rings about it. Read only.

local geometry = require("gym.geometry")
local space = require("gym.space")

local M = {}

local abs, floor, max = math.abs, math.floor, math.max

local MAX_RINGS = 40
local LOOKS = { 1, 6, MAX_RINGS } -- rings that are read at once

--- What is in the way of items within some rings about a point.
local function read_ground(arena, x, y, rings)
  local far = rings * geometry.PILE_RING + 2 * geometry.PILE_BLOCK
  local x0, y0, x1, y1 = x - far, y - far, x + far, y + far
  local ground = { piles = space.piles(arena, x0, y0, x1, y1), boxes = {}, wet = {} }
  for _, info in ipairs(space.standing(arena, x0, y0, x1, y1)) do
    if info.kind.blocks_walk or info.type == "transport-belt" then
      ground.boxes[#ground.boxes + 1] = { space.box(info) }
    end
  end
  local area = geometry.area(x0, y0, x1, y1)
  for _, tile in
    ipairs(arena.surface.find_tiles_filtered({ area = area, collision_mask = space.WET }))
  do
    local tx, ty = geometry.point(tile.position)
    if space.tile_at(arena, tx, ty) then
      ground.wet[#ground.wet + 1] = { tx, ty, tx + 256, ty + 256 }
    end
  end
  return ground
end

local function overlaps(boxes, x0, y0, x1, y1)
  for _, box in ipairs(boxes) do
    if box[1] < x1 and box[3] > x0 and box[2] < y1 and box[4] > y0 then
      return true
    end
  end
  return false
end

--- Whether an item may lie at a point: land, no other and nothing that blocks in the way.
local function pile_fits(arena, ground, x, y)
  if not space.tile_at(arena, x, y) then
    return false
  end
  local half, block = geometry.PILE_HALF, geometry.PILE_BLOCK
  for _, pile in ipairs(ground.piles) do
    if abs(pile.x - x) < block and abs(pile.y - y) < block then
      return false
    end
  end
  local x0, y0, x1, y1 = x - half, y - half, x + half, y + half
  return not overlaps(ground.wet, x0, y0, x1, y1) and not overlaps(ground.boxes, x0, y0, x1, y1)
end

--- The n-th point (from 0) of a ring, clockwise from its top-left corner.
local function ring_point(ring, step)
  local side = 2 * ring
  local leg, along = floor(step / side), step % side
  if leg == 0 then
    return along - ring, -ring
  elseif leg == 1 then
    return ring, along - ring
  elseif leg == 2 then
    return ring - along, ring
  end
  return -ring, ring - along
end

--- Where an item can be laid down near a point: the origin first, then square rings.
--- `ground` is kept between calls that lay down several; give back what this returned.
---@param arena table
---@param x integer
---@param y integer
---@param ground table? {} at first
---@return integer? px, integer? py
function M.find_spot(arena, x, y, ground)
  ground = ground or {}
  local spacing = geometry.PILE_RING
  for look, rings in ipairs(LOOKS) do
    local from = look == 1 and 0 or LOOKS[look - 1] + 1
    ground[look] = ground[look] or read_ground(arena, x, y, rings)
    for ring = from, rings do
      for step = 0, max(8 * ring - 1, 0) do
        local dx, dy = 0, 0
        if ring > 0 then
          dx, dy = ring_point(ring, step)
        end
        local px, py = x + dx * spacing, y + dy * spacing
        if pile_fits(arena, ground[look], px, py) then
          return px, py
        end
      end
    end
  end
  return nil
end

--- Note that an item has been laid down, for the next `find_spot`.
---@param ground table
function M.laid_down(ground, x, y)
  for _, part in pairs(ground) do
    part.piles[#part.piles + 1] = { x = x, y = y }
  end
end

return M
