-- The Lua side of the server: objects of the API, values on their way, errors, the sandbox.
--
-- An object is a locked table {["\0h"] = handle} with the metatable of its class; type() calls it
-- userdata, and the library refuses it where it wants a table. Reads go to functions that Python
-- gives at the first read of a member ("bindings").
--
-- Values cross as flat lists of tokens: a table is "\0A", n, items or "\0D", n, key, value, ...;
-- an object "\0R", class number, handle; a string that begins with a NUL is sent behind "\0S".
-- A result whose first value is "\0" is such a list; "\0P", key, value, key, value is a table of two
-- plain entries; all other results are plain values.

local py, shuffle = ...

local H = "\0h"
local rawtype, rawget, rawset, rawnext = type, rawget, rawset, next
local getmeta, rawsetmeta, rawpcall, rawxpcall = getmetatable, setmetatable, pcall, xpcall
local rawgetmeta = debug.getmetatable -- sees locked ones
local rawtostring, rawload, rawipairs, rawerror = tostring, load, ipairs, error
local rawequal_, rawlen_ = rawequal, rawlen
local select, byte, sub, unpack = select, string.byte, string.sub, table.unpack
local sort, floor, traceback, random = table.sort, math.floor, debug.traceback, py.random

local classes = {} -- class number -> metatable of its objects
local CUSTOM = py.custom_table

local function is_object(v)
  return rawtype(v) == "table" and rawget(v, H) ~= nil
end

local function new_object(class, handle)
  return rawsetmeta({ [H] = handle }, classes[class])
end

---------------------------------------------------------------------------------------------------
-- Order of keys: whole numbers ascending, other numbers, strings, false, true, the rest as it comes.

local RANK = { number = 1, string = 2, boolean = 3 }

local function before(a, b)
  local ta, tb = rawtype(a), rawtype(b)
  if ta ~= tb then
    return (RANK[ta] or 9) < (RANK[tb] or 9)
  end
  if ta == "number" or ta == "string" then
    return a < b
  end
  return ta == "boolean" and not a and b
end

local state = shuffle
local function shuffled(keys, n)
  for i = n, 2, -1 do
    state = (state * 16807 + 12345) % 2147483647
    local j = state % i + 1
    keys[i], keys[j] = keys[j], keys[i]
  end
end

local function keys_of(t)
  local keys, n, ordered, last = {}, 0, true, 0
  for k in rawnext, t do
    n = n + 1
    keys[n] = k
    if ordered and rawtype(k) == "number" and k > last then
      last = k
    else
      ordered = ordered and n == 1 and rawtype(k) == "number"
      last = k
    end
  end
  if not ordered and n > 1 then
    sort(keys, before)
  end
  if shuffle then
    shuffled(keys, n)
  end
  return keys, n
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
    local n, r, k, x = t[i + 1], {}, nil, nil
    i = i + 2
    for _ = 1, n do
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
    local length, count = rawlen_(v), 0
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

---------------------------------------------------------------------------------------------------
-- The library that mods see

local function need_table(v, n, name)
  local kind = is_object(v) and "userdata" or rawtype(v)
  if kind ~= "table" then
    rawerror(
      ("bad argument #%d to '%s' (table expected, got %s)"):format(n, name, kind == "nil" and "no value" or kind),
      3
    )
  end
end

function type(...)
  if select("#", ...) == 0 then
    rawerror("bad argument #1 to 'type' (value expected)", 2)
  end
  local kind = rawtype((...))
  if kind == "table" and rawget((...), H) ~= nil then
    return "userdata"
  end
  return kind
end

function pcall(f, ...)
  return outcome(rawpcall(f, ...))
end

function xpcall(f, handler, ...)
  return rawxpcall(f, function(e)
    return handler(as_text(e))
  end, ...)
end

function load(chunk, name, _, ...)
  if is_object(chunk) then
    need_table(chunk, 1, "load")
  end
  return rawload(chunk, name, "t", ...)
end
loadstring = load

function pairs(t)
  if rawtype(t) == "table" then
    local meta = rawgetmeta(t)
    if meta and meta.__pairs then
      return meta.__pairs(t)
    end
  end
  need_table(t, 1, "pairs")
  local keys, n = keys_of(t)
  local i = 0
  return function()
    while i < n do
      i = i + 1
      local k = keys[i]
      local v = rawget(t, k)
      if v ~= nil then
        return k, v
      end
    end
  end, t, nil
