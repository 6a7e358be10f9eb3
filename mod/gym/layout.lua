-- Maps as they come over the wire: checked before anything on the server changes.
--
-- A map that passes can be laid out: names are known, everything lies inside, nothing overlaps
-- (collision boxes strictly, as for placing), nothing stands in water, drills have a deposit.
-- Units: tiles for sizes, 1/256 tile for positions; a tile index counts row by row from 0 at the
-- north-west.

local data = require("gym.data")
local geometry = require("gym.geometry")
local wire = require("gym.wire")

local M = {}

local floor, format = math.floor, string.format

M.LAND, M.WATER, M.VOID = 0, 1, 2
M.MAX_SIDE = 4096 -- tiles
M.MAX_TILES = 1048576
M.MAX_ENTITIES = 65536
local MOST_ITEMS = 2147483647
local CHARACTER_HALF = 51

local MAP = {
  name = true,
  width = true,
  height = true,
  terrain = true,
  resources = true,
  entities = true,
  agents = true,
}
local CARDINALS = { [0] = true, [4] = true, [8] = true, [12] = true }

local function bad(text, ...)
  wire.fail("bad_request", format(text, ...))
end

--- Runs of terrain as one value a tile, only what is not land.
---@return table<integer, integer> index (from 0) -> 1 or 2
local function read_terrain(runs, where, tiles)
  wire.list(runs, where, 2 * tiles)
  if #runs % 2 == 1 then
    bad("%s is a list of pairs: value, run", where)
  end
  local wet, at = {}, 0
  for pair = 1, #runs, 2 do
    local value = wire.integer(runs[pair], format("%s[%d]", where, pair - 1), 0, 2)
    local run = wire.integer(runs[pair + 1], format("%s[%d]", where, pair), 1, tiles - at)
    if value ~= M.LAND then
      for index = at, at + run - 1 do
        wet[index] = value
      end
    end
    at = at + run
    if at == tiles and pair + 1 < #runs then
      bad("%s covers more than the %d tiles of the map", where, tiles)
    end
  end
  if at ~= tiles then
    bad("%s covers %d of the %d tiles of the map", where, at, tiles)
  end
  return wet
end

local function read_resources(list, where, map)
  wire.list(list, where, map.width * map.height)
  local deposits = {}
  for number, row in ipairs(list) do
    local here = format("%s[%d]", where, number - 1)
    wire.list(row, here, 3)
    local index = wire.integer(row[1], here .. "[0]", 0, map.width * map.height - 1)
    local name = wire.name(row[2], here .. "[1]", data.entity_id, "resource")
    if not data.kinds[name] or data.kinds[name].kind ~= "resource" then
      bad("%s[1]: %s is no resource that is modelled", here, name)
    end
    wire.integer(row[3], here .. "[2]", 1, MOST_ITEMS)
    if deposits[index] then
      bad("%s: tile %d has a deposit already", here, index)
    end
    if map.wet[index] then
      bad("%s: tile %d is no land", here, index)
    end
    deposits[index] = true
  end
  map.deposits = deposits
  return list
end

local function read_items(list, where)
  wire.list(list, where, 4096)
  for number, row in ipairs(list) do
    local here = format("%s[%d]", where, number - 1)
    wire.list(row, here, 2)
    wire.name(row[1], here .. "[0]", data.item_id, "item")
    wire.integer(row[2], here .. "[1]", 1, MOST_ITEMS)
  end
  return list
end

local function overlaps(a, x0, y0, x1, y1)
  return a[1] < x1 and a[3] > x0 and a[2] < y1 and a[4] > y0
end

--- Whether a box lies on land inside of the map, strictly for placing, with its edge for walking.
local function on_land(map, x0, y0, x1, y1, edge)
  for ty = floor((y0 - edge) / 256), floor((y1 - 1 + edge) / 256) do
    for tx = floor((x0 - edge) / 256), floor((x1 - 1 + edge) / 256) do
      local column, row = tx - map.left, ty - map.top
      if column < 0 or row < 0 or column >= map.width or row >= map.height then
        if edge > 0 then
          return false
        end
      elseif map.wet[row * map.width + column] then
        return false
      end
    end
  end
  return true
end

--- The boxes that may touch a box: those entered in the coarse squares that it reaches.
local SQUARE = 2048 -- 8 tiles

local function each_square(x0, y0, x1, y1, visit)
  for sy = floor(y0 / SQUARE), floor(y1 / SQUARE) do
    for sx = floor(x0 / SQUARE), floor(x1 / SQUARE) do
      if visit(sy * 65536 + sx) then
        return true
      end
    end
  end
  return false
end

local function in_the_way(squares, x0, y0, x1, y1, touches)
  return each_square(x0 - 1, y0 - 1, x1 + 1, y1 + 1, function(square)
    for _, box in ipairs(squares[square] or {}) do
      if touches(box, x0, y0, x1, y1) then
        return true
      end
    end
    return false
  end)
end

local function enter(squares, box)
  each_square(box[1], box[2], box[3], box[4], function(square)
    squares[square] = squares[square] or {}
    table.insert(squares[square], box)
    return false
  end)
end

