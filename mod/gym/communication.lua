-- Requests in, answers out: one JSON text each, through the command /fz and the remote interface.
--
-- Requests are data. No text in them is ever evaluated; what can be asked for stands in OPS. A
-- request that changes something carries an id, and its answer is kept: sent again, it is answered
-- again and not applied again. Whatever goes wrong is an answer, too: an error in a command handler
-- may take a server down.

local action_executor = require("gym.action_executor")
local agents = require("gym.agents")
local clock = require("gym.clock")
local data = require("gym.data")
local describe = require("gym.describe")
local digest = require("gym.digest")
local ledger = require("gym.ledger")
local scenarios = require("gym.scenarios")
local selftest = require("gym.selftest")
local state_extractor = require("gym.state_extractor")
local wire = require("gym.wire")

local M = {}

local format = string.format

M.PROTOCOL = 1
M.PLAIN = 4096 -- characters above which an answer is packed
local LONGEST_DETAIL = 2000

local numbers_hash -- of this game's prototypes, which do not change while it runs

-- Operations ------------------------------------------------------------------------------------

local OPS = {}
local CHANGES = { set = true, reset = true, step = true, agents = true, free = true }

local PLAIN_KEYS = { v = true, id = true, op = true }

local function keys_of(...)
  local keys = { v = true, id = true, op = true }
  for _, key in ipairs({ ... }) do
    keys[key] = true
  end
  return keys
end

function OPS.hello(request)
  wire.object(request, "hello", PLAIN_KEYS)
  numbers_hash = numbers_hash or digest.numbers()
  local settings = clock.settings()
  return {
    mod = script.mod_name,
    version = script.active_mods[script.mod_name],
    game = helpers.game_version,
    protocol = M.PROTOCOL,
    numbers = numbers_hash,
    tick = game.tick,
    paused = game.tick_paused,
    speed = settings.speed,
    on_tick = settings.on_tick,
    clock = settings.clock,
    arenas = clock.numbers(),
    max_arenas = scenarios.MAX_ARENAS,
    walking = selftest.mode("walking"),
    mining = selftest.mode("mining"),
    crafting = selftest.mode("crafting"),
    session = storage.session,
  }
end

OPS.set = clock.set

local RESET = keys_of("arenas")

function OPS.reset(request)
  wire.object(request, "reset", RESET)
  local orders = scenarios.read_reset(request.arenas)
  if clock.running() then
    wire.fail("busy", "a step is running; ask again when it is over")
  end
  storage.clock.failure = nil
  local free = storage.clock.free
  if not free then
    clock.pause()
  end
  clock.conclude(game.tick)
  local arenas = scenarios.reset(orders)
  if free and storage.settings.on_tick == "late" then
    clock.prepare(game.tick + 1)
  end
  local states = {}
  for index, arena in ipairs(arenas) do
    states[index] = wire.raw(state_extractor.state_text(arena))
  end
  return { tick = game.tick, arenas = states }
end

local STEP = keys_of("ticks", "arenas", "calm")
local ARENA = { arena = true, agents = true, calm = true }
local AGENT = { command = true, facing = true, hand = true, refused = true, calm = true }

