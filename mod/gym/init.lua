-- The mod's life cycle: what is built when, what is registered, how stored tables migrate.

local agents = require("gym.agents")
local clock = require("gym.clock")
local communication = require("gym.communication")
local selftest = require("gym.selftest")

local M = {}

M.VERSION = 1 -- of the stored tables

--- Fill in what is missing in `storage`; what is there stays.
local function build()
  local function default(key, value)
    if storage[key] == nil then
      storage[key] = value
    end
  end
  default("settings", {
    on_tick = "early", -- whether on_tick runs before the world moves or after it
    clock = "unpause", -- "unpause" or "ticks_to_run"
    heartbeat = 0, -- ticks without a request after which a free-running clock stops; 0 = never
    export = { every = 0, folder = "fz_multi" }, -- ticks; 0 = no files
  })
  default("clock", { free = false, target = nil, heard = 0, pending = {} })
  default("arenas", {})
  default("forces", {}) -- name -> true: those that we have made
  default("ledger", { newest = 0, answers = {} })
  default("session", math.random(1, 1073741823)) -- tells this save from others
  default("selftest", { state = "new" })
  storage.version = M.VERSION
end

--- Steps that bring stored tables of an older version up to date: from version -> function.
local MIGRATIONS = {}

local function migrate()
  local from = storage.version
  while from and from < M.VERSION do
    local step = MIGRATIONS[from]
    if step then
      step()
    end
    from = from + 1
  end
  build()
end

local function on_init()
  build()
  game.autosave_enabled = false -- a server does not answer while it saves
  selftest.start()
end

local function on_configuration_changed()
  migrate()
  game.autosave_enabled = false
  agents.check_stored()
  selftest.start() -- the game may walk, mine and craft in another way now
end

--- Register everything. Called once, when control.lua is loaded.
function M.register()
  script.on_init(on_init)
  script.on_configuration_changed(on_configuration_changed)
  script.on_event(defines.events.on_tick, clock.on_tick)
  script.on_event(defines.events.on_entity_died, agents.on_entity_died)
  commands.add_command(
    "fz",
    "fz_multi: one request as JSON, answered over RCON",
    communication.on_command
  )
  remote.add_interface("fz_multi", { exchange = communication.exchange })
end

return M
