--- Says something to the person and never asks for a key in return. Neovim itself does ("Press ENTER") when a message
--- does not fit the line or comes on top of another one; whoever is typing then loses what they type next.

local M = {}

--- How many messages are kept for :Slop messages.
M.kept = 100

---@type string[]
local said = {}

--- Whether vim.notify is Neovim's own, which prints in the message line. A plugin's shows messages in windows. Neovim's
--- own Lua comes without the names of its files from 0.12 on.
---@return boolean
local function plain()
  local source = debug.getinfo(vim.notify, "S").source
  return source:find("^@vim/") ~= nil or source:find("^=?%?$") ~= nil
end

local groups = { [vim.log.levels.ERROR] = "ErrorMsg", [vim.log.levels.WARN] = "WarningMsg" }

--- What fits the message line of a text; where it was cut, that is said, and where the rest is.
---@param text string
---@param room integer in cells
---@param more? string what stands for the rest
---@return string
function M.fit(text, room, more)
  local line = vim.trim((text:gsub("%s+", " ")))
  if vim.fn.strdisplaywidth(line) <= room then
    return line
  end
  more = more or "… (:Slop messages)"
  local keep = math.max(0, room - vim.fn.strdisplaywidth(more))
  while vim.fn.strdisplaywidth(line) > keep and line ~= "" do
    line = vim.fn.strcharpart(line, 0, vim.fn.strcharlen(line) - 1)
  end
  return line .. more
end

---@type { text: string, level: integer }?
local next_up

local function print_one()
  local now = next_up
  if not now then
    return
  end
  if vim.api.nvim_get_mode().mode:find("^[cr]") then -- somebody types a command, or answers: the line is theirs
    vim.api.nvim_create_autocmd("CmdlineLeave", { once = true, callback = vim.schedule_wrap(print_one) })
    return
  end
  next_up = nil
  vim.cmd.redraw() -- takes away the message before, which would else have to be acknowledged
  vim.api.nvim_echo({ { M.fit(now.text, vim.v.echospace), groups[now.level] } }, false, {})
end

--- Says something. Of several at once the message line shows the last; :Slop messages has them all.
---@param text string
---@param level? integer of vim.log.levels, INFO where none is given
function M.say(text, level)
  level = level or vim.log.levels.INFO
  said[#said + 1] = os.date("%H:%M:%S ") .. text
  if #said > M.kept then
    table.remove(said, 1)
  end
  if not plain() then
    vim.notify(text, level, { title = "slop" })
    return
  end
  if not next_up then
    vim.schedule(print_one)
  end
  next_up = { text = "slop: " .. text, level = level }
end

--- Opens what was said, the newest last.
function M.open()
  vim.cmd("botright new")
  local buf = vim.api.nvim_get_current_buf()
  vim.bo[buf].buftype, vim.bo[buf].swapfile, vim.bo[buf].bufhidden = "nofile", false, "wipe"
  local lines = vim.split(table.concat(said, "\n"), "\n", { plain = true })
  vim.api.nvim_buf_set_lines(buf, 0, -1, false, lines)
  vim.bo[buf].modifiable = false
  require("slop.view").look({ wrap = true, winbar = " slop   what was said " })
  vim.keymap.set("n", "q", "<Cmd>close<CR>", { buffer = buf, nowait = true, desc = "slop: close" })
  vim.cmd.normal({ "G", bang = true })
end

return M
