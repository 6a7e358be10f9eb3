-- The Lua side of the server: objects of the API, values on their way, errors. `library.lua` is what
-- mods see of Lua, `storage.lua` looks after `storage`.
--
-- An object is a locked table {["\0h"] = handle} with the metatable of its class; type() calls it
-- userdata, and the library refuses it where it wants a table. Reads go to functions that Python
-- gives at the first read of a member ("bindings").
--
-- Values cross as flat lists of tokens: a table is "\0A", n, items or "\0D", n, key, value, ...;
-- an object "\0R", class number, handle; a string that begins with a NUL is sent behind "\0S".
-- A result whose first value is "\0" is such a list; "\0P", key, value, key, value is a table of two
-- plain entries; all other results are plain values.

local py = ...

local H = "\0h"
local rawtype, rawget, rawset, rawnext = type, rawget, rawset, next
local rawsetmeta, rawpcall, rawxpcall = setmetatable, pcall, xpcall
local rawgetmeta = debug.getmetatable -- sees locked ones
local rawtostring, rawload, rawerror, rawlen = tostring, load, error, rawlen
local select, byte, sub, unpack = select, string.byte, string.sub, table.unpack
local traceback = debug.traceback

local classes = {} -- class number -> metatable of its objects
local CUSTOM = py.custom_table

local function is_object(v)
  return rawtype(v) == "table" and rawget(v, H) ~= nil
end

local function new_object(class, handle)
  return rawsetmeta({ [H] = handle }, classes[class])
end

---------------------------------------------------------------------------------------------------
-- Values from Python

local decode
decode = function(t, i)
  local v = t[i]
  if rawtype(v) ~= "string" or byte(v, 1) ~= 0 then
    return v, i + 1
  end
  local tag = byte(v, 2)
  if tag == 65 then -- A
    local n, r = t[i + 1], {}
    i = i + 2
    for k = 1, n do
      r[k], i = decode(t, i)
    end
    return r, i
  elseif tag == 68 then -- D
    local n, r = t[i + 1], {}
    i = i + 2
    for _ = 1, n do
      local k, x
      k, i = decode(t, i)
      x, i = decode(t, i)
      r[k] = x
    end
    return r, i
  elseif tag == 82 then -- R
    return new_object(t[i + 1], t[i + 2]), i + 3
  end
  return sub(v, 3), i + 1 -- S
end

local function decode_all(...)
  local t, n = { ... }, select("#", ...)
  if t[2] == "\0T" then -- too many for the stack: they came as a table
    t = t[3]
    n = t.n
  end
  local results, count, i = {}, 0, 2
  while i <= n do
    count = count + 1
    results[count], i = decode(t, i)
  end
  return unpack(results, 1, count)
end

local function two_entries(a, b, c, d)
  return { [a] = b, [c] = d }
end

local function finish(first, ...)
  if first == "\0" then
    return decode_all(first, ...)
  elseif first == "\0P" then -- a position, most often
    return two_entries(...)
  end
  return first, ...
end

---------------------------------------------------------------------------------------------------
-- Values to Python

local flatten
flatten = function(v, out, n, depth)
  local kind = rawtype(v)
  if kind == "table" then
    local handle = rawget(v, H)
    if handle ~= nil then
      out[n + 1] = "\0R" -- one by one, in order: else the list is no array inside
      out[n + 2] = rawgetmeta(v).__class
      out[n + 3] = handle
      return n + 3
    end
    if depth > 190 then
      rawerror("table is nested too deeply, or holds itself", 0)
    end
    local length, count = rawlen(v), 0
    for _ in rawnext, v do
      count = count + 1
    end
    if count == length and count > 0 then
      out[n + 1] = "\0A"
      out[n + 2] = count
      n = n + 2
      for i = 1, count do
        n = flatten(rawget(v, i), out, n, depth + 1)
      end
    else
      out[n + 1] = "\0D"
      out[n + 2] = count
      n = n + 2
      for k, x in rawnext, v do
        n = flatten(k, out, n, depth + 1)
        n = flatten(x, out, n, depth + 1)
      end
    end
    return n
  elseif kind == "string" and byte(v, 1) == 0 then
    v = "\0S" .. v
  elseif kind == "nil" then
    v = "\0N"
  end
  out[n + 1] = v
  return n + 1
end

local function pack(...)
  local n = select("#", ...)
  if n == 0 then
    return
  elseif n == 1 then
    local a = ...
    if rawtype(a) == "table" then
      local out = {}
      flatten(a, out, 0, 0)
      return out
    end
    return a
  end
  local args = { ... }
  for i = 1, n do
    if rawtype(args[i]) == "table" then
      local out = {}
      flatten(args[i], out, 0, 0)
      args[i] = out
    end
  end
  return unpack(args, 1, n)
