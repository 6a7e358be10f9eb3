-- What mods see of Lua: the game's library, without what reaches out of it.

local py, core, shuffle = ...

local H, is_object, pack = core.H, core.is_object, core.pack
local as_text, outcome, before = core.as_text, core.outcome, core.before
local rawtype, rawget, rawnext = type, rawget, next
local getmeta, rawgetmeta = getmetatable, debug.getmetatable
local rawpcall, rawxpcall, rawload, rawerror = pcall, xpcall, load, error
local rawtostring, rawipairs, raw_equal, getinfo = tostring, ipairs, rawequal, debug.getinfo
local select, sort, floor, random = select, table.sort, math.floor, py.random

---------------------------------------------------------------------------------------------------
-- Order of keys, see core.before; or an order that depends on a seed only.

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
  return raw_equal(a, b)
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

return { set_loading = set_loading }
