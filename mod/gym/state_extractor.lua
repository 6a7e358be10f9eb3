-- What an arena looks like now, in the compact form of the exchange: only what has changed.
--
-- Everything is read from the game at each exchange, so that what an outsider changes shows as
-- well. Deposits, trees and rocks are many and change seldom: their objects are kept, and found
-- anew when their number changes or one of them is gone. Each row is JSON text as it is sent; the
-- text that was sent last is kept, and a row goes out again when its text differs.

local data = require("gym.data")
local layout = require("gym.layout")
local mind = require("gym.mind")
local readers = require("gym.readers")
local scenarios = require("gym.scenarios")

local M = {}

local concat, floor, sort = table.concat, math.floor, table.sort
local entity_id, item_id, kinds = data.entity_id, data.item_id, data.kinds

-- Reading ---------------------------------------------------------------------------------------

local function tile_of(arena, x, y)
  return (floor(y / 256) - arena.top) * arena.width + floor(x / 256) - arena.left
end

--- Name, kind, place and number of an entity; nil for what is no part of the model.
---@param arena table
---@param entity LuaEntity
---@return table?
local function identify(arena, entity)
  local name = entity.name
  local kind = kinds[name]
  if not kind then
    return nil
  end
  local at = entity.position
  local record = {
    name = name,
    kind = kind.kind,
    proto = entity_id[name],
    uid = entity.unit_number,
    x = floor(at.x * 256 + 0.5),
    y = floor(at.y * 256 + 0.5),
  }
  local wide, high = layout.footprint(kind, kind.rotates and entity.direction or 0)
  local left, top = layout.first_tile(wide, record.x), layout.first_tile(high, record.y)
  record.tile = (top - arena.top) * arena.width + left - arena.left
  if not record.uid then
    record.uid = -(record.tile + 1)
  end
  return record
