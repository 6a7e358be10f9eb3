-- Surfaces and what they are made of: land, water and void.
--
-- A surface is named by arena and size and kept for good; deleting one would only be queued.

local layout = require("gym.layout")

local M = {}

local ceil, floor, format = math.ceil, math.floor, string.format

M.LAND_TILE = "lab-dark-1"
M.WATER_TILE = "water"
M.VOID_TILE = "out-of-map"
-- Tiles that a character cannot enter; every other one is land.
M.WATER_TILES = { "water", "deepwater", "water-green", "deepwater-green" }
M.WET_TILES = { "water", "deepwater", "water-green", "deepwater-green", "out-of-map" }

local function make_surface(name, width, height)
  local surface = game.create_surface(name, {
    width = width,
    height = height,
    peaceful_mode = true,
    no_enemies_mode = true,
    default_enable_all_autoplace_controls = false,
  })
  surface.generate_with_lab_tiles = true
  surface.always_day = true
  surface.show_clouds = false
  surface.request_to_generate_chunks({ 0, 0 }, ceil(math.max(width, height) / 64))
  surface.force_generate_chunk_requests()
  return surface
end

--- The surface of an arena of that size, made when it is asked for the first time.
---@param number integer arena
---@param width integer tiles
---@param height integer tiles
---@return LuaSurface
function M.of(number, width, height)
  local name = format("fz-arena-%d-%dx%d", number, width, height)
  return game.get_surface(name) or make_surface(name, width, height)
end

local function area_of(arena)
  return {
    { arena.left, arena.top },
    { arena.left + arena.width, arena.top + arena.height },
  }
end

--- Destroy everything on a surface.
function M.empty(surface)
  for _, entity in ipairs(surface.find_entities_filtered({})) do
    if entity.valid then
      entity.destroy()
    end
  end
end

--- Tiles of an arena that are water or void now: index -> 1 or 2.
---@param arena table
---@return table<integer, integer> wet, integer count
function M.read_wet(arena)
  local wet = {}
  local tiles = arena.surface.find_tiles_filtered({ area = area_of(arena), name = M.WET_TILES })
  for _, tile in ipairs(tiles) do
    local at = tile.position
    wet[(at.y - arena.top) * arena.width + at.x - arena.left] = tile.name == M.VOID_TILE
        and layout.VOID
      or layout.WATER
  end
  return wet, #tiles
end

local TILES = { [layout.WATER] = M.WATER_TILE, [layout.VOID] = M.VOID_TILE }

--- Water and void as rectangles of one kind: runs along a row, those below one another as one.
---@param arena table
---@param wet table<integer, integer> from `read_wet`
---@return table[] rectangles { left, top, right, bottom, kind } in tiles of the arena
function M.rectangles(arena, wet)
  local done, open = {}, {}
  for row = 0, arena.height - 1 do
    local here, column = {}, 0
    while column < arena.width do
      local kind = wet[row * arena.width + column]
      local first = column
      repeat
        column = column + 1
      until column == arena.width or wet[row * arena.width + column] ~= kind
      if kind then
        local key = (first * arena.width + column) * 4 + kind
        local above = open[key]
        if above then
          above[4] = row + 1
        else
          above = { first, row, column, row + 1, kind }
          done[#done + 1] = above
        end
        here[key] = above
      end
    end
    open = here
  end
  return done
end

--- Whether water and void are where they were. Counting makes no objects, and the counts of all
--- rectangles and of the whole can only be right together.
---@param arena table
---@param rectangles table[]
---@return boolean
function M.unchanged(arena, rectangles)
  local surface, all = arena.surface, 0
  for _, one in ipairs(rectangles) do
    local size = (one[3] - one[1]) * (one[4] - one[2])
    all = all + size
    local count = surface.count_tiles_filtered({
      area = {
        { arena.left + one[1], arena.top + one[2] },
        { arena.left + one[3], arena.top + one[4] },
      },
      name = one[5] == layout.VOID and M.VOID_TILE or M.WATER_TILES,
    })
    if count ~= size then
      return false
    end
  end
  return all == surface.count_tiles_filtered({ area = area_of(arena), name = M.WET_TILES })
end

--- Make the ground what the map has, in one call, where it is something else.
function M.lay(arena, wet)
  local now = M.read_wet(arena)
  local tiles = {}
  for index = 0, arena.width * arena.height - 1 do
    if now[index] ~= wet[index] then
      tiles[#tiles + 1] = {
        name = TILES[wet[index]] or M.LAND_TILE,
        position = {
          arena.left + index % arena.width,
          arena.top + floor(index / arena.width),
        },
      }
    end
  end
  if #tiles > 0 then
    arena.surface.set_tiles(tiles, false)
  end
end

return M
