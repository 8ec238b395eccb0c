--- A component for a statusline: `%{v:lua.require'slop.statusline'.get()}`, or a function for lualine and its like.

local client = require("slop.client")
local state = require("slop.state")

local M = {}

--- What runs, what waits and what it has cost, in a few words; empty where there is nothing to say.
---@return string
function M.get()
  local c = client.of()
  if not c then
    return ""
  end
  local known = state.of(c.id)
  local running, cost, unknown = 0, 0, false
  for _, track in pairs(known.tracks) do
    for _, ticket in pairs(track.tickets) do
      running = running + (ticket.status == "in_progress" and 1 or 0)
      if type(ticket.usage.cost) == "number" then
        cost = cost + ticket.usage.cost
      else
        unknown = true
      end
    end
  end
  local parts = {}
  if running > 0 then
    parts[#parts + 1] = running .. " running"
  end
  if #known.asked > 0 then
    parts[#parts + 1] = #known.asked .. " waiting for you"
  end
  if #parts == 0 then
    return ""
  end
  if cost > 0 then
    parts[#parts + 1] = ("$%.2f%s"):format(cost, unknown and "+" or "")
  end
  return "slop: " .. table.concat(parts, ", ")
end

return M
