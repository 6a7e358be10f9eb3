-- Crafting by hand: what a request takes, the shadow of the game's queue, what has been made.
--
-- Ingredients leave the inventory when a craft is queued, those of missing intermediates too. The
-- game counts nothing that a character without a player crafts, so the mod follows the queue: a
-- row of the shadow is one of the game's, and knows how much of its product the rows behind it
-- have been promised. The rest of it goes to the inventory.

local data = require("gym.data")
local items = require("gym.items")

local M = {}

local ceil, floor, max, min = math.ceil, math.floor, math.max, math.min

M.MAX_DEPTH = 12
M.MAX_ROWS = 64 -- of a queue
local SPEED = 10000 -- progress a tick, in 1/10,000 tick
local EARLY = 2 -- ticks before the expected end of a craft from which on the queue is read

-- Recipes -----------------------------------------------------------------------------------------

local recipes = {} -- numbers of prototypes, which do not change while the game runs
local by_hand -- recipe name -> true
local makers -- item -> recipe that makes it by hand

local function read_recipe(name)
  local prototype = prototypes.recipe[name]
  local parts = {}
  for index, part in ipairs(prototype.ingredients) do
    parts[index] = { item = part.name, amount = floor(part.amount + 0.5) }
  end
  local product = prototype.products[1]
  return {
    name = name,
    time = floor(prototype.energy * 600000 + 0.5), -- 1/10,000 tick at speed 1
    parts = parts,
    product = product.name,
    amount = floor((product.amount or product.amount_min) + 0.5),
  }
end

--- Numbers of a recipe.
---@param name string
---@return table
local function recipe_of(name)
  local recipe = recipes[name]
  if not recipe then
    recipe = read_recipe(name)
    recipes[name] = recipe
  end
  return recipe
end
M.recipe = recipe_of

local function read_hand_recipes()
  by_hand, makers = {}, {}
  for _, name in ipairs(data.by_hand) do
    if prototypes.recipe[name] then
      by_hand[name] = true
      local product = recipe_of(name).product
      if makers[product] == nil or name == product then
        makers[product] = name
      end
    end
  end
end

--- Whether a recipe can be made by hand at all.
---@param name string
---@return boolean
function M.is_by_hand(name)
  if not by_hand then
    read_hand_recipes()
  end
  return by_hand[name] == true
end

local function is_enabled(arena, name)
  return arena.force.recipes[name].enabled
end

-- Planning ----------------------------------------------------------------------------------------

