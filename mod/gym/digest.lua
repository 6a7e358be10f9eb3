-- Digests that Python computes in the same way (fz_multi/engine/digest.py, factorio/numbers.py).

local data = require("gym.data")
local mix = require("gym.mix")
local ground = require("gym.ground")
local observe = require("gym.observe")

local M = {}

local floor = math.floor

local function mix_all(h, list, from)
  for index = from, #list do
    h = mix(h, list[index])
  end
  return h
end

local ENTITY = {
  "proto",
  "direction",
  "status",
  "x",
  "y",
  "owner",
  "built",
  "finished",
  "recipe",
  "burning_item",
  "giver",
  "given",
  "progress",
  "energy",
  "burning",
}

local function mix_entity(h, e)
  for _, field in ipairs(ENTITY) do
    h = mix(h, e[field])
  end
  h = mix_all(h, e.slots, 1)
  local extra = e.extra
  if e.kind == "transport-belt" then
    h = mix(h, extra[1])
    for lane = 2, 3 do
      h = mix(h, #extra[lane] / 2)
      h = mix_all(h, extra[lane], 1)
    end
  elseif e.kind == "inserter" then
    h = mix_all(h, extra, 1)
  end
  return h
end

local BEFORE = {
  "active",
  "direction",
  "walking",
  "activity",
  "facing",
  "message",
  "x",
  "y",
  "hand",
  "result",
  "mining",
}

local function mix_character(h, c)
  for _, field in ipairs(BEFORE) do
    h = mix(h, c[field])
  end
  if c.mining ~= 0 then
    h = mix(mix(h, c.mine_progress), c.mine_kind)
  end
  h = mix(mix(mix(h, c.team), c.crafts), c.craft_progress)
  h = mix_all(h, c.slots, 1)
  return mix_all(h, c.crafting, 1)
end

local function mix_tiles(h, tiles, wet)
  local indices = {}
  for index in pairs(tiles) do
    indices[#indices + 1] = index
  end
  for index in pairs(wet) do
    if not tiles[index] then
      indices[#indices + 1] = index
    end
  end
  table.sort(indices)
  for _, index in ipairs(indices) do
    local tile = tiles[index] or {}
    if wet[index] then
      h = mix(mix(h, index), 1000 + wet[index])
    end
    if tile.deposit then
      h = mix(mix(mix(h, index), tile.deposit.proto), tile.deposit.amount)
    end
    if tile.piles then
      h = mix(h, index)
      for _, pile in ipairs(tile.piles) do
        h = mix(mix(mix(mix(h, pile.x), pile.y), pile.item), pile.count)
      end
    end
    if tile.entity then
      h = mix_entity(mix(h, index), tile.entity)
    end
  end
  return h
end

local function mix_counters(h, stats)
  local ids = {}
  for id in pairs(stats) do
    ids[#ids + 1] = id
  end
  table.sort(ids)
  for _, id in ipairs(ids) do
    h = mix(h, id)
    for _, counter in ipairs(data.stat_counters) do
      h = mix(h, stats[id][counter])
    end
  end
  return h
end

--- Everything observable of an arena: tile index -> what is there.
local function read_tiles(arena)
  local tiles = {}
  local function at(index)
    tiles[index] = tiles[index] or {}
    return tiles[index]
  end
  local entities, piles = observe.entities(arena)
  for _, entity in ipairs(entities) do
    at(entity.tile).entity = entity
  end
  for _, pile in ipairs(piles) do
    local tile = at(pile.tile)
    tile.piles = tile.piles or {}
    table.insert(tile.piles, pile)
  end
  for _, deposit in ipairs(observe.deposits(arena)) do
    at(deposit.tile).deposit = deposit
  end
  return tiles
end

--- The observable digest of an arena.
---@param arena table
---@return string 16 hex digits
function M.observable(arena)
  local tiles, wet = read_tiles(arena), ground.read_wet(arena)
  local stats = observe.stats(arena)
  local characters = {}
  for index, agent in ipairs(arena.agents) do
    characters[index] = observe.character(agent)
  end
  local text = ""
  for seed = 1, 2 do
    local h = mix(mix(seed, game.tick - arena.start), arena.width)
    h = mix(mix(h, arena.height), #arena.agents)
    h = mix_tiles(h, tiles, wet)
    for _, character in ipairs(characters) do
      h = mix_character(h, character)
    end
    h = mix_counters(h, stats)
    text = text .. string.format("%08x", h)
  end
  return text
end

local function mix_recipe(h, recipe)
  h = mix(h, floor(recipe.energy * 1000 + 0.5))
  for _, list in ipairs({ recipe.ingredients, recipe.products }) do
    for _, part in ipairs(list) do
      h = mix(mix(h, data.item_id[part.name] or 0), floor((part.amount or 0) + 0.5))
    end
  end
  return h
end

--- The game's numbers that Python must agree on, from its prototypes.
---@return string 8 hex digits
function M.numbers()
  local h = 1
  for _, name in ipairs(data.items) do
    local item = prototypes.item[name]
    h = mix(mix(h, item and item.stack_size or 0), item and floor(item.fuel_value) or 0)
  end
  for _, name in ipairs(data.entities) do
    if data.kinds[name] then
      local entity = prototypes.entity[name]
      local mining = entity.mineable_properties
      local time = mining and mining.minable and mining.mining_time or 0
      h = mix(h, floor(time * 1000 + 0.5))
      h = mix(mix(h, entity.tile_width), entity.tile_height)
    end
  end
  local wanted = {}
  for _, list in ipairs({ data.by_hand, data.smelting }) do
    for _, name in ipairs(list) do
      wanted[name] = true
    end
  end
  for _, name in ipairs(data.recipes) do
    if wanted[name] then
      h = mix_recipe(h, prototypes.recipe[name])
    end
  end
  return string.format("%08x", h)
end

return M
