--- How a window looks while it shows a view of the plugin, such as the board.

local M = {}

--- Sets options of a window for the buffer in it alone. Set otherwise they would also be those of what is opened after it.
---@param options table<string, any>
---@param win? integer the current one where none is given
function M.look(options, win)
  local here = vim.wo[win or 0][0]
  here.fillchars = "eob: "
  for name, value in pairs(options) do
    here[name] = value
  end
end

--- Shows lines in the middle of the screen until a key closes them.
---@param title string
---@param lines string[]
function M.float(title, lines)
  local width = vim.fn.strdisplaywidth(title) + 2
  for _, line in ipairs(lines) do
    width = math.max(width, vim.fn.strdisplaywidth(line))
  end
  width = math.min(width, vim.o.columns - 4)
  local height = math.min(#lines, vim.o.lines - 4)
  local buf = vim.api.nvim_create_buf(false, true)
  vim.bo[buf].bufhidden = "wipe"
  vim.api.nvim_buf_set_lines(buf, 0, -1, false, lines)
  vim.bo[buf].modifiable = false
  vim.api.nvim_open_win(buf, true, {
    relative = "editor",
    row = math.floor((vim.o.lines - height) / 2) - 1,
    col = math.floor((vim.o.columns - width) / 2),
    width = width,
    height = height,
    style = "minimal",
    border = "rounded",
    title = " " .. title .. " ",
    title_pos = "center",
  })
  for _, key in ipairs({ "q", "<Esc>", "<CR>" }) do
    vim.keymap.set("n", key, "<Cmd>close<CR>", { buffer = buf, nowait = true, desc = "slop: close" })
  end
  vim.api.nvim_create_autocmd("WinLeave", { buffer = buf, once = true, command = "close" })
end

return M
