-- Bodies that the mod moves itself, for a game whose characters without a player do not walk, mine
-- or craft (the self-test finds out, and sets storage.settings.walking, .mining, .crafting).
--
-- Timing is the game's: strides of 38/256 tile, its sums for mining, recipe times for crafts.
-- What differs, and why this is only a fallback: it acts just before the tick and not in it, a
-- character creeps up to obstacles but does not slide past them, and buildings are taken down with
-- LuaEntity.mine, all or nothing.

local crafting = require("gym.crafting")
local geometry = require("gym.geometry")
local items = require("gym.items")
local mind = require("gym.mind")
local mining = require("gym.mining")
local space = require("gym.space")
local targets = require("gym.targets")

local M = {}

local floor, min = math.floor, math.min
local STRIDE, STRIDE_DIAGONAL = 38, 27
local MINING_SPEED = 0.5 -- of mining time, a second

-- Walking -----------------------------------------------------------------------------------------

local walking = {}

function walking.tell(agent, direction)
  agent.own_walk = direction
end

local function try_step(arena, character, x, y)
  if space.obstructed(arena, character, x, y) then
    return false
  end
  character.teleport(geometry.position(x, y))
  return true
end

local function walk(arena, agent)
  local character = agent.character
  local x, y = geometry.point(character.position)
  local dx, dy = geometry.direction_step(agent.own_walk)
  character.direction = agent.own_walk
  local stride = (dx ~= 0 and dy ~= 0) and STRIDE_DIAGONAL or STRIDE
  if try_step(arena, character, x + dx * stride, y + dy * stride) then
    return
  end
  if dx ~= 0 and dy ~= 0 then
    if not try_step(arena, character, x + dx * stride, y) then
      try_step(arena, character, x, y + dy * stride)
    end
    return
  end
  local reach = floor(stride / 2)
  while reach > 0 do
    if try_step(arena, character, x + dx * reach, y + dy * reach) then
      return
    end
    reach = min(reach - 1, 8)
  end
end

-- Mining ------------------------------------------------------------------------------------------
-- agent.own_mining: { key, time, done, on }; time and done in seconds of mining time.

local digging = {}

function digging.select(arena, agent, target)
  local now = targets.selected(arena, target.x, target.y)
  if not now or now.entity ~= target.entity then
    return false
  end
  if not agent.own_mining or agent.own_mining.key ~= target.key then
    agent.own_mining = { key = target.key, time = target.need / 600000, done = 0, on = false }
  end
  return true
end

function digging.ask(agent, target)
  local own = agent.own_mining
  own.on, agent.told_mining = true, true
  return floor(own.done / own.time * target.need + 0.5)
end

function digging.rest(agent)
  agent.own_mining.on, agent.told_mining = false, false
end

function digging.progress(agent)
  local own = agent.own_mining
  return own.done / own.time
end

local function take_resource(arena, agent, target)
  local entity = target.entity
  if items.give(agent, target.item, 1) == 0 then
    return false
  end
  local force = agent.character.force
  force.get_item_production_statistics(arena.surface).on_flow(target.item, 1)
  if entity.amount > 1 then
    entity.amount = entity.amount - 1
  else
    entity.destroy()
  end
  return true
end

local function take_pile(agent, target)
  local stack = target.entity.stack
  local count = stack.count
  local some = items.give(agent, target.name, count)
  if some < count then
    stack.count = count - some
    return false
  end
  target.entity.destroy()
  return true
end

local function dig(arena, agent)
  local own, target = agent.own_mining, agent.mine
  own.on = false
  if not target.entity.valid then
    return
  end
  local done = own.done + MINING_SPEED / 60
  if done / own.time <= 1 then
    own.done = done
    return
  end
  local out
  if target.kind == targets.RESOURCE then
    out = take_resource(arena, agent, target)
  elseif target.kind == targets.PILE then
    out = take_pile(agent, target)
  else
    out = target.entity.mine({ inventory = items.main(agent), force = false })
  end
  own.done = out and done - own.time or own.time
end

-- Crafting ----------------------------------------------------------------------------------------
-- agent.own_crafts: rows { recipe, count, promised }; agent.own_craft: progress of the first.

local making = {}

function making.begin(agent, name, count, rows)
  local have = items.contents(agent)
  local before = {}
  for item, number in pairs(have) do
    before[item] = number
  end
  local needs, own = {}, agent.own_crafts or {}
  for _, row in ipairs(rows) do
    local recipe = crafting.recipe(row.recipe)
    for _, part in ipairs(recipe.parts) do
      needs[part.item] = (needs[part.item] or 0) + part.amount * row.count
    end
    needs[recipe.product] = (needs[recipe.product] or 0) - row.promised
    own[#own + 1] = { recipe = row.recipe, count = row.count, promised = row.promised }
  end
  for item, number in pairs(needs) do
    items.remove(agent, item, min(number, before[item] or 0))
  end
  agent.own_crafts = own
  agent.own_craft = agent.own_craft or 0
  return name and count
end

function making.rows(agent)
  return agent.own_crafts or {}
end

function making.cancel(agent, rows, left)
  local own, back = agent.own_crafts, {}
  while #own > left do
    own[#own] = nil
  end
  if left == 0 then
    agent.own_craft = 0
  end
  for _, row in ipairs(rows) do
    local recipe = crafting.recipe(row.recipe)
    for _, part in ipairs(recipe.parts) do
      back[part.item] = (back[part.item] or 0) + part.amount * row.count
    end
    back[recipe.product] = (back[recipe.product] or 0) - row.promised
  end
  local character = agent.character
  for item, number in pairs(back) do
    local over = number - items.give(agent, item, number)
    if over > 0 then
      character.surface.spill_item_stack({
        position = character.position,
        stack = { name = item, count = over },
        allow_belts = false,
      })
    end
  end
end

function making.progress(agent)
  local row = agent.own_crafts and agent.own_crafts[1]
  return row and agent.own_craft / crafting.recipe(row.recipe).time or 0
end

local function craft(agent)
  local row = agent.own_crafts[1]
  local recipe = crafting.recipe(row.recipe)
  agent.own_craft = min(agent.own_craft + 10000, recipe.time)
  if agent.own_craft < recipe.time then
    return
  end
  local promised = min(row.promised, recipe.amount)
  local free = recipe.amount - promised
  if free > 0 and items.room(agent, recipe.product) < free then
    return -- the queue waits for room
  end
  row.promised = row.promised - promised
  items.give(agent, recipe.product, free)
  agent.own_craft = 0
  row.count = row.count - 1
  if row.count == 0 then
    table.remove(agent.own_crafts, 1)
  end
end

-- Before a tick -----------------------------------------------------------------------------------

--- Move the bodies that are ours.
---@param arena table
---@param settings table storage.settings
function M.carry_out(arena, settings)
  local walks = settings.walking == "fallback"
  local mines = settings.mining == "fallback"
  local crafts = settings.crafting == "fallback"
  if not (walks or mines or crafts) then
    return
  end
  for _, agent in ipairs(arena.agents) do
    if agent.active and agent.character.valid then
      if mines and agent.own_mining and agent.own_mining.on then
        dig(arena, agent)
      elseif walks and agent.own_walk then
        walk(arena, agent)
      end
      if crafts and agent.own_crafts and agent.own_crafts[1] then
        craft(agent)
      end
    end
  end
end

mind.fallback = walking
mind.carry_out = M.carry_out
mining.fallback = digging
crafting.fallback = making

return M