--- What queueing a recipe takes.
---@param arena table
---@param name string recipe
---@param count integer
---@param have table<string, integer> the inventory; becomes what remains of it
---@return string code "ok" or why not
---@return table[] rows { recipe, count, promised } in the order of the queue
function M.plan(arena, name, count, have)
  local rows = {}
  if not M.is_by_hand(name) then
    return "not_hand_craftable", rows
  elseif not is_enabled(arena, name) then
    return "recipe_locked", rows
  end
  local stack = { { recipe = recipe_of(name), count = count, part = 1, promised = 0 } }
  while #stack > 0 do
    local top = stack[#stack]
    local part = top.recipe.parts[top.part]
    if not part then
      if #rows >= M.MAX_ROWS then
        return "queue_full", {}
      end
      rows[#rows + 1] =
        { recipe = top.recipe.name, count = top.count, promised = top.promised }
      stack[#stack] = nil
    else
      top.part = top.part + 1
      local need = part.amount * top.count
      local held = have[part.item] or 0
      local used = min(need, held)
      have[part.item] = held - used
      need = need - used
      if need > 0 then
        local maker = makers[part.item]
        if not maker or not is_enabled(arena, maker) or #stack >= M.MAX_DEPTH then
          return "insufficient_items", {}
        end
        local makes = recipe_of(maker)
        stack[#stack + 1] = {
          recipe = makes,
          count = ceil(need / makes.amount),
          part = 1,
          promised = need,
        }
      end
    end
  end
  return "ok", rows
end

--- Result code of queueing a recipe now.
---@return string
function M.code(arena, agent, name, count)
  if not M.is_by_hand(name) then
    return "not_hand_craftable"
  end
  local code, rows = M.plan(arena, name, count, items.contents(agent))
  if code == "ok" and #rows + #agent.queue > M.MAX_ROWS then
    return "queue_full"
  end
  return code
end

-- The queue ---------------------------------------------------------------------------------------

--- When the first row of the queue can end its next craft at the earliest.
local function expect(agent, now)
  local row = agent.queue[1]
  if row then
    agent.craft_look = now + max(floor(recipe_of(row.recipe).time / SPEED) - EARLY, 0)
  end
end

--- Queue a recipe that `code` accepted.
---@param arena table
---@param agent table
---@param name string
---@param count integer
---@param now integer arena tick
---@return string code
function M.queue(arena, agent, name, count, now)
  local have = items.contents(agent)
  local before = {}
  for item, number in pairs(have) do
    before[item] = number
  end
  local _, rows = M.plan(arena, name, count, have)
  local backend = M.backend()
  local started = backend.begin(agent, name, count, rows)
  if started < count then -- not what was planned: take what the game made of it
    if started == 0 then
      return "insufficient_items"
    end
    for item, number in pairs(before) do
      have[item] = number
    end
    _, rows = M.plan(arena, name, started, have)
  end
  for item, number in pairs(before) do
    if number > have[item] then
      items.count(arena, item, "spent", number - have[item])
    end
  end
  agent.chain = agent.chain + 1
  local was_empty = #agent.queue == 0
  for _, row in ipairs(rows) do
    row.chain = agent.chain
    agent.queue[#agent.queue + 1] = row
  end
  if was_empty then
    expect(agent, now)
  end
  return "running"
end

--- A craft of the first row has ended: count it.
local function finish_one(arena, agent, made)
  local row = agent.queue[1]
  local recipe = recipe_of(row.recipe)
  local promised = min(row.promised, recipe.amount)
  items.count(arena, recipe.product, "crafted", recipe.amount)
  items.count(arena, recipe.product, "spent", promised)
  agent.counts.crafted = agent.counts.crafted + recipe.amount
  row.promised = row.promised - promised
  row.count = row.count - 1
  made[recipe.product] = (made[recipe.product] or 0) + recipe.amount - promised
  if row.count == 0 then
    table.remove(agent.queue, 1)
  end
end

--- Forget the shadow and follow what the game's queue holds (somebody else changed it).
local function follow(agent, rows)
  agent.queue = {}
  agent.chain = agent.chain + 1
  for index, row in ipairs(rows) do
    agent.queue[index] =
      { recipe = row.recipe, count = row.count, promised = 0, chain = agent.chain }
  end
end

--- Whether the shadow's rows from `first` on are the game's.
local function matches(queue, first, rows)
  if #queue - first + 1 ~= #rows then
    return false
  end
  for index, row in ipairs(rows) do
    local mine = queue[first + index - 1]
    if mine.recipe ~= row.recipe or (index > 1 and mine.count ~= row.count) then
      return false
    end
  end
  return #rows == 0 or rows[1].count <= queue[first].count
end

local NOTHING = {}

--- After a tick: which crafts have ended in it.
---@param arena table
---@param agent table
---@param now integer arena tick of the boundary
---@return table<string, integer> made items that went to the inventory
function M.conclude(arena, agent, now)
  if #agent.queue == 0 or now < (agent.craft_look or 0) then
    return NOTHING
  end
  local rows = M.backend().rows(agent)
  local gone = #agent.queue - #rows -- rows that have ended
  if gone < 0 or not matches(agent.queue, gone + 1, rows) then
    follow(agent, rows)
    expect(agent, now)
    return NOTHING
  end
  local made, ended = {}, false
  while gone > 0 do
    local last = agent.queue[1].count == 1
    finish_one(arena, agent, made)
    ended = true
    if last then
      gone = gone - 1
    end
  end
  while rows[1] and agent.queue[1].count > rows[1].count do
    finish_one(arena, agent, made)
    ended = true
  end
  if ended then
    expect(agent, now)
  end
  return made
end

--- Count what the rows of a request gave back.
local function refund(arena, rows)
  local back = {}
  for _, row in ipairs(rows) do
    local recipe = recipe_of(row.recipe)
    for _, part in ipairs(recipe.parts) do
      back[part.item] = (back[part.item] or 0) + part.amount * row.count
    end
    back[recipe.product] = (back[recipe.product] or 0) - row.promised
  end
  for item, number in pairs(back) do
    if number > 0 then
      items.count(arena, item, "spent", -number)
    end
  end
end

--- Empty the queue, the newest request first; what it held comes back.
---@param arena table
---@param agent table
function M.cancel(arena, agent)
  local queue = agent.queue
  while #queue > 0 do
    local rows, chain = {}, queue[#queue].chain
    while #queue > 0 and queue[#queue].chain == chain do
      rows[#rows + 1] = queue[#queue]
      queue[#queue] = nil
    end
    M.backend().cancel(agent, rows, #queue)
    refund(arena, rows)
  end
end

-- What the game does itself -----------------------------------------------------------------------

local native = {}

--- Start crafts; returns how many the game has queued.
function native.begin(agent, name, count)
  return agent.character.begin_crafting({ recipe = name, count = count })
end

--- The game's queue: { recipe, count } each.
function native.rows(agent)
  return agent.character.crafting_queue or NOTHING
end

--- Cancel the newest rows until `left` of them are left.
function native.cancel(agent, rows, left)
  local character = agent.character
  for _ = 1, #rows do
    local queue = character.crafting_queue
    if not queue or #queue <= left then
      return
    end
    character.cancel_crafting({ index = #queue, count = queue[#queue].count })
  end
end

function native.progress(agent)
  return agent.character.crafting_queue_progress
end

M.native = native
M.fallback = nil -- set by fallback.lua

--- How crafts are carried out: by the game, or by the mod where a self-test found that it does not.
---@return table
function M.backend()
  local settings = storage.settings
  if settings and settings.crafting == "fallback" then
    return M.fallback
  end
  return native
end

--- What the extractor shows of the queue.
---@param agent table
---@return integer crafts rows, integer progress, integer need in 1/10,000 tick, table[] rows
function M.fields(agent)
  local row = agent.queue[1]
  if not row then
    return 0, 0, 0, agent.queue
  end
  local need = recipe_of(row.recipe).time
  local progress = floor(M.backend().progress(agent) * need + 0.5)
  return #agent.queue, progress, need, agent.queue
end

return M
