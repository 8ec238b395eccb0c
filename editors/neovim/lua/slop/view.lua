--- How a window looks while it shows a view of the plugin, such as the board.

local M = {}

--- Sets options of the current window for its current buffer alone. Set otherwise they would also be those of what is
--- opened after it.
---@param options table<string, any>
function M.look(options)
  local here = vim.wo[0][0]
  here.fillchars = "eob: "
  for name, value in pairs(options) do
    here[name] = value
  end
end

return M
