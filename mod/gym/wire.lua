-- The wire: reading requests with clear errors, writing answers as JSON.
--
-- A check that fails raises a table {code, detail}; communication.lua turns it into an answer.
-- Answers are written here and not by helpers.table_to_json: an empty list must be "[]", keys have
-- an order, and every number is whole.

local M = {}

local concat, find, format, gsub = table.concat, string.find, string.format, string.gsub
local floor, sub = math.floor, string.sub

M.MAX_DEPTH = 24
M.MAX_TEXT = 16777216 -- characters of one request

-- Reading ---------------------------------------------------------------------------------------

--- Refuse a request.
---@param code string one of the protocol's error codes
---@param detail string which field, what was wrong, what is allowed
function M.fail(code, detail)
  error({ code = code, detail = detail }, 0)
end

local function bad(detail)
  error({ code = "bad_request", detail = detail }, 0)
end

--- A value as a message shows it: at most 60 printable characters.
---@param value any
---@return string
function M.short(value)
  local kind = type(value)
  if kind == "string" then
    local text = gsub(sub(value, 1, 61), "[^\32-\126]", "?")
    if #value > 60 then
      text = sub(text, 1, 57) .. "..."
    end
    return '"' .. text .. '"'
  elseif kind == "number" then
    return format("%.15g", value)
  elseif kind == "boolean" then
    return tostring(value)
  elseif kind == "nil" then
    return "nothing"
  end
  return value[1] ~= nil and "a list" or "an object"
end

--- A whole number within bounds.
---@param value any
---@param where string path of the field
---@param low integer
---@param high integer
---@return integer
function M.integer(value, where, low, high)
  if type(value) ~= "number" or value ~= value or value ~= floor(value) then
    bad(format("%s is a whole number, got %s", where, M.short(value)))
  end
  if value < low or value > high then
    bad(format("%s is from %d to %d, got %s", where, low, high, M.short(value)))
  end
  return value + 0
end

--- 0 or 1, as a boolean.
---@param value any
---@param where string
---@return boolean
function M.flag(value, where)
  if value ~= 0 and value ~= 1 then
    bad(format("%s is 0 or 1, got %s", where, M.short(value)))
  end
  return value == 1
end

--- Text of printable ASCII characters.
---@param value any
---@param where string
---@param longest integer
---@return string
function M.text(value, where, longest)
  if type(value) ~= "string" then
    bad(format("%s is a string, got %s", where, M.short(value)))
  end
  if #value < 1 or #value > longest or find(value, "[^\32-\126]") then
    bad(format("%s is 1 to %d printable characters, got %s", where, longest, M.short(value)))
  end
  return value
end

--- One of the keys of a table.
---@param value any
---@param where string
---@param allowed table<string, any>
---@return string
function M.choice(value, where, allowed)
  if type(value) ~= "string" or allowed[value] == nil then
    local names = {}
    for name in pairs(allowed) do
      names[#names + 1] = name
    end
    table.sort(names)
    bad(format("%s: unknown value %s; allowed: %s", where, M.short(value), concat(names, ", ")))
  end
  return value
end

--- The name of a thing of which there are too many to list.
---@param value any
---@param where string
---@param known table<string, any>
---@param what string for the message
---@return string
function M.name(value, where, known, what)
  if type(value) ~= "string" or known[value] == nil then
    bad(format("%s: no %s is called %s", where, what, M.short(value)))
  end
  return value
end

--- A list; an empty object counts as one, since Lua cannot tell them apart.
---@param value any
---@param where string
---@param longest integer
---@return any[]
function M.list(value, where, longest)
  if type(value) ~= "table" or #value ~= table_size(value) then
    bad(format("%s is a list, got %s", where, M.short(value)))
  end
  if #value > longest then
    bad(format("%s has %d entries; at most %d are allowed", where, #value, longest))
  end
  return value
end

--- An object that has no other keys than those allowed.
---@param value any
---@param where string
---@param allowed table<string, boolean>
---@return table
function M.object(value, where, allowed)
  if type(value) ~= "table" or value[1] ~= nil then
    bad(format("%s is an object, got %s", where, M.short(value)))
  end
  for key in pairs(value) do
    if not allowed[key] then
      local names = {}
      for name in pairs(allowed) do
        names[#names + 1] = name
      end
      table.sort(names)
      bad(
        format("%s: unknown key %s; allowed: %s", where, M.short(key), concat(names, ", "))
      )
    end
  end
  return value
end

--- Whether JSON text nests no deeper than MAX_DEPTH outside of its strings.
---@param text string
---@return boolean
function M.shallow(text)
  local depth, at = 0, 1
  while true do
    local here = find(text, '[%[%]{}"]', at)
    if not here then
      return true
    end
    local sign = sub(text, here, here)
    if sign == '"' then
      repeat
        here = find(text, '["\\]', here + 1)
        if not here then
          return true -- the parser will complain
        end
        local stop = sub(text, here, here) == '"'
        if not stop then
          here = here + 1
        end
      until stop
    elseif sign == "[" or sign == "{" then
      depth = depth + 1
      if depth > M.MAX_DEPTH then
        return false
      end
    else
      depth = depth - 1
    end
    at = here + 1
  end
end

-- Writing ---------------------------------------------------------------------------------------

local ESCAPES = { ['"'] = '\\"', ["\\"] = "\\\\" }

local function escape(sign)
  return ESCAPES[sign] or format("\\u%04x", sign:byte())
end

---@param value string
---@return string JSON
function M.quote(value)
  return '"' .. gsub(value, '[%z\1-\31"\\\127-\255]', escape) .. '"'
end

--- JSON that is ready, as a value for `encode`.
---@param text string
---@return table
function M.raw(text)
  return { raw_json = text }
end

--- An object, also when it is empty.
---@param value table
---@return table
function M.map(value)
  if next(value) == nil then
    return M.raw("{}")
  end
  return value
end

--- A value as JSON. Numbers must be whole; keys are sorted; an empty table is a list.
---@param value any
---@return string
function M.encode(value)
  local kind = type(value)
  if kind == "number" then
    if value ~= floor(value) or value - value ~= 0 then
      error("no whole number: " .. tostring(value))
    end
    return format("%.0f", value + 0)
  elseif kind == "string" then
    return M.quote(value)
  elseif kind == "boolean" then
    return value and "1" or "0"
  elseif kind ~= "table" then
    error("cannot write a " .. kind)
  end
  if value.raw_json then
    return value.raw_json
  end
  local out = {}
  if value[1] ~= nil or next(value) == nil then
    for index = 1, #value do
      out[index] = M.encode(value[index])
    end
    return "[" .. concat(out, ",") .. "]"
  end
  local keys = {}
  for key in pairs(value) do
    keys[#keys + 1] = key
  end
  table.sort(keys)
  for index, key in ipairs(keys) do
    out[index] = M.quote(key) .. ":" .. M.encode(value[key])
  end
  return "{" .. concat(out, ",") .. "}"
end

return M
