-- What a character is busy with, and how that ends.

local data = require("gym.data")

local M = {}

-- The numbers of engine.constants.ACTIVITY_...
M.NONE, M.WALK, M.WALK_TO, M.MINE, M.WAIT, M.CRAFT = 0, 1, 2, 3, 4, 5
M.NEVER = -1

local OK, RUNNING = data.codes.ok, data.codes.running
local COMPOUND = data.verbs.COMPOUND

--- Commands of a COMPOUND that are left.
---@param agent table
---@return integer
function M.orders_left(agent)
  return #agent.orders - (agent.order_at or 0)
end

--- Drop what is left of a COMPOUND.
---@param agent table
function M.drop_orders(agent)
  agent.orders, agent.order_at = {}, 0
end

--- Do nothing from now on, and show it. The body is told before the next tick.
---@param agent table
function M.stop(agent)
  agent.activity = M.NONE
  agent.walking = 0
  agent.mining = 0
end

--- Begin something.
---@param agent table
---@param activity integer
---@param verb integer
function M.start(agent, activity, verb)
  agent.activity = activity
  agent.verb = verb
  agent.goal_count = 0
  agent.done_count = 0
  agent.until_tick = M.NEVER
  agent.walking = 0
  agent.mining = 0
end

--- The activity is over: note its code in the result of the step or beside it.
---@param agent table
---@param name string of the code
function M.finish(agent, name)
  local code, res = data.codes[name], agent.res
  M.stop(agent)
  agent.result = code
  if res.verb == COMPOUND and res.code == RUNNING then
    if code ~= OK then
      res.code = code
      res.a = agent.order_at
      M.drop_orders(agent)
    end
  elseif res.verb == agent.verb and res.code == RUNNING then
    res.code = code
  else
    res.b = code + 1
    res.c = agent.verb
    if code ~= OK then
      M.drop_orders(agent)
    end
  end
end

return M