local function read_entry(raw, where, calm)
  wire.object(raw, where, AGENT)
  local entry = { calm = calm }
  if raw.calm ~= nil then
    entry.calm = wire.flag(raw.calm, where .. ".calm")
  end
  if raw.facing ~= nil then
    entry.facing = wire.integer(raw.facing, where .. ".facing", 0, 14)
    if entry.facing % 2 == 1 then
      wire.fail("bad_request", format("%s.facing is even, got %d", where, entry.facing))
    end
  end
  if raw.hand ~= nil then
    entry.hand = raw.hand
    if raw.hand ~= "" then
      wire.name(raw.hand, where .. ".hand", data.item_id, "item")
    end
  end
  if raw.refused ~= nil then
    entry.refused = wire.integer(raw.refused, where .. ".refused", 2, #data.code_names)
  end
  if raw.command ~= nil then
    local parsed, problem = action_executor.parse(raw.command)
    if not parsed then
      wire.fail("bad_request", format("%s.command: %s", where, problem or "cannot be read"))
    end
    entry.command = parsed
  end
  return entry
end

local function read_steps(request)
  wire.list(request.arenas, "arenas", scenarios.MAX_ARENAS)
  local calm = request.calm ~= nil and wire.flag(request.calm, "calm")
  local steps, seen = {}, {}
  for index, raw in ipairs(request.arenas) do
    local where = format("arenas[%d]", index - 1)
    wire.object(raw, where, ARENA)
    local arena = scenarios.find(raw.arena, where .. ".arena")
    if seen[arena.number] then
      wire.fail("bad_request", format("%s: arena %d is named twice", where, arena.number))
    end
    seen[arena.number] = true
    local calm_here = calm
    if raw.calm ~= nil then
      calm_here = wire.flag(raw.calm, where .. ".calm")
    end
    local list = wire.list(raw.agents or {}, where .. ".agents", data.limits.agents)
    if #list > #arena.agents then
      wire.fail(
        "unknown_agent",
        format("%s.agents has %d entries; there are %d agents", where, #list, #arena.agents)
      )
    end
    local entries = {}
    for number, entry in ipairs(list) do
      entries[number] = read_entry(entry, format("%s.agents[%d]", where, number - 1), calm_here)
    end
    steps[index] = { arena = arena.number, entries = entries }
  end
  table.sort(steps, function(a, b)
    return a.arena < b.arena
  end)
  return steps
end

function OPS.step(request)
  wire.object(request, "step", STEP)
  local ticks = wire.integer(request.ticks, "ticks", 0, clock.MAX_STEP)
  local steps = read_steps(request)
  clock.check()
  if clock.running() then
    wire.fail("busy", "a step is running; collect first")
  end
  local tick, target = clock.step(steps, ticks)
  return { tick = tick, target = target }
end

local COLLECT = keys_of("since")

function OPS.collect(request)
  wire.object(request, "collect", COLLECT)
  wire.list(request.since or {}, "since", scenarios.MAX_ARENAS)
  local wanted = {}
  for index, pair in ipairs(request.since or {}) do
    local where = format("since[%d]", index - 1)
    wire.list(pair, where, 2)
    wanted[index] = {
      arena = scenarios.find(pair[1], where .. "[0]"),
      seq = wire.integer(pair[2] or 0, where .. "[1]", 0, 9007199254740991),
    }
  end
  clock.check()
  if clock.running() then
    return { s = "run", tick = game.tick, target = storage.clock.target }
  end
  clock.conclude(game.tick)
  local states = {}
  for index, one in ipairs(wanted) do
    states[index] = wire.raw(state_extractor.state_text(one.arena, one.seq))
  end
  return { s = "done", tick = game.tick, arenas = states }
end

local DIGEST = keys_of("arena")

function OPS.digest(request)
  wire.object(request, "digest", DIGEST)
  local arena = scenarios.find(request.arena, "arena")
  if clock.running() then
    wire.fail("busy", "the clock runs")
  end
  clock.conclude(game.tick)
  return { arena = arena.number, digest = digest.observable(arena) }
end

local STATE = keys_of("arena", "agent", "radius")

function OPS.state(request)
  wire.object(request, "state", STATE)
  local arena = scenarios.find(request.arena, "arena")
  local agent = agents.find_agent(arena, request.agent, "agent")
  local radius = wire.integer(request.radius or describe.RADIUS, "radius", 0, describe.MAX_RADIUS)
  if not clock.running() then
    clock.conclude(game.tick)
  end
  return { state = describe.agent(arena, agent, radius) }
end

function OPS.agents(request)
  if request["do"] ~= "list" and clock.running() then
    wire.fail("busy", "a step is running")
  end
  return agents.request(request)
end

local FREE = keys_of("on")

function OPS.free(request)
  wire.object(request, "free", FREE)
  local on = wire.flag(request.on, "on")
  clock.check()
  clock.free(on)
  return clock.state()
end

function OPS.ping(request)
  wire.object(request, "ping", PLAIN_KEYS)
  return clock.state()
end

function OPS.selftest(request)
  wire.object(request, "selftest", PLAIN_KEYS)
  return selftest.report()
end

-- Answers ---------------------------------------------------------------------------------------

local function pack(text)
  if #text > M.PLAIN then
    local packed = helpers.encode_string(text)
    if packed then
      return "z:" .. packed
    end
  end
  return text
end

local function good(id, fields)
  local keys, out = {}, {}
  for key in pairs(fields) do
    keys[#keys + 1] = key
  end
  table.sort(keys)
  for index, key in ipairs(keys) do
    out[index] = "," .. wire.quote(key) .. ":" .. wire.encode(fields[key])
  end
  local who = id and ',"id":' .. wire.quote(id) or ""
  return pack(format('{"v":%d%s,"ok":1', M.PROTOCOL, who) .. table.concat(out) .. "}")
end

local function refusal(id, code, detail)
  local who = id and ',"id":' .. wire.quote(id) or ""
  return format(
    '{"v":%d%s,"ok":0,"error":%s,"detail":%s}',
    M.PROTOCOL,
    who,
    wire.quote(code),
    wire.quote(string.sub(detail, 1, LONGEST_DETAIL))
  )
end

--- A refusal stays as it is; anything else is a mistake of the mod, with its trace.
local function on_error(problem)
  if type(problem) == "table" and problem.code then
    return problem
  end
  return { code = "failed", detail = debug.traceback(tostring(problem), 2) }
end

local function parse(text)
  if type(text) ~= "string" then
    wire.fail("bad_json", "a request is JSON text")
  elseif #text > wire.MAX_TEXT then
    wire.fail(
      "bad_json",
      format("a request of %d characters; at most %d are allowed", #text, wire.MAX_TEXT)
    )
  elseif not wire.shallow(text) then
    wire.fail("bad_json", format("nested deeper than %d levels", wire.MAX_DEPTH))
  end
  local ok, request = pcall(helpers.json_to_table, text)
  if not ok or request == nil then
    wire.fail("bad_json", "malformed JSON")
  elseif type(request) ~= "table" or request[1] ~= nil then
    wire.fail("bad_request", "a request is an object")
  end
  return request
end

local function read_head(request, head)
  if request.id ~= nil then
    head.id = wire.text(request.id, "id", 64)
  end
  if request.v ~= M.PROTOCOL then
    wire.fail(
      "wrong_version",
      format("v is %d here, got %s", M.PROTOCOL, wire.short(request.v))
    )
  end
  if type(request.op) ~= "string" or not OPS[request.op] then
    local names = {}
    for name in pairs(OPS) do
      names[#names + 1] = name
    end
    table.sort(names)
    wire.fail(
      "unknown_op",
      format("op: unknown %s; allowed: %s", wire.short(request.op), table.concat(names, ", "))
    )
  end
  head.changes = CHANGES[request.op]
  if head.changes and not head.id then
    wire.fail("bad_request", format("%s needs an id", request.op))
  end
end

--- Answer a request.
---@param text any
---@return string
function M.answer(text)
  local head = {}
  local ok, result = xpcall(function()
    clock.heard()
    local request = parse(text)
    read_head(request, head)
    if head.changes then
      local before = ledger.find(head.id)
      if before then
        if before.request ~= ledger.fingerprint(text) then
          head.changes = false
          wire.fail("id_reused", "another request had this id")
        end
        head.changes = false
        return before.answer
      end
    end
    return good(head.id, OPS[request.op](request))
  end, on_error)
  local answer = result
  if not ok then
    answer = refusal(head.id, result.code, result.detail)
  end
  if head.changes then
    ledger.keep(head.id, text, answer)
  end
  return answer
end

--- The handler of the command /fz. People in the game have no say in the experiment.
---@param command CustomCommandData
function M.on_command(command)
  if command.player_index == nil then
    rcon.print(M.answer(command.parameter or ""))
  end
end

--- The same for other mods and scripts: remote.call("fz_multi", "exchange", text).
---@param text string
---@return string
function M.exchange(text)
  return M.answer(text)
end

return M
