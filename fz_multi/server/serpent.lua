-- serpent, as mods find it: text of plain data that Lua can read again. Keys are always sorted.

local WORDS = {}
for word in
  ("and break do else elseif end false for function goto if in local nil not or repeat return then true until while"):gmatch(
    "%a+"
  )
do
  WORDS[word] = true
end

local function number_text(v)
  if v ~= v then
    return "0/0 --[[nan]]"
  elseif v == math.huge then
    return "1/0 --[[math.huge]]"
  elseif v == -math.huge then
    return "-1/0 --[[-math.huge]]"
  end
  return (("%.17g"):format(v):gsub("^(%-?%d+)$", "%1"))
end

local function string_text(v)
  return (("%q"):format(v):gsub("\n", "n"):gsub("\26", "\\026"))
end

local function scalar(v)
  local kind = type(v)
  if kind == "number" then
    local short = ("%.14g"):format(v)
    return tonumber(short) == v and short or number_text(v)
  elseif kind == "string" then
    return string_text(v)
  elseif kind == "function" then
    return "function() --[[..skipped..]] end"
  end
  return tostring(v)
end

local function rank(k)
  return type(k) == "number" and 1 or type(k) == "string" and 2 or 3
end

local function sorted_keys(t, length)
  local keys = {}
  for k in pairs(t) do
    if not (type(k) == "number" and k >= 1 and k <= length and k % 1 == 0) then
      keys[#keys + 1] = k
    end
  end
  table.sort(keys, function(a, b)
    local ra, rb = rank(a), rank(b)
    if ra ~= rb then
      return ra < rb
    elseif ra == 3 then
      return tostring(a) < tostring(b)
    end
    return a < b
  end)
  return keys
end

local function write(v, indent, options, level, open)
  if type(v) ~= "table" then
    return scalar(v)
  end
  if open[v] then
    return "nil --[[ref]]"
  end
  if options.maxlevel and level >= options.maxlevel then
    return "{}"
  end
  open[v] = true
  local parts, length = {}, #v
  for i = 1, length do
    parts[i] = write(v[i], indent, options, level + 1, open)
  end
  for _, k in ipairs(sorted_keys(v, length)) do
    local name
    if type(k) == "string" and k:match("^[%a_][%w_]*$") and not WORDS[k] then
      name = k
    else
      name = "[" .. write(k, nil, options, level + 1, open) .. "]"
    end
    parts[#parts + 1] = name .. (options.compact and "=" or " = ") .. write(v[k], indent, options, level + 1, open)
  end
  open[v] = nil
  if #parts == 0 then
    return "{}"
  end
  if not indent then
    return "{" .. table.concat(parts, options.compact and "," or ", ") .. "}"
  end
  local inner = "\n" .. indent:rep(level + 1)
  return "{" .. inner .. table.concat(parts, "," .. inner) .. "\n" .. indent:rep(level) .. "}"
end

local serpent = {}

function serpent.line(v, options)
  options = options or {}
  return write(v, nil, options, 0, {})
end

function serpent.block(v, options)
  options = options or {}
  return write(v, options.indent or "  ", options, 0, {})
end

function serpent.dump(v, options)
  options = options or {}
  local name = options.name or "_"
  return ("do local %s=%s;return %s;end"):format(name, write(v, options.indent, options, 0, {}), name)
end

function serpent.load(text)
  local f, e = load(text, "serpent", "t", {})
  if not f then
    f, e = load("return " .. text, "serpent", "t", {})
  end
  if not f then
    return false, e
  end
  return pcall(f)
end

return serpent