end

-- next() walks the same order; the order of the table walked last is kept.
local walked, walked_keys, walked_at
function next(t, k)
  need_table(t, 1, "next")
  if k == nil then
    if rawnext(t) == nil then
      return nil
    end
    walked, walked_keys, walked_at = t, (keys_of(t)), {}
    for i, key in rawipairs(walked_keys) do
      walked_at[key] = i
    end
  elseif walked ~= t then
    walked, walked_keys, walked_at = t, (keys_of(t)), {}
    for i, key in rawipairs(walked_keys) do
      walked_at[key] = i
    end
  end
  local i = k == nil and 0 or walked_at[k]
  if i == nil then
    rawerror("invalid key to 'next'", 2)
  end
  while true do
    i = i + 1
    local key = walked_keys[i]
    if key == nil then
      return nil
    end
    local v = rawget(t, key)
    if v ~= nil then
      return key, v
    end
  end
end

function ipairs(t)
  if rawtype(t) == "table" and rawget(t, H) == nil then
    return rawipairs(t)
  end
  need_table(t, 1, "ipairs")
end

local guarded = {
  { _G, { "rawget", "rawset", "rawlen", "setmetatable" } },
  { table, { "concat", "insert", "remove", "sort", "unpack" } },
}
for _, entry in rawipairs(guarded) do
  local library, names = entry[1], entry[2]
  for _, name in rawipairs(names) do
    local original = library[name]
    library[name] = function(t, ...)
      if rawtype(t) == "table" and rawget(t, H) ~= nil then
        need_table(t, 1, name)
      end
      return original(t, ...)
    end
  end
end

function rawequal(a, b)
  return rawequal_(a, b)
end

function getmetatable(v)
  if is_object(v) then
    return "private"
  end
  return getmeta(v)
end

function table_size(t)
  need_table(t, 1, "table_size")
  local n = 0
  for _ in rawnext, t do
    n = n + 1
  end
  return n
end

function math.random(low, high)
  local r = random()
  if low == nil then
    return r
  end
  if high == nil then
    low, high = 1, low
  end
  if low > high then
    rawerror("bad argument #2 to 'random' (interval is empty)", 2)
  end
  return floor(r * (floor(high) - floor(low) + 1)) + floor(low)
end

function math.randomseed() end

local getinfo = debug.getinfo
local function here()
  local info = getinfo(3, "Sl")
  return info and ("%s:%d"):format(info.short_src, info.currentline or 0) or "?"
end

function log(text)
  py.log("Script @" .. here() .. ": ", pack(text))
end

function localised_print(text)
  py.log("", pack(text))
end

function print(...)
  local parts = {}
  for i = 1, select("#", ...) do
    parts[i] = rawtostring((select(i, ...)))
  end
  py.log("", table.concat(parts, "\t"))
end

-- Modules of the mod, while control.lua loads.
local loaded, loading = {}, false
function require(name)
  if rawtype(name) ~= "string" then
    rawerror("bad argument #1 to 'require' (string expected)", 2)
  end
  if not loading then
    rawerror("Require can't be used outside of control.lua parsing.", 2)
  end
  local text, path, chunk = py.find_module(name)
  if text == nil then
    rawerror(("module %s not found;  no such file %s"):format(name, path), 2)
  end
  if loaded[path] == nil then
    local f, e = rawload(text, chunk, "t")
    if not f then
      rawerror(e, 0)
    end
    loaded[path] = f(name) or true
  end
  return loaded[path]
end

local function set_loading(on)
  loading = on
end

package = { loaded = loaded }

debug = { getinfo = debug.getinfo, traceback = debug.traceback }
for _, name in rawipairs({ "loadfile", "dofile", "coroutine", "io", "os", "python", "collectgarbage" }) do
  _G[name] = nil
end
string.dump = nil

---------------------------------------------------------------------------------------------------
-- `storage`, for saving and for the check that it can be saved

