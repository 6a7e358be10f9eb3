-- One reader a kind of entity: what an observer may know of it, as whole numbers.
--
-- A reader fills a record of the fields of a row on the wire (docs/protocol.md, ENT). Units: J cut
-- to whole numbers, progress in 1/256, positions in 1/256 tile. Each read of a member crosses from
-- Lua into the game, so a reader asks for nothing that its kind does not have.

local data = require("gym.data")

local M = {}

local floor, min = math.floor, math.min
local item_id, recipe_id = data.item_id, data.recipe_id

local BENDS = { straight = 0, left = 1, right = 2 }

local status_numbers -- value of defines.entity_status -> number on the wire

--- Number of a status on the wire.
---@param status defines.entity_status?
---@return integer
local function status_number(status)
  if status == nil then
    return 0
  end
  if not status_numbers then
    status_numbers = {}
    for name, number in pairs(data.status) do
      local value = defines.entity_status[name]
      if value ~= nil then
        status_numbers[value] = number
      end
    end
  end
  return status_numbers[status] or 0
end

--- Name of a prototype that the game gives as a prototype or as a name.
---@param id LuaItemPrototype|LuaRecipePrototype|string
---@return string
local function name_of(id)
  if type(id) == "string" then
    return id
  end
  return id.name
end

--- Append the stacks of an inventory to a flat list: slot, item, count, ...
--- Reading ends when all that the inventory holds has been seen.
---@param into integer[]
---@param inventory LuaInventory?
---@param first integer number of the inventory's first slot
function M.append_slots(into, inventory, first)
  if not inventory or inventory.is_empty() then
    return
  end
  local slots = #inventory
  local left = slots - inventory.count_empty_stacks()
  local at = #into
  for slot = 1, slots do
    if left == 0 then
      return
    end
    local stack = inventory[slot]
    if stack.valid_for_read then
      into[at + 1] = first + slot - 1
      into[at + 2] = item_id[stack.name] or 0
      into[at + 3] = stack.count
      at = at + 3
      left = left - 1
    end
  end
end

local sizes = {} -- slots of the small inventories, by kind of entity: they do not change

local function size_of(name, part, inventory)
  local key = name .. part
  if not sizes[key] then
    sizes[key] = #inventory
  end
  return sizes[key]
end

--- The same for the inventories of machines. Those of one slot are read at once, by contents.
---@return integer slots
local function append_small(into, name, part, inventory, first)
  local slots = size_of(name, part, inventory)
  if slots ~= 1 then
    M.append_slots(into, inventory, first)
    return slots
  end
  local stack = inventory.get_contents()[1]
  if stack then
    local at = #into
    into[at + 1], into[at + 2], into[at + 3] = first, item_id[stack.name] or 0, stack.count
  end
  return slots
end

--- What belongs to an entity as long as it is there, asked for once.
local function parts_of(record, entity)
  local parts = record.parts
  if not parts then
    parts = { burner = entity.burner }
    parts.fuel = parts.burner.inventory
    if record.kind == "furnace" then
      parts.source = entity.get_inventory(defines.inventory.crafter_input)
      parts.result = entity.get_output_inventory()
    end
    record.parts = parts
  end
  return parts
end

local function read_burner(record, entity, parts)
  local burning = parts.burner.currently_burning
  record.energy = floor(entity.energy)
  if burning then
    record.burning_item = item_id[name_of(burning.name)] or 0
    record.burning = floor(parts.burner.remaining_burning_fuel)
  end
  return append_small(record.slots, record.name, "fuel", parts.fuel, 0)
end

local READ = {}

READ["container"] = function(record, entity)
  record.chest = record.chest or entity.get_inventory(defines.inventory.chest)
  M.append_slots(record.slots, record.chest, 0)
end

READ["mining-drill"] = function(record, entity)
  record.direction = entity.direction
  record.status = status_number(entity.status)
  read_burner(record, entity, parts_of(record, entity))
  -- A drill that waits on exhausted ore has no target, but still shows what is left over.
  local target = entity.mining_target
  local time = target and target.prototype.mineable_properties.mining_time or 1
  record.progress = min(floor(256 * (entity.mining_progress / time) + 0.5), 256)
end

READ["furnace"] = function(record, entity)
  record.status = status_number(entity.status)
  local slots, name, parts = record.slots, record.name, parts_of(record, entity)
  local first = read_burner(record, entity, parts)
  first = first + append_small(slots, name, "source", parts.source, first)
  append_small(slots, name, "result", parts.result, first)
  record.finished = entity.products_finished
  record.progress = floor(256 * entity.crafting_progress + 0.5)
  local recipe = entity.get_recipe()
  if recipe then
    record.recipe = recipe_id[recipe.name] or 0
  else
    local before = entity.previous_recipe
    record.recipe = before and recipe_id[name_of(before.name)] or 0
  end
end

READ["inserter"] = function(record, entity)
  record.direction = entity.direction
  record.status = status_number(entity.status)
  read_burner(record, entity, parts_of(record, entity))
  local held, hand = entity.held_stack, entity.held_stack_position
  record.extra = {
    held.valid_for_read and item_id[held.name] or 0,
    floor(hand.x * 256 + 0.5),
    floor(hand.y * 256 + 0.5),
  }
end

local function further_back(a, b)
  if a.position ~= b.position then
    return a.position < b.position
  end
  return a.unique_id < b.unique_id
end

--- What lies on a lane, front to back: item, position (1/256 tile), ...
local function read_lane(line)
  local out = {}
  if #line == 0 then
    return out
  end
  local items = line.get_detailed_contents()
  table.sort(items, further_back)
  for index, item in ipairs(items) do
    out[2 * index - 1] = item_id[item.stack.name] or 0
    out[2 * index] = floor(item.position * 256 + 0.5)
  end
  return out
end

READ["transport-belt"] = function(record, entity)
  record.direction = entity.direction
  record.extra = {
    BENDS[entity.belt_shape],
    read_lane(entity.get_transport_line(1)),
    read_lane(entity.get_transport_line(2)),
  }
end

--- Read an entity. `record` has name, kind, proto, uid, x, y; the other fields are made here.
---@param record table
---@param entity LuaEntity
---@return table record
function M.read(record, entity)
  record.direction, record.status, record.finished, record.recipe = 0, 0, 0, 0
  record.burning_item, record.progress, record.energy, record.burning = 0, 0, 0, 0
  record.slots, record.extra = {}, {}
  local read = READ[record.kind]
  if read then
    read(record, entity)
  end
  return record
end

return M
