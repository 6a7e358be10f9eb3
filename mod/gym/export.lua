-- States of agents as files: one JSON file an agent under script-output, written anew every so many
-- ticks. The game can write files and cannot read them; commands come in over RCON.

local describe = require("gym.describe")
local wire = require("gym.wire")

local M = {}

--- A folder below script-output, in plain characters.
---@param folder any
---@return string
function M.check_folder(folder)
  wire.text(folder, "export.folder", 100)
  local plain = string.find(folder, "^[%w_%-][%w_%-%.]*[%w_%-%./]*$")
  if not plain or string.find(folder, "..", 1, true) or string.sub(folder, -1) == "/" then
    wire.fail(
      "bad_request",
      "export.folder: letters, digits, _, -, . and / in between, no .., got " .. wire.short(folder)
    )
  end
  return folder
end

--- Where the state of an agent is written.
---@param arena table
---@param agent table
---@return string
function M.path(arena, agent)
  local folder = storage.settings.export.folder
  return string.format("%s/arena-%d/%s.json", folder, arena.number, agent.id)
end

--- A boundary has been concluded: write the states that are due.
---@param boundary integer game tick
function M.boundary(boundary)
  local every = storage.settings.export.every
  if every == 0 or boundary % every ~= 0 then
    return
  end
  local numbers = {}
  for number in pairs(storage.arenas) do
    numbers[#numbers + 1] = number
  end
  table.sort(numbers)
  for _, number in ipairs(numbers) do
    local arena = storage.arenas[number]
    if arena.ready then
      for _, agent in ipairs(arena.agents) do
        local text = wire.encode(describe.agent(arena, agent, describe.RADIUS, boundary))
        helpers.write_file(M.path(arena, agent), text .. "\n", false, 0)
      end
    end
  end
end

return M
