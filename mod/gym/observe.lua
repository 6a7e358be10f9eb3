-- Reading an arena: everything that can be observed, as tables of whole numbers.
--
-- All of it is read from the game at each exchange, so that what an outsider changes shows as well.
-- Deposits, trees and rocks are many and change seldom: their objects are kept, and found anew when
-- their number changes or one of them is gone.

local data = require("gym.data")
local forces = require("gym.forces")
local geometry = require("gym.geometry")
local mind = require("gym.mind")
local readers = require("gym.readers")

local M = {}

local floor, sort = math.floor, table.sort
local entity_id, item_id, kinds = data.entity_id, data.item_id, data.kinds

local function tile_of(arena, x, y)
  return (floor(y / 256) - arena.top) * arena.width + floor(x / 256) - arena.left
end

--- Note where an entity is; `record` has its kind already.
local function locate(arena, record, entity)
  local at = entity.position
  local x, y = floor(at.x * 256 + 0.5), floor(at.y * 256 + 0.5)
  if record.x ~= x or record.y ~= y then
    record.x, record.y = x, y
    local kind = kinds[record.name]
    local turned = kind.w ~= kind.h and entity.direction or 0
    local wide, high = geometry.footprint(kind, turned)
    local left, top = geometry.first_tile(wide, x), geometry.first_tile(high, y)
    record.tile = (top - arena.top) * arena.width + left - arena.left
  end
  return record
end

--- Name, kind, place and number of an entity; nil for what is no part of the model.
---@param arena table
---@param entity LuaEntity
---@param unit integer? its unit number
---@return table?
local function identify(arena, entity, unit)
  local name = entity.name
  local kind = kinds[name]
  if not kind then
    return nil
  end
  local record = { name = name, kind = kind.kind, proto = entity_id[name] }
  locate(arena, record, entity)
  record.uid = unit or -(record.tile + 1)
  return record
end

-- Records of what has a unit number, by arena: what a thing is never changes. A shortcut, which is
-- not saved; a reset makes a new arena.
local records_of = setmetatable({}, { __mode = "k" })

local function by_tile(a, b)
  return a.tile < b.tile
end

local function find_deposits(arena)
  local list = {}
  for _, entity in ipairs(arena.surface.find_entities_filtered({ type = "resource" })) do
    local name = entity.name
    if kinds[name] then
      local at = entity.position
      list[#list + 1] = {
        entity = entity,
        proto = entity_id[name],
        tile = tile_of(arena, at.x * 256, at.y * 256),
      }
    end
  end
  sort(list, by_tile)
  return list
end

--- Deposits, sorted by tile: { entity, proto, tile, amount }.
---@param arena table
---@return table[]
function M.deposits(arena)
  local list = arena.deposits
  local count = arena.surface.count_entities_filtered({ type = "resource" })
  if not list or count ~= arena.deposit_count then
    list = find_deposits(arena)
  end
  local ok = pcall(function()
    for index = 1, #list do
      local deposit = list[index]
      deposit.amount = deposit.entity.amount
    end
  end)
  if not ok then -- one is gone and another has come
    list = find_deposits(arena)
    for _, deposit in ipairs(list) do
      deposit.amount = deposit.entity.amount
    end
  end
  arena.deposits, arena.deposit_count = list, count
  return list
end

local NATURE = { "tree", "simple-entity" }
local ELSEWHERE = { "resource", "character", "tree", "simple-entity" }

