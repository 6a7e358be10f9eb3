-- Geometry in whole numbers: 1/256 tile, x east, y south, as the game keeps positions.
--
-- Directions are the game's sixteen (north 0, clockwise); characters walk in the eight even ones.
-- Boxes are {x0, y0, x1, y1}. Nothing here asks the game for anything.

local M = {}

local abs, floor, max = math.abs, math.floor, math.max

M.TILE = 256
M.CHARACTER_HALF = 51 -- of a character's collision box
M.REACH = 2560 -- to an entity or a place: 10 tiles
M.RESOURCE_REACH = 691 -- to a deposit: 2.7 tiles
M.RESOURCE_HALF = 25
M.PICKUP_REACH = 256
M.ARRIVED = 19 -- half a stride: a walk to a point ends within this on both axes
M.CROWD = 150 -- how near another character may have been in the way
M.PILE_HALF = 35 -- of an item on the ground
M.PILE_SELECT_HALF = 43
M.PILE_BLOCK = 70
M.PILE_RING = 88

--- Tiles to 1/256 tile. What the game gives back is a multiple of that.
---@param tiles number
---@return integer
local function units(tiles)
  return floor(tiles * 256 + 0.5)
end
M.units = units

--- A position of the game in 1/256 tile.
---@param position { x: number, y: number }
---@return integer x, integer y
function M.point(position)
  return units(position.x), units(position.y)
end

--- A position as the game takes it.
---@param x integer
---@param y integer
---@return { x: number, y: number }
function M.position(x, y)
  return { x = x / 256, y = y / 256 }
end

--- An area as the game takes it.
---@return table
function M.area(x0, y0, x1, y1)
  return { { x0 / 256, y0 / 256 }, { x1 / 256, y1 / 256 } }
end

--- The tile that holds a coordinate.
---@param at integer
---@return integer
function M.tile(at)
  return floor(at / 256)
end

--- Centre of a footprint of `size` tiles asked for at a position, on one axis.
---@param size integer
---@param at integer
---@return integer
function M.snap(size, at)
  if size % 2 == 1 then
    return floor(at / 256) * 256 + 128
  end
  return floor((at + 128) / 256) * 256
end

--- Lowest tile of a footprint of `size` tiles about a centre, on one axis.
---@param size integer
---@param centre integer
---@return integer
function M.first_tile(size, centre)
  return floor(centre / 256) - floor(size / 2)
end

--- Tiles wide and high, turned.
---@param kind { w: integer, h: integer }
---@param direction integer
---@return integer wide, integer high
function M.footprint(kind, direction)
  if direction == 4 or direction == 12 then
    return kind.h, kind.w
  end
  return kind.w, kind.h
end

--- A box about the centre that is given for north, turned to one of the four directions.
---@param box integer[]
---@param direction integer
---@return integer x0, integer y0, integer x1, integer y1
function M.turned_box(box, direction)
  local x0, y0, x1, y1 = box[1], box[2], box[3], box[4]
  if direction == 4 then
    return -y1, x0, -y0, x1
  elseif direction == 8 then
    return -x1, -y1, -x0, -y0
  elseif direction == 12 then
    return y0, -x1, y1, -x0
  end
  return x0, y0, x1, y1
end

--- Squared distance from a point to a box; 0 inside.
function M.box_distance_squared(x, y, x0, y0, x1, y1)
  local dx = x < x0 and x0 - x or (x > x1 and x - x1 or 0)
  local dy = y < y0 and y0 - y or (y > y1 and y - y1 or 0)
  return dx * dx + dy * dy
end

--- Unit step of one of the eight directions.
---@param direction integer
---@return integer dx, integer dy
function M.direction_step(direction)
  local dx, dy = 0, 0
  if direction >= 2 and direction <= 6 then
    dx = 1
  elseif direction >= 10 and direction <= 14 then
    dx = -1
  end
  if direction <= 2 or direction == 14 then
    dy = -1
  elseif direction >= 6 and direction <= 10 then
    dy = 1
  end
  return dx, dy
end

--- Direction of a step by the signs of (dx, dy), or -1 for none.
---@return integer
function M.step_direction(dx, dy)
  if dx > 0 then
    return dy < 0 and 2 or (dy > 0 and 6 or 4)
  elseif dx < 0 then
    return dy < 0 and 14 or (dy > 0 and 10 or 12)
  end
  return dy < 0 and 0 or (dy > 0 and 8 or -1)
end