end

---------------------------------------------------------------------------------------------------
-- Objects

local function object_result(class)
  return function(handle)
    if handle == nil or handle == 0 then
      return nil
    end
    return rawsetmeta({ [H] = handle }, classes[class])
  end
end

local function objects_result(class)
  return function(...)
    local list = { ... }
    if select("#", ...) == 1 and list[1] == nil then
      return nil
    end
    local meta = classes[class]
    for i = 1, #list do
      list[i] = rawsetmeta({ [H] = list[i] }, meta)
    end
    return list
  end
end

local function result_of(kind, class)
  if kind == "object" then
    return object_result(class)
  elseif kind == "objects" then
    return objects_result(class)
  end
  return finish
end

local binders = {}

function binders.plain(func)
  return func
end

function binders.read(func, kind, class)
  local result = result_of(kind, class)
  return function(handle)
    return result(func(handle))
  end
end

function binders.method(func, kind, class)
  local result = result_of(kind, class)
  return function(handle)
    return function(...)
      return result(func(handle, pack(...)))
    end
  end
end

local known_metatables = {} -- name -> metatable, metatable -> name

function binders.metatable(check) -- script.register_metatable: tables would cross as copies
  return function()
    return function(name, meta, ...)
      check(rawtype(name), rawtype(meta), select("#", ...), name)
      known_metatables[name] = meta
      known_metatables[meta] = name
    end
  end
end

local function bind(how, ...)
  return binders[how](...)
end

local function custom_pairs(object)
  local handle = object[H]
  local keys, values = finish(py.table_items(handle))
  local i = 0
  return function()
    i = i + 1
    return keys[i], values[i]
  end, object, nil
end

local function make_class(number, name)
  local get = rawsetmeta({}, {
    __index = function(t, key)
      local reader = bind(py.bind_get(number, key))
      rawset(t, key, reader)
      return reader
    end,
  })
  local set = rawsetmeta({}, {
    __index = function(t, key)
      local writer = py.bind_set(number, key)
      rawset(t, key, writer)
      return writer
    end,
  })
  local meta = { __class = number, __name = name, __metatable = "private" }
  if number == CUSTOM then
    meta.__index = function(object, key)
      return finish(py.table_get(object[H], key))
    end
    meta.__pairs = custom_pairs
  else
    meta.__index = function(object, key)
      if rawtype(key) == "number" then
        return finish(py.index_get(number, object[H], key))
      end
      return get[key](object[H])
    end
  end
  meta.__newindex = function(object, key, value)
    if rawtype(key) == "number" then
      return py.index_set(number, object[H], key, pack(value))
    end
    set[key](object[H], pack(value))
  end
  meta.__len = function(object)
    return py.length(number, object[H])
  end
  meta.__call = function(object, ...)
    return finish(py.call(number, object[H], pack(...)))
  end
  meta.__eq = function(a, b)
    return rawget(a, H) == rawget(b, H) and rawgetmeta(a) == rawgetmeta(b)
  end
  meta.__tostring = function(object)
    return py.text_of(number, object[H])
  end
  classes[number] = meta
end

---------------------------------------------------------------------------------------------------
-- Errors: what Python raises reaches Lua as a userdata; the game's errors are strings.

local function as_text(e)
  if rawtype(e) == "userdata" then
    return (rawtostring(e))
  end
  return e
end

local function outcome(ok, ...)
  if ok then
    return true, ...
  end
  return false, as_text((...))
end

local function with_traceback(e)
  e = as_text(e)
  if rawtype(e) ~= "string" then
    e = rawtype(e) == "nil" and "nil" or rawtostring(e)
  end
  return traceback(e, 2)
end

-- Called by Python: run a function with values in tokens, and give (true, ...) or (false, text).
local function packed(ok, ...)
  if not ok then
    return false, (...)
  end
  return true, pack(...)
end

local function invoke(f, ...)
  return packed(rawxpcall(f, with_traceback, finish(...)))
end

local function run_chunk(text, name, want_traceback)
  local f, e = rawload(text, name, "t")
  if not f then
    return false, e
  end
  if want_traceback then
    return packed(rawxpcall(f, with_traceback))
  end
  return packed(outcome(rawpcall(f)))
end

return {
  H = H,
  is_object = is_object,
  new_object = new_object,
  pack = pack,
  as_text = as_text,
  outcome = outcome,
  known_metatables = known_metatables,
  make_class = make_class,
  invoke = invoke,
  run_chunk = run_chunk,
  set_global = function(name, ...)
    rawset(_G, name, (finish(...)))
  end,
}
