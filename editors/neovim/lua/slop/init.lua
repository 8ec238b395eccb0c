--- slop-ls in Neovim. Nothing has to be called: plugin/slop.lua starts the server where it is wanted. What is here is for
--- a person's own configuration.

local M = {}

--- Sets options (see slop.Config, :help slop-options). It need not be called.
---@param options? table<string, any>
function M.setup(options)
  require("slop.config").set(options or {})
end

--- Says how many approvals wait in the workspace of the current buffer.
---@return integer
function M.waiting()
  local c = require("slop.client").of()
  return c and #require("slop.state").of(c.id).asked or 0
end

--- What runs and what waits, for a statusline.
---@return string
function M.statusline()
  return require("slop.statusline").get()
end

return M