local function find_nature(arena)
  local list = {}
  for _, entity in ipairs(arena.surface.find_entities_filtered({ type = NATURE })) do
    local record = identify(arena, entity)
    if record then
      readers.read(record, entity)
      list[#list + 1] = { entity = entity, record = record }
    end
  end
  return list
end

--- Trees and rocks as records.
local function nature(arena)
  local list = arena.nature
  local count = arena.surface.count_entities_filtered({ type = NATURE })
  local whole = list ~= nil and count == arena.nature_count
  if whole then
    for index = 1, #list do
      if not list[index].entity.valid then
        whole = false
        break
      end
    end
  end
  if not whole then
    list = find_nature(arena)
  end
  arena.nature, arena.nature_count = list, count
  return list
end

local function by_place(a, b)
  if a.tile ~= b.tile then
    return a.tile < b.tile
  elseif a.y ~= b.y then
    return a.y < b.y
  elseif a.x ~= b.x then
    return a.x < b.x
  end
  return a.item < b.item
end

local function read_pile(arena, entity)
  local at, stack = entity.position, entity.stack
  local x, y = floor(at.x * 256 + 0.5), floor(at.y * 256 + 0.5)
  return {
    x = x,
    y = y,
    tile = tile_of(arena, x, y),
    item = item_id[stack.name] or 0,
    count = stack.count,
  }
end

--- Add who built an entity and who put something in last, as the mod has noted it.
---@param arena table
---@param record table
local function owned(arena, record)
  local owner = arena.owners[record.uid]
  if owner then
    record.owner = owner.owner or 0
    record.built = owner.built or 0
    record.giver = owner.giver or 0
    record.given = owner.given or 0
  else
    record.owner, record.built, record.giver, record.given = 0, 0, 0, 0
  end
  return record
end

--- Every entity of the model (deposits and characters aside) as records, and the ground items.
---@param arena table
---@return table[] entities, table[] piles in canonical order
function M.entities(arena)
  local records, piles = {}, {}
  local found = arena.surface.find_entities_filtered({ type = ELSEWHERE, invert = true })
  local known = records_of[arena] or {}
  records_of[arena] = known
  for index = 1, #found do
    local entity = found[index]
    local unit = entity.unit_number
    local record = unit and known[unit]
    if record then
      records[#records + 1] = owned(arena, readers.read(locate(arena, record, entity), entity))
    elseif entity.type == "item-entity" then
      piles[#piles + 1] = read_pile(arena, entity)
    else
      record = identify(arena, entity, unit)
      if record then
        if unit then
          known[unit] = record
        end
        records[#records + 1] = owned(arena, readers.read(record, entity))
      end
    end
  end
  for _, one in ipairs(nature(arena)) do
    records[#records + 1] = owned(arena, one.record)
  end
  sort(piles, by_place)
  return records, piles
end

--- An agent as the numbers of a row on the wire.
---@param agent table
---@return table
function M.character(agent)
  local row = {
    number = agent.number,
    active = agent.active and 1 or 0,
    team = agent.team,
    facing = agent.facing,
    hand = agent.hand and item_id[agent.hand] or 0,
    message = agent.message,
    activity = agent.activity,
    verb = agent.verb,
    walk_direction = agent.walk_direction or 0,
    target_x = agent.target_x or 0,
    target_y = agent.target_y or 0,
    until_tick = -1,
    goal_count = agent.goal_count or 0,
    done_count = agent.done_count or 0,
    result = agent.result,
    last_verb = agent.last_verb,
    walking = agent.walking,
    orders = 0,
    slots = {},
    crafting = {},
    mine_kind = 0,
    mining = 0,
    mine_progress = 0,
    mine_need = 0,
    crafts = 0,
    craft_progress = 0,
    craft_need = 0,
    health = 0,
  }
  local character = agent.character
  if agent.active and character.valid then
    local at = character.position
    agent.x, agent.y = floor(at.x * 256 + 0.5), floor(at.y * 256 + 0.5)
    agent.direction = character.direction
    row.health = floor(character.health or 0)
    row.mine_kind, row.mining, row.mine_progress, row.mine_need = mind.mine_fields(agent)
    local rows
    row.crafts, row.craft_progress, row.craft_need, rows = mind.craft_fields(agent)
    for index, craft in ipairs(rows) do
      row.crafting[2 * index - 1] = data.recipe_id[craft.recipe] or 0
      row.crafting[2 * index] = craft.count
    end
    row.until_tick = agent.until_tick or -1
    row.orders = #agent.orders - (agent.order_at or 0)
    readers.append_slots(row.slots, character.get_main_inventory(), 0)
  end
  row.x, row.y = agent.x or agent.start_x or 0, agent.y or agent.start_y or 0
  row.direction = agent.direction or 0
  return row
end

local function add(total, counts)
  for name, count in pairs(counts) do
    total[name] = (total[name] or 0) + count
  end
end

local HAND = { "crafted", "mined", "spent", "inserted", "taken", "built", "unbuilt" }

--- Counters of every item of which something is not 0: item id -> row of data.stat_counters.
---@param arena table
---@return table<integer, table<string, integer>>
function M.stats(arena)
  local produced, used, rows = {}, {}, {}
  for _, statistics in ipairs(forces.statistics(arena)) do
    add(produced, statistics.input_counts)
    add(used, statistics.output_counts)
  end
  local function row_of(name)
    local id = item_id[name]
    if not id then
      return nil
    end
    rows[id] = rows[id]
      or {
        made = 0,
        drilled = 0,
        crafted = 0,
        mined = 0,
        consumed = 0,
        spent = 0,
        inserted = 0,
        taken = 0,
        built = 0,
        unbuilt = 0,
      }
    return rows[id]
  end
  for name, count in pairs(produced) do
    local row = row_of(name)
    if row then
      row[data.deposit_products[name] and "drilled" or "made"] = count
    end
  end
  for name, count in pairs(used) do
    local row = row_of(name)
    if row then
      row.consumed = count
    end
  end
  for name, mine in pairs(arena.stat) do
    local row = row_of(name)
    if row then
      for _, counter in ipairs(HAND) do
        row[counter] = mine[counter] or 0
      end
      row.consumed = row.consumed + (mine.consumed or 0)
      local counter = data.deposit_products[name] and "drilled" or "made"
      row[counter] = row[counter] - row.mined
    end
  end
  for id, row in pairs(rows) do
    local some = false
    for _, counter in ipairs(data.stat_counters) do
      some = some or row[counter] ~= 0
    end
    if not some then
      rows[id] = nil
    end
  end
  return rows
end

return M
