-- Commands as the wire has them: reading them, with every check and in clear words.
--
-- The table of verbs is that of fz_multi/commands.py, with the same names, numbers and bounds; a
-- test holds both together.

local data = require("gym.data")
local items = require("gym.items")
local wire = require("gym.wire")

local M = {}

local floor, format = math.floor, string.format
local LIMIT, VERB = data.limits, data.verbs
local WIDEST = LIMIT.coordinate * 256

M.METHODS = { walk = 0, teleport = 1 }
M.CANCELS = { all = 0, activity = 1, craft = 2 }
M.INVENTORIES = items.INVENTORIES
M.DIRECTIONS = {
  north = 0,
  northeast = 2,
  east = 4,
  southeast = 6,
  south = 8,
  southwest = 10,
  west = 12,
  northwest = 14,
}

-- Parameters of each verb as fz_multi/commands.py names them: { the wire's key, kind, default }.
-- Kinds: a table of names is a prototype's name; "count", "ticks", "message"; a number is the
-- largest of a choice; "direction" has eight values, "cardinal" four.
M.PARAMS = {
  WAIT = { ticks = { "ticks", "ticks" } },
  MOVE = {
    method = { "method", 1, 0 },
    direction = { "direction", "direction" },
    target = { "target", "position" },
    tiles = { "count", "count" },
    ticks = { "ticks", "ticks" },
  },
  MINE = {
    target = { "target", "position" },
    area = { "area", "area" },
    entity_name = { "name", "mineable" },
    count = { "count", "count" },
  },
  BUILD = {
    entity = { "name", "entity" },
    position = { "target", "position" },
    direction = { "direction", "cardinal", 0 },
  },
  CRAFT = { recipe = { "name", "recipe" }, count = { "count", "count", 1 } },
  INSERT = {
    target = { "target", "position" },
    item = { "name", "item" },
    count = { "count", "count" },
    inventory = { "inventory", 4, 0 },
  },
  TAKE = {
    target = { "target", "position" },
    item = { "name", "item" },
    count = { "count", "count" },
    inventory = { "inventory", 4, 0 },
  },
  SET_RECIPE = { target = { "target", "position" }, recipe = { "name", "recipe" } },
  ROTATE = { target = { "target", "position" }, direction = { "direction", "cardinal" } },
  PICK_UP = {},
  DROP = {
    item = { "name", "item" },
    count = { "count", "count", 1 },
    position = { "target", "position" },
  },
  RESEARCH = { technology = { "name", "technology" } },
  SAY = { message = { "count", "message" } },
  CANCEL = { what = { "method", 2, 0 } },
  COMPOUND = { commands = { "commands", "list" } },
}

-- Parameters without which a verb means nothing.
M.REQUIRED = {
  BUILD = { "entity", "position" },
  CRAFT = { "recipe" },
  INSERT = { "target", "item" },
  TAKE = { "target" },
  SET_RECIPE = { "target", "recipe" },
  ROTATE = { "target" },
  DROP = { "item" },
  RESEARCH = { "technology" },
  SAY = { "message" },
  COMPOUND = { "commands" },
}

-- Keys of the wire with the value that means "not given".
local ABSENT = {
  name = "",
  direction = -1,
  count = 0,
  ticks = -1,
  inventory = 0,
  method = 0,
}
local KEYS = {
  verb = true,
  name = true,
  direction = true,
  count = true,
  ticks = true,
  inventory = true,
  method = true,
  x = true,
  y = true,
  x2 = true,
  y2 = true,
  commands = true,
}

local NAMES = {
  entity = { data.entity_id },
  mineable = { data.entity_id, data.item_id },
  item = { data.item_id },
  recipe = { data.recipe_id },
  technology = { data.technology_id },
}

local function refuse(text)
  error({ refused = text }, 0)
end

local function read_name(value, where, what)
  if type(value) == "string" then
    for _, known in ipairs(NAMES[what]) do
      if known[value] then
        return value
      end
    end
  end
  what = what == "mineable" and "entity" or what
  refuse(format("%s: no %s is called %s", where, what, wire.short(value)))
end

local function read_integer(value, where, low, high)
  if type(value) ~= "number" or value ~= value or value ~= floor(value) then
    refuse(format("%s is a whole number, got %s", where, wire.short(value)))
  elseif value < low or value > high then
    refuse(format("%s is from %d to %d, got %s", where, low, high, wire.short(value)))
  end
  return value + 0 -- no minus zero
end

local function read_direction(value, where, step)
  read_integer(value, where, 0, 14)
  if value % step ~= 0 then
    local allowed = step == 4 and "0, 4, 8, 12" or "0, 2, 4, 6, 8, 10, 12, 14"
    refuse(format("%s is one of %s, got %d", where, allowed, value))
  end
  return value
end

local function read_value(value, where, kind)
  if NAMES[kind] then
    return read_name(value, where, kind)
  elseif kind == "count" then
    return read_integer(value, where, 1, LIMIT.count)
  elseif kind == "ticks" then
    return read_integer(value, where, 0, LIMIT.ticks)
  elseif kind == "message" then
    return read_integer(value, where, 0, LIMIT.message)
  elseif kind == "direction" then
    return read_direction(value, where, 2)
  elseif kind == "cardinal" then
    return read_direction(value, where, 4)
  end
  return read_integer(value, where, 0, kind)
end

local function read_coordinate(value, where)
  return read_integer(value, where, -WIDEST, WIDEST)
end

local read_command

local function read_commands(value, where, inner)
  if inner then
    refuse(where .. ": a COMPOUND inside a COMPOUND is not allowed")
  end
  if type(value) ~= "table" or #value == 0 or #value ~= table_size(value) then
    local text = "%s is a list of 1 to %d commands, got %s"
    refuse(format(text, where, LIMIT.compound, wire.short(value)))
  elseif #value > LIMIT.compound then
    local text = "%s: %d commands; at most %d are allowed"
    refuse(format(text, where, #value, LIMIT.compound))
  end
  local commands = {}
  for index, one in ipairs(value) do
    commands[index] = read_command(one, format("%s[%d]: ", where, index - 1), true)
  end
  return commands
end

--- x and y, or x, y, x2 and y2, or none of them.
local function read_places(raw, verb, where, command)
  local places = M.PARAMS[verb]
  local point = places.target or places.position
  local area = raw.x2 ~= nil or raw.y2 ~= nil
  if raw.x == nil and raw.y == nil and not area then
    return
  end
  if not point and not places.area then
    refuse(format("%s%s: unknown key x; it has no target", where, verb))
  elseif area and not places.area then
    refuse(format("%s%s: unknown key x2; it has no area", where, verb))
  end
  for _, key in ipairs(area and { "x", "y", "x2", "y2" } or { "x", "y" }) do
    command[key] = read_coordinate(raw[key], format("%s%s: %s", where, verb, key))
  end
  if not area then
    command.target = true
    return
  end
  if command.x2 < command.x or command.y2 < command.y then
    local text = "%s%s: area: the left top corner lies right of or below the other one"
    refuse(format(text, where, verb))
  end
  command.area = true
end

local function check_move(command, where)
  if (command.direction < 0) == not command.target then
    refuse(where .. "MOVE: give either direction or target")
  elseif command.method == M.METHODS.teleport and not command.target then
    refuse(where .. "MOVE: method teleport needs a target")
  elseif command.target and command.count > 0 then
    refuse(where .. "MOVE: tiles goes with direction, not with target")
  elseif command.count > 0 and command.ticks >= 0 then
    refuse(where .. "MOVE: give tiles or ticks, not both")
  end
end

local function check_required(verb, command, given, where)
  for _, name in ipairs(M.REQUIRED[verb] or {}) do
    local key = M.PARAMS[verb][name][1]
    local there = given[key]
    if key == "target" then
      there = command.target
    elseif M.PARAMS[verb][name][2] == "message" then
      there = true -- 0 is a message, and what the wire leaves out
    end
    if not there then
      refuse(format("%s%s: %s is missing", where, verb, name))
    end
  end
end

local function read_verb(raw, where)
  if type(raw) ~= "table" or raw[1] ~= nil then
    refuse(format("%sa command is an object, got %s", where, wire.short(raw)))
  end
  local verb = raw.verb
  if type(verb) ~= "string" or not VERB[verb] then
    local names = {}
    for number = 0, table_size(VERB) - 1 do
      names[number + 1] = data.verb_names[number]
    end
    local text = "%sunknown verb %s; allowed: %s"
    refuse(format(text, where, wire.short(verb), table.concat(names, ", ")))
  end
  return verb
end

local function check_keys(raw, verb, where)
  local unknown = {}
  for key in pairs(raw) do
    if not KEYS[key] then
      unknown[#unknown + 1] = wire.short(key)
    end
  end
  if #unknown > 0 then
    table.sort(unknown)
    refuse(format("%s%s: unknown key %s", where, verb, unknown[1]))
  end
end

function read_command(raw, where, inner)
  local verb = read_verb(raw, where)
  check_keys(raw, verb, where)
  local command = { verb = VERB[verb], direction = -1, count = 0, ticks = -1 }
  command.inventory, command.method, command.target, command.area = 0, 0, false, false
  local given = {}
  -- In the order of the wire, so that of two mistakes always the same one is named.
  local by_key = {}
  for name, param in pairs(M.PARAMS[verb]) do
    by_key[param[1]] = { name, param }
    if param[3] then
      command[param[1]] = param[3]
    end
  end
  for _, key in ipairs({ "name", "direction", "count", "ticks", "inventory", "method" }) do
    local value, entry = raw[key], by_key[key]
    if entry and value ~= nil and (value ~= ABSENT[key] or entry[2][2] == "message") then
      local at = format("%s%s: %s", where, verb, entry[1])
      command[key] = read_value(value, at, entry[2][2])
      given[key] = true
    elseif not entry and value ~= nil and value ~= ABSENT[key] then
      refuse(format("%s%s: unknown parameter %s", where, verb, key))
    end
  end
  if raw.commands ~= nil then
    if verb == "COMPOUND" then
      command.commands = read_commands(raw.commands, where .. "COMPOUND: commands", inner)
      given.commands = true
    elseif type(raw.commands) ~= "table" or next(raw.commands) ~= nil then
      refuse(format("%s%s: unknown parameter commands", where, verb))
    end
  end
  read_places(raw, verb, where, command)
  check_required(verb, command, given, where)
  if verb == "MOVE" then
    check_move(command, where)
  elseif verb == "MINE" then
    if command.target == command.area then
      refuse(where .. "MINE: give either target or area")
    end
    command.ground = command.name ~= nil and data.entity_id[command.name] == nil
  end
  return command
end

--- Read a command of the wire.
---@param raw any decoded JSON
---@return table? command
---@return string? text what is wrong with it
function M.parse(raw)
  local good, result = pcall(read_command, raw, "", false)
  if good then
    return result, nil
  elseif type(result) == "table" and result.refused then
    return nil, result.refused
  end
  error(result, 0)
end

return M