--- Direction to walk towards a point, or -1 when it is reached.
---@return integer
function M.direction_to(x, y, tx, ty)
  local dx, dy = tx - x, ty - y
  if abs(dx) <= M.ARRIVED then
    dx = 0
  end
  if abs(dy) <= M.ARRIVED then
    dy = 0
  end
  return M.step_direction(dx, dy)
end

--- Direction of sixteen in which a vector points, or nil for none.
--- Sector edges at 11.25 and 33.75 degrees: tangents 0.198912 and 0.668179.
---@return integer?
function M.facing(dx, dy)
  local ax, ay = abs(dx), abs(dy)
  if ax == 0 and ay == 0 then
    return nil
  end
  local small, large = ax, ay
  if ax >= ay then
    small, large = ay, ax
  end
  local part = 2
  if small * 1000000 < large * 198912 then
    part = 0
  elseif small * 1000000 < large * 668179 then
    part = 1
  end
  local turn = ax < ay and part or 4 - part -- clockwise from the y axis, within a quarter
  if dx >= 0 and dy < 0 then
    return turn
  elseif dx >= 0 then
    return 8 - turn
  elseif dy >= 0 then
    return 8 + turn
  end
  return (16 - turn) % 16
end

-- Belts -----------------------------------------------------------------------------------------
-- Positions run from the downstream edge; lane 1 is left of travel, lane 2 right.

M.STRAIGHT_LENGTH, M.OUTER_LENGTH, M.INNER_LENGTH = 256, 295, 106
local LANE_OFFSET = 60 -- of a lane's centre from the belt's middle
local OUTER_RADIUS, INNER_RADIUS = 188, 67 -- of a turn's lanes about the inner corner

--- Length of a lane of a belt.
---@param shape string LuaEntity.belt_shape
---@param lane integer 1 or 2
---@return integer
function M.lane_length(shape, lane)
  if shape == "straight" then
    return M.STRAIGHT_LENGTH
  end
  return (shape == "left") == (lane == 1) and M.INNER_LENGTH or M.OUTER_LENGTH
end

local function turned(direction, x, y)
  if direction == 4 then
    return -y, x
  elseif direction == 8 then
    return -x, -y
  elseif direction == 12 then
    return y, -x
  end
  return x, y
end

-- Cosine of k / 16 of a quarter turn, in 1/65,536.
local COSINE = {
  [0] = 65536,
  65220,
  64277,
  62714,
  60547,
  57798,
  54491,
  50660,
  46341,
  41576,
  36410,
  30893,
  25080,
  19024,
  12785,
  6424,
  0,
}

--- Cosine of part / whole of a quarter turn in 1/65,536, by straight pieces.
local function cosine(part, whole)
  local scaled = part * 16
  local k = floor(scaled / whole)
  if k >= 16 then
    return 0
  end
  return COSINE[k] + floor((COSINE[k + 1] - COSINE[k]) * (scaled - k * whole) / whole)
end

--- Where an item at a position of a lane lies, from the middle of the belt's tile.
---@param direction integer
---@param shape string
---@param lane integer
---@param at integer
---@return integer dx, integer dy
function M.item_offset(direction, shape, lane, at)
  if shape == "straight" then
    return turned(direction, lane == 1 and -LANE_OFFSET or LANE_OFFSET, at - 128)
  end
  local length = M.lane_length(shape, lane)
  local radius = length == M.INNER_LENGTH and INNER_RADIUS or OUTER_RADIUS
  -- Facing north, a right turn comes in from the east and bends about the corner (128, -128); a
  -- left turn is its mirror image.
  local along = floor((radius * cosine(at, length) + 32768) / 65536)
  local up = floor((radius * cosine(max(length - at, 0), length) + 32768) / 65536)
  local x, y = 128 - along, up - 128
  return turned(direction, shape == "right" and x or -x, y)
end

--- Where on a belt what is put down at a point lands.
---@param direction integer of the belt
---@param shape string
---@param dx integer point minus the middle of the belt's tile
---@param dy integer
---@return integer lane, integer position
function M.drop_lane(direction, shape, dx, dy)
  if direction == 4 then
    dx, dy = dy, -dx
  elseif direction == 8 then
    dx, dy = -dx, -dy
  elseif direction == 12 then
    dx, dy = -dy, dx
  end
  -- Now the belt runs north: dx < 0 is left of travel, the downstream edge is at dy = -128.
  if shape == "straight" then
    return dx < 0 and 1 or 2, dy + 128
  end
  local lane
  if shape == "right" then
    lane = dx > dy and 2 or 1
  else
    lane = -dx > dy and 1 or 2
  end
  return lane, floor(M.lane_length(shape, lane) / 2)
end

return M
