-- One step of a digest, the same as in Python (fz_multi/engine/digest.py).
--
-- 32 bits at a time: h = (h xor v) * 69069 + 1 mod 2^32, and the high half of v with + 7 where it
-- has one. The product stays below 2^53, so a double holds every step.

local bxor, floor = bit32.bxor, math.floor
local TWO32 = 4294967296

---@param h integer
---@param value integer whole, within +-2^53
---@return integer
local function mix(h, value)
  h = (bxor(h, value % TWO32) * 69069 + 1) % TWO32
  if value < 0 or value >= TWO32 then
    local high = floor(value / TWO32) % TWO32
    if high ~= 0 then
      h = (bxor(h, high) * 69069 + 7) % TWO32
    end
  end
  return h
end

return mix
