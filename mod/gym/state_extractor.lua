-- What an arena looks like now, in the compact form of the exchange: only what has changed.
--
-- Each row is JSON text as it is sent; the text that was sent last is kept, and a row goes out
-- again when its text differs (docs/protocol.md, STATE).

local data = require("gym.data")
local ground = require("gym.ground")
local observe = require("gym.observe")

local M = {}

local concat, sort = table.concat, table.sort

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
---@param row table from `observe.character`
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
---@return table[] rectangles of what is no land
local function terrain_text(arena)
  local wet, count = ground.read_wet(arena)
  if count == 0 then
    return "[0," .. arena.width * arena.height .. "]", {}
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
  return list_text(out), ground.rectangles(arena, wet)
end

--- Rows whose text differs from the text sent last, which is brought up to date.
local function changed(sent, key, text, out)
  if sent[key] ~= text then
    sent[key] = text
    out[#out + 1] = text
  end
end

local function entities_text(arena, sent, out)
  local records, piles = observe.entities(arena)
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
  local list = observe.deposits(arena)
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
  local rows, stats, ids = {}, observe.stats(arena), {}
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
    changed(sent.characters, index, M.character_text(observe.character(agent)), chars)
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
  local full = not sent or since ~= arena.seq or not ground.unchanged(arena, sent.wet)
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
