-- The last answers to requests that change something, so that none is applied twice.

local mix = require("gym.mix")

local M = {}

local format = string.format

M.KEPT = 64 -- answers
local WHOLE = 16384 -- characters up to which a request is kept as it was

--- What tells a request from another one with the same id.
---@param text string
---@return string
function M.fingerprint(text)
  if #text <= WHOLE then
    return text
  end
  local h = #text
  for at = 1, #text, 4 do
    local a, b, c, d = string.byte(text, at, at + 3)
    h = mix(h, a + 256 * (b or 0) + 65536 * (c or 0) + 16777216 * (d or 0))
  end
  return format("%d:%08x", #text, h)
end

--- What was answered to a request of that id, if it is not too long ago.
---@param id string
---@return { id: string, request: string, answer: string }?
function M.find(id)
  local ledger = storage.ledger
  for _, entry in pairs(ledger.answers) do
    if entry.id == id then
      return entry
    end
  end
  return nil
end

--- Keep an answer; the oldest is forgotten.
---@param id string
---@param text string the request
---@param answer string
function M.keep(id, text, answer)
  local ledger = storage.ledger
  ledger.newest = ledger.newest % M.KEPT + 1
  ledger.answers[ledger.newest] = { id = id, request = M.fingerprint(text), answer = answer }
end

return M
