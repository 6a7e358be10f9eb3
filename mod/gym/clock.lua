-- The clock: the world stands still between steps and runs exactly as many ticks as a step asks.
--
-- A boundary b lies between tick b and tick b + 1. At each boundary, in this order:
--   conclude(b)     what became of every agent's activity in tick b (mind.conclude)
--   commands        only at the boundaries between steps (action_executor.apply_all)
--   prepare(b + 1)  what every agent does in the next tick (mind.prepare)
-- on_tick comes before the world moves ("early") or after it ("late"); which one is measured on a
-- server and set there. Early: on_tick of tick g concludes g - 1 and prepares g; the last boundary
-- of a step is concluded by the request that reads it. Late: it concludes g and prepares g + 1.
--
-- The world is let go in one of two ways. "unpause": tick_paused is taken back, and set again in
-- the on_tick of the target. "ticks_to_run": it stays paused and runs a number of ticks.
-- Both compare game.tick with a stored target and count no calls.

local action_executor = require("gym.action_executor")
local agents = require("gym.agents")
local export = require("gym.export")
local mind = require("gym.mind")
local scenarios = require("gym.scenarios")
local selftest = require("gym.selftest")
local wire = require("gym.wire")

local M = {}

M.ON_TICK = { early = true, late = true }
M.CLOCKS = { unpause = true, ticks_to_run = true }
M.MAX_STEP = 1000000 -- ticks

