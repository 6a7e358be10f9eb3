-- Items: what characters hold, what entities take and give, and the counters of both.

local data = require("gym.data")

local M = {}

local min = math.min

-- Counters ----------------------------------------------------------------------------------------

local function zeros(names)
  local row = {}
  for _, name in ipairs(names) do
    row[name] = 0
  end
  return row
end

--- Counters of an agent, all zero.
---@return table<string, integer>
function M.new_counts()
  return zeros(data.agent_counters)
end

--- Add to a counter of an item in an arena.
---@param arena table
---@param item string
---@param counter string
---@param count integer
function M.count(arena, item, counter, count)
  local row = arena.stat[item]
  if not row then
    row = zeros(data.stat_counters)
    arena.stat[item] = row
  end
  row[counter] = row[counter] + count
end

-- A character's inventory -------------------------------------------------------------------------

---@param agent table
---@return LuaInventory
local function main(agent)
  return agent.character.get_main_inventory()
end
M.main = main

--- Number of an item that a character holds.
---@return integer
function M.held(agent, item)
  return main(agent).get_item_count(item)
end

--- Number of an item that a character has room for.
---@return integer
function M.room(agent, item)
  return main(agent).get_insertable_count(item)
end

--- Put items into a character's inventory; returns how many fitted.
---@return integer
function M.give(agent, item, count)
  if count <= 0 then
    return 0
  end
  return main(agent).insert({ name = item, count = count })
end

--- Take items out of a character's inventory; returns how many came out.
---@return integer
function M.remove(agent, item, count)
  if count <= 0 then
    return 0
  end
  return main(agent).remove({ name = item, count = count })
end

--- Number of each item that a character holds.
---@return table<string, integer>
function M.contents(agent)
  local held = {}
  for _, row in ipairs(main(agent).get_contents()) do
    held[row.name] = (held[row.name] or 0) + row.count
  end
  return held
end

-- What entities hold ------------------------------------------------------------------------------

local HOLDERS = { container = true, furnace = true, ["mining-drill"] = true, inserter = true }

--- Whether an entity has slots.
---@param info table from space.look
---@return boolean
function M.has_slots(info)
  return HOLDERS[info.type] == true
end

local PARTS = { "result", "chest", "source", "fuel" } -- in the order in which TAKE looks

--- One of the inventories of an entity, or nil.
---@param info table
---@param part string "fuel", "source", "result" or "chest"
---@return LuaInventory?
local function inventory(info, part)
  if info.type == "container" then
    return part == "chest" and info.entity.get_inventory(defines.inventory.chest) or nil
  elseif part == "fuel" then
    return info.entity.get_fuel_inventory()
  elseif info.type ~= "furnace" then
    return nil
  elseif part == "source" then
    return info.entity.get_inventory(defines.inventory.crafter_input)
  elseif part == "result" then
    return info.entity.get_inventory(defines.inventory.crafter_output)
  end
  return nil
end

--- All inventories of an entity, in the order of its slots: fuel, source, result; or the chest.
---@param info table
---@return LuaInventory[]
function M.inventories(info)
  local list = {}
  for _, part in ipairs({ "fuel", "source", "result", "chest" }) do
    list[#list + 1] = M.has_slots(info) and inventory(info, part) or nil
  end
  return list
end

--- First item in the slots of an inventory, or nil.
---@param slots LuaInventory
---@return string?
local function first_item(slots)
  if slots.is_empty() then
    return nil
  end
  for index = 1, #slots do
    local stack = slots[index]
    if stack.valid_for_read then
      return stack.name
    end
  end
  return nil
end

--- First item in the slots of an entity, or nil.
---@param info table
---@return string?
function M.first_inside(info)
  for _, slots in ipairs(M.inventories(info)) do
    local item = first_item(slots)
    if item then
      return item
    end
  end
  return nil
end

-- The numbers of commands.INVENTORIES.
M.INVENTORIES = { any = 0, fuel = 1, source = 2, result = 3, chest = 4 }

--- Where TAKE looks: the inventory and the item that it finds there.
---@param info table
---@param which integer number of an inventory, 0 = any
---@param item string? nil = the first that is there
---@return LuaInventory? slots, string? item
function M.take_run(info, which, item)
  for _, part in ipairs(PARTS) do
    if which == 0 or which == M.INVENTORIES[part] then
      local slots = inventory(info, part)
      if slots then
        local found = item
        if not item then
          found = first_item(slots)
        elseif slots.get_item_count(item) == 0 then
          found = nil
        end
        if found then
          return slots, found
        end
      end
    end
  end
  return nil, nil
end

local fuels = {}

local function is_fuel(item)
  if fuels[item] == nil then
    local prototype = prototypes.item[item]
    fuels[item] = prototype.fuel_value > 0 and prototype.fuel_category == "chemical"
  end
  return fuels[item]
end

--- Whether an entity takes an item into an inventory at all, room or not.
---@param arena table
---@param info table
---@param item string
---@param which integer number of an inventory, 0 = any
---@return boolean
function M.accepts(arena, info, item, which)
  local parts = M.INVENTORIES
  if info.type == "container" then
    return which == 0 or which == parts.chest
  elseif not M.has_slots(info) then
    return false
  end
  if (which == 0 or which == parts.fuel) and is_fuel(item) and info.entity.get_fuel_inventory() then
    return true
  end
  if info.type == "furnace" and (which == 0 or which == parts.source) then
    local recipe = data.smelts[item]
    return recipe ~= nil and arena.force.recipes[recipe].enabled
  end
  return false
end

--- Whether an entity that takes an item has room for one.
---@param info table
---@param item string
---@return boolean
function M.has_room(info, item)
  return info.entity.can_insert({ name = item, count = 1 })
end

--- Who gave what to an entity last, and who built it.
---@param arena table
---@param uid integer
---@return table row { owner, built, giver, given }: agent number + 1, arena tick
function M.owner_row(arena, uid)
  local row = arena.owners[uid]
  if not row then
    row = { owner = 0, built = 0, giver = 0, given = 0 }
    arena.owners[uid] = row
  end
  return row
end

--- Move items from a character into an entity; returns how many went.
---@param arena table
---@param agent table
---@param info table
---@param uid integer of the entity
---@param item string
---@param count integer
---@param now integer arena tick
---@return integer
function M.hand_over(arena, agent, info, uid, item, count, now)
  count = min(count, M.held(agent, item))
  local moved = 0
  if count > 0 then
    moved = info.entity.insert({ name = item, count = count })
    M.remove(agent, item, moved)
  end
  M.count(arena, item, "inserted", moved)
  agent.counts.inserted = agent.counts.inserted + moved
  local row = M.owner_row(arena, uid)
  row.giver, row.given = agent.number + 1, now
  return moved
end

return M
