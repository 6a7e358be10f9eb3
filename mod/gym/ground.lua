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

--- How many tiles of an arena are water or void now.
---@param arena table
---@return integer
function M.count_wet(arena)
  return arena.surface.count_tiles_filtered({ area = area_of(arena), name = M.WET_TILES })
end

local TILES = { [layout.WATER] = M.WATER_TILE, [layout.VOID] = M.VOID_TILE }

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
