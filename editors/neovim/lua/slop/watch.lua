--- What a worker's model says, while it says it, in a buffer of its own.

local state = require("slop.state")

local M = {}

---@param buf integer
---@param text string
local function show(buf, text)
  local at_end = {}
  for _, win in ipairs(vim.fn.win_findbuf(buf)) do
    at_end[win] = vim.api.nvim_win_get_cursor(win)[1] == vim.api.nvim_buf_line_count(buf)
  end
  vim.bo[buf].modifiable = true
  vim.api.nvim_buf_set_lines(buf, 0, -1, false, vim.split(text, "\n", { plain = true }))
  vim.bo[buf].modifiable = false
  vim.bo[buf].modified = false
  for win, follow in pairs(at_end) do
    if follow then
      vim.api.nvim_win_set_cursor(win, { vim.api.nvim_buf_line_count(buf), 0 })
    end
  end
end

--- Opens the stream of a ticket. It follows the newest attempt until the window is closed.
---@param c vim.lsp.Client
---@param track string
---@param ticket string
---@return integer buf
function M.open(c, track, ticket)
  local buf = vim.fn.bufadd(("slop://watch/%d/%s/%s"):format(c.id, track, ticket))
  local win = vim.fn.bufwinid(buf)
  if win ~= -1 then
    vim.api.nvim_set_current_win(win)
    return buf
  end
  vim.cmd("botright vsplit")
  vim.api.nvim_win_set_buf(0, buf)
  vim.bo[buf].buftype, vim.bo[buf].swapfile, vim.bo[buf].bufhidden, vim.bo[buf].filetype = "nofile", false, "wipe", "markdown"
  require("slop.view").look({ wrap = true, linebreak = true, winbar = (" slop   %s %s "):format(track, ticket) })
  local function draw()
    local s = state.of(c.id).streams[state.stream_key(track, ticket)]
    show(buf, s and state.text(s) or "Nothing has been said yet.")
  end
  local stop = state.listen(function(id)
    if id == c.id and vim.api.nvim_buf_is_valid(buf) then
      draw()
    end
  end)
  vim.api.nvim_create_autocmd("BufWipeout", { buffer = buf, once = true, callback = stop })
  vim.keymap.set("n", "q", "<Cmd>close<CR>", { buffer = buf, nowait = true, desc = "slop: close" })
  draw()
  return buf
end

return M