end

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
  for index = 1, #found do
    local entity = found[index]
    if entity.type == "item-entity" then
      piles[#piles + 1] = read_pile(arena, entity)
    else
      local record = identify(arena, entity)
      if record then
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
---@param arena table
---@param agent table
---@return table
function M.character(arena, agent)
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

local function sum_of(statistics, member)
  local total = {}
  for _, one in ipairs(statistics) do
    for name, count in pairs(one[member]) do
      total[name] = (total[name] or 0) + count
    end
  end
  return total
end

local HAND = { "crafted", "mined", "spent", "inserted", "taken", "built", "unbuilt" }

--- Counters of every item of which something is not 0: item id -> row of data.stat_counters.
---@param arena table
---@return table<integer, table<string, integer>>
function M.stats(arena)
  local statistics = scenarios.statistics(arena)
  local produced = sum_of(statistics, "input_counts")
  local used = sum_of(statistics, "output_counts")
  local rows = {}
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

-- Writing ---------------------------------------------------------------------------------------

local function list_text(list)
  return "[" .. concat(list, ",") .. "]"
end

local parts = {} -- scratch

--- An entity as a row on the wire.
---@param e table record
---@return string
function M.entity_text(e)
  parts[1], parts[2], parts[3], parts[4] = e.uid, e.proto, e.direction, e.status
  parts[5], parts[6], parts[7], parts[8] = e.x, e.y, e.owner, e.built
  parts[9], parts[10], parts[11], parts[12] = e.finished, e.recipe, e.burning_item, e.giver
  parts[13], parts[14], parts[15], parts[16] = e.given, e.progress, e.energy, e.burning
  parts[17] = list_text(e.slots)
  local extra = e.extra
  if e.kind == "transport-belt" then
    parts[18] = "["
      .. extra[1]
      .. ","
      .. list_text(extra[2])
      .. ","
      .. list_text(extra[3])
      .. "]"
  else
    parts[18] = list_text(extra)
  end
  return "[" .. concat(parts, ",", 1, 18) .. "]"
end

local CHARACTER = {
  "number",
  "active",
  "x",
  "y",
  "direction",
  "walking",
  "activity",
  "team",
  "facing",
  "hand",
  "message",
  "verb",
  "walk_direction",
  "target_x",
  "target_y",
  "until_tick",
  "goal_count",
  "done_count",
  "result",
  "last_verb",
  "mine_kind",
  "mining",
  "mine_progress",
  "mine_need",
  "crafts",
  "craft_progress",
  "craft_need",
  "orders",
  "health",
}

--- A character as a row on the wire.
---@param row table from `M.character`
---@return string
function M.character_text(row)
  local out = {}
  for index, field in ipairs(CHARACTER) do
    out[index] = row[field]
  end
  out[#out + 1] = list_text(row.slots)
  out[#out + 1] = list_text(row.crafting)
  return list_text(out)
end

--- Terrain as runs: value, run, value, run, ...
---@param arena table
---@return string JSON
---@return integer count tiles that are no land
local function terrain_text(arena)
  local wet, count = scenarios.read_wet(arena)
  if count == 0 then
    return "[0," .. arena.width * arena.height .. "]", 0
  end
  local out, value, run = {}, wet[0] or 0, 0
  for index = 0, arena.width * arena.height - 1 do
    local here = wet[index] or 0
    if here ~= value then
      out[#out + 1], out[#out + 2] = value, run
      value, run = here, 0
    end
    run = run + 1
  end
  out[#out + 1], out[#out + 2] = value, run
  return list_text(out), count
end

--- Rows whose text differs from the text sent last, which is brought up to date.
local function changed(sent, key, text, out)
  if sent[key] ~= text then
    sent[key] = text
    out[#out + 1] = text
  end
end

local function entities_text(arena, sent, out)
  local records, piles = M.entities(arena)
  local rows, here = {}, {}
  for index = 1, #records do
    local record = records[index]
    here[record.uid] = true
    changed(sent.entities, record.uid, M.entity_text(record), rows)
  end
  local gone = {}
  for uid in pairs(sent.entities) do
    if not here[uid] then
      gone[#gone + 1] = uid
    end
  end
  sort(gone)
  for _, uid in ipairs(gone) do
    sent.entities[uid] = nil
    arena.owners[uid] = nil
  end
  out[#out + 1] = '"ents":' .. list_text(rows)
  out[#out + 1] = '"gone":' .. list_text(gone)
  local texts = {}
  for index, pile in ipairs(piles) do
    texts[index] = "[" .. pile.x .. "," .. pile.y .. "," .. pile.item .. "," .. pile.count .. "]"
  end
  local text = list_text(texts)
  if sent.piles ~= text then
    sent.piles = text
    out[#out + 1] = '"piles":' .. text
  end
end

local function deposits_text(arena, sent, out)
  local rows, here = {}, 0
  local list = M.deposits(arena)
  for index = 1, #list do
    local deposit = list[index]
    local before = sent.deposits[deposit.tile]
    if before == nil then
      sent.deposit_count = sent.deposit_count + 1
    end
    if deposit.amount ~= before or deposit.proto ~= sent.deposit_kinds[deposit.tile] then
      sent.deposits[deposit.tile] = deposit.amount
      sent.deposit_kinds[deposit.tile] = deposit.proto
      rows[#rows + 1] = "[" .. deposit.tile .. "," .. deposit.proto .. "," .. deposit.amount .. "]"
    end
    here = here + 1
  end
  if here < sent.deposit_count then
    local there, gone = {}, {}
    for index = 1, #list do
      there[list[index].tile] = true
    end
    for tile in pairs(sent.deposits) do
      if not there[tile] then
        gone[#gone + 1] = tile
      end
    end
    sort(gone)
    for _, tile in ipairs(gone) do
      rows[#rows + 1] = "[" .. tile .. "," .. sent.deposit_kinds[tile] .. ",0]"
      sent.deposits[tile], sent.deposit_kinds[tile] = nil, nil
    end
    sent.deposit_count = here
  end
  if #rows > 0 then
    out[#out + 1] = '"res":' .. list_text(rows)
  end
end

local function stats_text(arena, sent, out)
  local rows, stats, ids = {}, M.stats(arena), {}
  for id in pairs(stats) do
    ids[#ids + 1] = id
  end
  for id in pairs(sent.stats) do
    if not stats[id] then -- back to nothing
      ids[#ids + 1] = id
    end
  end
  sort(ids)
  for _, id in ipairs(ids) do
    local row, values = stats[id], { id }
    for index, counter in ipairs(data.stat_counters) do
      values[index + 1] = row and row[counter] or 0
    end
    changed(sent.stats, id, list_text(values), rows)
    if not row then
      sent.stats[id] = nil
    end
  end
  if #rows > 0 then
    out[#out + 1] = '"stat":' .. list_text(rows)
  end
end

local function agents_text(arena, sent, out)
  local chars, counts, results = {}, {}, {}
  for index, agent in ipairs(arena.agents) do
    changed(sent.characters, index, M.character_text(M.character(arena, agent)), chars)
    local values = { agent.number }
    for place, counter in ipairs(data.agent_counters) do
      values[place + 1] = agent.counts[counter] or 0
    end
    changed(sent.counts, index, list_text(values), counts)
    local res = agent.res
    results[index] = "["
      .. concat({ res.code or 0, res.verb or 0, res.a or 0, res.b or 0, res.c or 0 }, ",")
      .. "]"
  end
  out[#out + 1] = '"chars":' .. list_text(chars)
  if #counts > 0 then
    out[#out + 1] = '"counts":' .. list_text(counts)
  end
  out[#out + 1] = '"results":' .. list_text(results)
end

local function nothing_sent()
  return {
    entities = {},
    characters = {},
    counts = {},
    stats = {},
    deposits = {},
    deposit_kinds = {},
    deposit_count = 0,
  }
end

--- The state of an arena as JSON: what differs from the state number `since`, when that is the one
--- that was sent last, and everything otherwise.
---@param arena table
---@param since integer? nil = everything
---@return string
function M.state_text(arena, since)
  local sent = arena.sent
  local wet = sent and scenarios.count_wet(arena)
  local full = not sent or since ~= arena.seq or wet ~= sent.wet
  if full then
    sent = nothing_sent()
    arena.sent = sent
  end
  arena.seq = arena.seq + 1
  local out = {
    '"arena":' .. arena.number,
    '"seq":' .. arena.seq,
    '"full":' .. (full and 1 or 0),
    '"tick":' .. (game.tick - arena.start),
  }
  agents_text(arena, sent, out)
  entities_text(arena, sent, out)
  deposits_text(arena, sent, out)
  stats_text(arena, sent, out)
  if full then
    local text
    text, sent.wet = terrain_text(arena)
    out[#out + 1] = '"terrain":' .. text
  end
  return "{" .. concat(out, ",") .. "}"
end

return M