--- Whether the footprint is free, inside and on land; enters it when it is.
local function claim_tiles(map, taken, here, kind, x, y, direction)
  local wide, high = geometry.footprint(kind, direction)
  local left, top = geometry.first_tile(wide, x) - map.left, geometry.first_tile(high, y) - map.top
  local ore = 0
  for row = top, top + high - 1 do
    for column = left, left + wide - 1 do
      if column < 0 or row < 0 or column >= map.width or row >= map.height then
        bad("%s: reaches out of the map", here)
      end
      local index = row * map.width + column
      if map.wet[index] then
        bad("%s: there is water", here)
      elseif taken[index] then
        bad("%s: another entity stands there", here)
      end
      if map.deposits[index] then
        ore = ore + 1
      end
      taken[index] = true
    end
  end
  if kind.kind == "mining-drill" and ore == 0 then
    bad("%s: a drill needs a deposit under it", here)
  end
end

local function read_entities(list, where, map)
  wire.list(list, where, M.MAX_ENTITIES)
  local taken, squares, read = {}, {}, {}
  for number, row in ipairs(list) do
    local here = format("%s[%d]", where, number - 1)
    wire.list(row, here, 5)
    local name = wire.name(row[1], here .. "[0]", data.entity_id, "entity")
    local kind = data.kinds[name]
    if not kind or kind.kind == "resource" or kind.kind == "character" then
      bad("%s[0]: %s is not an entity that is modelled", here, name)
    end
    local direction = wire.integer(row[4], here .. "[3]", 0, 15)
    if not CARDINALS[direction] then
      bad("%s[3] is 0, 4, 8 or 12, got %d", here, direction)
    end
    direction = kind.rotates and direction or 0
    local wide, high = geometry.footprint(kind, direction)
    local reach = 256 * M.MAX_SIDE
    local x = geometry.snap(wide, wire.integer(row[2], here .. "[1]", -reach, reach))
    local y = geometry.snap(high, wire.integer(row[3], here .. "[2]", -reach, reach))
    claim_tiles(map, taken, here, kind, x, y, direction)
    local x0, y0, x1, y1 = geometry.turned_box(kind.box, direction)
    x0, y0, x1, y1 = x + x0, y + y0, x + x1, y + y1
    if not on_land(map, x0, y0, x1, y1, 0) then
      bad("%s: there is water", here)
    elseif in_the_way(squares, x0, y0, x1, y1, overlaps) then
      bad("%s: another entity stands there", here)
    end
    enter(squares, { x0, y0, x1, y1, kind.blocks_walk })
    read[number] = {
      name = name,
      x = x,
      y = y,
      direction = direction,
      items = read_items(row[5] or {}, here .. "[4]"),
    }
  end
  return read, squares
end

local function hinders(box, x0, y0, x1, y1)
  return box[5] and box[1] <= x1 and box[3] >= x0 and box[2] <= y1 and box[4] >= y0
end

local function read_agents(list, where, map, squares)
  wire.list(list, where, data.limits.agents)
  local read = {}
  for number, row in ipairs(list) do
    local here = format("%s[%d]", where, number - 1)
    wire.list(row, here, 4)
    local x = wire.integer(row[1], here .. "[0]", 256 * map.left, 256 * (map.left + map.width) - 1)
    local y = wire.integer(row[2], here .. "[1]", 256 * map.top, 256 * (map.top + map.height) - 1)
    local x0, y0, x1, y1 =
      x - CHARACTER_HALF, y - CHARACTER_HALF, x + CHARACTER_HALF, y + CHARACTER_HALF
    if not on_land(map, x0, y0, x1, y1, 1) or in_the_way(squares, x0, y0, x1, y1, hinders) then
      bad("%s: something is in the way of the character", here)
    end
    enter(squares, { x0, y0, x1, y1, true })
    read[number] = {
      x = x,
      y = y,
      items = read_items(row[3] or {}, here .. "[2]"),
      team = wire.integer(row[4] or 0, here .. "[3]", 0, 60),
    }
  end
  return read
end

--- Read and check a map. Raises a refusal that names the field.
---@param raw any
---@param where string path of the map in the request
---@return table map width, height, left, top, wet, runs, resources, entities, agents
function M.read(raw, where)
  wire.object(raw, where, MAP)
  local width = wire.integer(raw.width, where .. ".width", 1, M.MAX_SIDE)
  local height = wire.integer(raw.height, where .. ".height", 1, M.MAX_SIDE)
  if width * height > M.MAX_TILES then
    bad("%s has %d tiles; at most %d are allowed", where, width * height, M.MAX_TILES)
  end
  local map = {
    name = raw.name ~= nil and wire.text(raw.name, where .. ".name", 200) or "",
    width = width,
    height = height,
    left = -floor(width / 2),
    top = -floor(height / 2),
  }
  map.wet = read_terrain(raw.terrain, where .. ".terrain", width * height)
  map.resources = read_resources(raw.resources or {}, where .. ".resources", map)
  local squares
  map.entities, squares = read_entities(raw.entities or {}, where .. ".entities", map)
  map.agents = read_agents(raw.agents or {}, where .. ".agents", map, squares)
  return map
end

return M