--- Numbers of the arenas that exist, in ascending order.
---@return integer[]
function M.numbers()
  local numbers = {}
  for number in pairs(storage.arenas) do
    numbers[#numbers + 1] = number
  end
  table.sort(numbers)
  return numbers
end

--- Whether a step of the lock-step still has ticks to go.
---@return boolean
function M.running()
  local clock = storage.clock
  return not clock.free and clock.target ~= nil and game.tick < clock.target
end

--- Conclude a boundary for every arena, once; characters that are gone are noticed each time.
---@param boundary integer game tick
function M.conclude(boundary)
  local settled = false
  for _, number in ipairs(M.numbers()) do
    local arena = storage.arenas[number]
    if scenarios.stands(arena) then
      agents.find_lost(arena)
      if arena.concluded < boundary then
        mind.conclude(arena, boundary)
        arena.concluded = boundary
        settled = true
      end
    end
  end
  if settled then
    export.boundary(boundary)
  end
end

--- Prepare a tick for every arena, once.
---@param tick integer game tick to come
function M.prepare(tick)
  for _, number in ipairs(M.numbers()) do
    local arena = storage.arenas[number]
    if arena.prepared < tick and scenarios.stands(arena) then
      mind.prepare(arena, tick)
      arena.prepared = tick
    end
  end
end

local function stop(tick)
  storage.clock.target = tick
  game.tick_paused = true
  game.ticks_to_run = 0
end

--- Stop the clock where it is, and end free running.
function M.pause()
  local clock = storage.clock
  clock.free = false
  stop(game.tick)
end

--- Commands that came while the clock ran freely, where they can act only after a tick.
local function apply_pending()
  local pending = storage.clock.pending
  if #pending > 0 then
    storage.clock.pending = {}
    for _, one in ipairs(pending) do
      local arena = storage.arenas[one.arena]
      if arena and arena.start == one.start and scenarios.stands(arena) then
        action_executor.apply_all(arena, one.entries)
      end
    end
  end
end

--- Commands of a step, then the clock. All of it has been checked.
---@param steps { arena: integer, entries: table }[]
---@param ticks integer
---@return integer tick, integer target
function M.step(steps, ticks)
  local clock, now = storage.clock, game.tick
  local late = storage.settings.on_tick == "late"
  if clock.free and late then -- the coming tick has been prepared already
    for _, one in ipairs(steps) do
      one.start = storage.arenas[one.arena].start
      clock.pending[#clock.pending + 1] = one
    end
    return now, now
  end
  M.conclude(now)
  for _, one in ipairs(steps) do
    action_executor.apply_all(storage.arenas[one.arena], one.entries)
  end
  if clock.free then
    return now, now
  end
  clock.target = now + ticks
  if ticks == 0 then
    return now, now
  end
  if late then
    M.prepare(now + 1)
  end
  if storage.settings.clock == "ticks_to_run" then
    game.tick_paused = true
    game.ticks_to_run = ticks
  else
    game.tick_paused = false
  end
  return now, clock.target
end

--- Let the clock run freely, or stop it.
---@param on boolean
function M.free(on)
  local clock = storage.clock
  if not on then
    M.pause()
    return
  end
  M.conclude(game.tick)
  clock.free, clock.target, clock.heard = true, nil, game.tick
  if storage.settings.on_tick == "late" then
    M.prepare(game.tick + 1)
  end
  game.ticks_to_run = 0
  game.tick_paused = false
end

--- Nobody can rely on the worlds any more: stop, and say so until the next reset.
local function fail(problem)
  log(problem)
  storage.clock.failure = problem
  M.pause()
end

--- Refuse while the worlds cannot be relied on.
function M.check()
  if storage.clock.failure then
    wire.fail("failed", "the clock has stopped: " .. storage.clock.failure)
  end
end

local function tick(now)
  local clock = storage.clock
  local goes_on = clock.free or clock.target == nil or now < clock.target
  if storage.settings.on_tick == "late" then
    M.conclude(now)
    apply_pending()
    if goes_on then
      M.prepare(now + 1)
    end
  else
    M.conclude(now - 1)
    apply_pending()
    M.prepare(now)
  end
  selftest.on_tick(now)
  if not goes_on then
    if not game.tick_paused then
      game.tick_paused = true
    end
    return
  end
  local heartbeat = storage.settings.heartbeat
  if clock.free and heartbeat > 0 and now - clock.heard >= heartbeat then
    clock.free = false -- nobody is there any more
    stop(now)
  end
end

--- A mistake in here would take the server down, with every arena on it.
---@param event EventData.on_tick
function M.on_tick(event)
  if storage.clock.failure then
    game.tick_paused = true
    return
  end
  local ok, problem = xpcall(tick, debug.traceback, event.tick)
  if not ok then
    fail(tostring(problem))
  end
end

--- A request has come in.
function M.heard()
  storage.clock.heard = game.tick
end

-- Requests --------------------------------------------------------------------------------------

---@return table where the clock stands
function M.state()
  local clock = storage.clock
  return {
    tick = game.tick,
    paused = game.tick_paused,
    free = clock.free,
    target = clock.target or game.tick,
  }
end

local SETTINGS = {
  v = true,
  id = true,
  op = true,
  speed = true,
  on_tick = true,
  clock = true,
  heartbeat = true,
  export = true,
}
local EXPORT = { every = true, folder = true }

--- Change settings; answer with all of them.
---@param request table
---@return table
function M.set(request)
  wire.object(request, "set", SETTINGS)
  local settings = storage.settings
  local speed = request.speed and wire.integer(request.speed, "speed", 1, 1000000)
  local on_tick = request.on_tick and wire.choice(request.on_tick, "on_tick", M.ON_TICK)
  local way = request.clock and wire.choice(request.clock, "clock", M.CLOCKS)
  local heartbeat = request.heartbeat
    and wire.integer(request.heartbeat, "heartbeat", 0, 100000000)
  local files = request.export
  if files ~= nil then
    wire.object(files, "export", EXPORT)
    files = {
      every = wire.integer(files.every or 0, "export.every", 0, 100000000),
      folder = export.check_folder(files.folder or settings.export.folder),
    }
  end
  if (on_tick or way) and (M.running() or storage.clock.free) then
    wire.fail("busy", "on_tick and clock can be set only while the clock stands")
  end
  if speed then
    game.speed = speed / 100
  end
  settings.on_tick = on_tick or settings.on_tick
  settings.clock = way or settings.clock
  settings.heartbeat = heartbeat or settings.heartbeat
  settings.export = files or settings.export
  return M.settings()
end

---@return table
function M.settings()
  local settings = storage.settings
  return {
    speed = math.floor(game.speed * 100 + 0.5),
    on_tick = settings.on_tick,
    clock = settings.clock,
    heartbeat = settings.heartbeat,
    export = { every = settings.export.every, folder = settings.export.folder },
  }
end

return M
