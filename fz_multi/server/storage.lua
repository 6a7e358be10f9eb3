-- `storage`: what it holds as tokens for a save, back again, and the check that it can be saved.

local py, core = ...

local H, is_object, new_object = core.H, core.is_object, core.new_object
local known_metatables = core.known_metatables -- metatable -> name, name -> metatable
local rawtype, rawget, rawnext, rawsetmeta = type, rawget, next, setmetatable
local rawgetmeta, rawpcall, rawerror, rawtostring = debug.getmetatable, pcall, error, tostring
local byte, sub, sort = string.byte, string.sub, table.sort

-- Whole numbers ascending, other numbers, strings, false, true, the rest as it comes.
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

core.before = before

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
  storage_tokens = storage_tokens,
  storage_problem = storage_problem,
  restore_storage = restore_storage,
  clear_storage = function()
    storage = {}
  end,
}