-- Tokens with identity: "\0T", metatable name or false, n, key, value, ... is a new table (they are
-- numbered as they come), "\0B", number one that was there before.
local function dump_storage(root, out)
  local seen, count, n = {}, 0, 0
  local function walk(v, path)
    local kind = rawtype(v)
    if kind == "nil" then
      n = n + 1
      out[n] = "\0N"
    elseif kind == "boolean" or kind == "number" then
      n = n + 1
      out[n] = v
    elseif kind == "string" then
      n = n + 1
      out[n] = byte(v, 1) == 0 and "\0S" .. v or v
    elseif kind ~= "table" then
      rawerror(("Cannot serialise %s in storage (%s)."):format(kind, path), 0)
    elseif rawget(v, H) ~= nil then
      local class = rawgetmeta(v).__class
      local wrong = py.unsaveable(class)
      if wrong then
        rawerror(("%s cannot be stored in storage (%s)."):format(wrong, path), 0)
      end
      out[n + 1] = "\0R"
      out[n + 2] = class
      out[n + 3] = v[H]
      n = n + 3
    elseif seen[v] then
      out[n + 1] = "\0B"
      out[n + 2] = seen[v]
      n = n + 2
    else
      count = count + 1
      seen[v] = count
      local meta = rawgetmeta(v)
      local name = meta and known_metatables[meta] or false
      if meta and not name then
        rawerror(("storage holds a table with an unregistered metatable (%s)."):format(path), 0)
      end
      local keys, size = {}, 0
      for k in rawnext, v do
        size = size + 1
        keys[size] = k
      end
      sort(keys, before)
      out[n + 1] = "\0T"
      out[n + 2] = name
      out[n + 3] = size
      n = n + 3
      for i = 1, size do
        local k = keys[i]
        walk(k, path)
        walk(rawget(v, k), path .. "." .. (rawtype(k) == "table" and "{}" or rawtostring(k)))
      end
    end
  end
  walk(root, "storage")
  return n
end

local function storage_tokens()
  local out = {}
  local ok, result = rawpcall(dump_storage, storage, out)
  if not ok then
    return false, result
  end
  return true, out
end

-- The same walk without a result: is everything of a kind that can be saved?
local unsaveable = {}
local function is_saveable(t, seen)
  seen[t] = true
  local meta = rawgetmeta(t)
  if meta and not known_metatables[meta] then
    return false
  end
  for k, v in rawnext, t do
    local kind = rawtype(v)
    if kind == "table" then
      local class = rawget(v, H) and rawgetmeta(v).__class
      if class then
        if unsaveable[class] == nil then
          unsaveable[class] = py.unsaveable(class) or false
        end
        if unsaveable[class] then
          return false
        end
      elseif not seen[v] and not is_saveable(v, seen) then
        return false
      end
    elseif kind == "function" or kind == "userdata" then
      return false
    end
    kind = rawtype(k)
    if kind == "table" then
      if rawget(k, H) == nil and not seen[k] and not is_saveable(k, seen) then
        return false
      end
    elseif kind == "function" or kind == "userdata" then
      return false
    end
  end
  return true
end

local function storage_problem()
  if rawtype(storage) == "table" and not is_object(storage) and is_saveable(storage, {}) then
    return nil
  end
  local ok, result = rawpcall(dump_storage, storage, {})
  if ok then
    return nil
  end
  return result
end

local function restore_storage(tokens)
  local tables, i = {}, 1
  local function read()
    local v = tokens[i]
    i = i + 1
    if rawtype(v) ~= "string" or byte(v, 1) ~= 0 then
      return v
    end
    local tag = byte(v, 2)
    if tag == 84 then -- T
      local name, size, t = tokens[i], tokens[i + 1], {}
      i = i + 2
      tables[#tables + 1] = t
      for _ = 1, size do
        local k = read()
        t[k] = read()
      end
      if name and known_metatables[name] then
        rawsetmeta(t, known_metatables[name])
      end
      return t
    elseif tag == 78 then -- N
      return nil
    elseif tag == 66 then -- B
      i = i + 1
      return tables[tokens[i - 1]]
    elseif tag == 82 then -- R
      i = i + 2
      return new_object(tokens[i - 2], tokens[i - 1])
    end
    return sub(v, 3) -- S
  end
  storage = read()
end

storage = {}

return {
  make_class = make_class,
  set_global = function(name, ...)
    rawset(_G, name, (finish(...)))
  end,
  invoke = invoke,
  run_chunk = run_chunk,
  set_loading = set_loading,
  storage_tokens = storage_tokens,
  storage_problem = storage_problem,
  restore_storage = restore_storage,
  clear_storage = function()
    storage = {}
  end,
  is_sandboxed = function()
    return io == nil and os == nil
  end,
}
