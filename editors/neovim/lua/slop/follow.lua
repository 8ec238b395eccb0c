--- The server's documents, such as the inbox and transcripts, are files that it writes anew when what they show has changed.
--- Those that are open and not edited follow, without a word.

local M = {}

--- How long changes of a folder are gathered, in milliseconds: a document that is written often is read less often.
M.pause = 100

---@type table<string, uv.uv_fs_event_t> by folder
local watched = {}
---@type table<string, boolean> folders in which something has changed
local due = {}

---@param folder string
local function read(folder)
  due[folder] = nil
  if not watched[folder] then
    return
  end
  local open = 0
  for _, buf in ipairs(vim.api.nvim_list_bufs()) do
    if vim.api.nvim_buf_is_loaded(buf) and vim.fs.dirname(vim.api.nvim_buf_get_name(buf)) == folder then
      open = open + 1
      if not vim.bo[buf].modified then
        vim.cmd.checktime({ buf, mods = { silent = true } })
      end
    end
  end
  if open == 0 then
    watched[folder]:close()
    watched[folder] = nil
  end
end

--- Called by the watch, when Neovim can do nothing yet.
---@param folder string
local function soon(folder)
  vim.schedule(function()
    if not due[folder] then
      due[folder] = true
      vim.defer_fn(function()
        read(folder)
      end, M.pause)
    end
  end)
end

--- The folder of a buffer's file, where the server's documents are in it.
---@param c vim.lsp.Client
---@param buf integer
---@return string?
local function folder_of(c, buf)
  local reviews = vim.tbl_get(c.server_capabilities, "experimental", "slop", "reviews")
  local path = vim.api.nvim_buf_get_name(buf)
  if not reviews or path == "" then
    return nil
  end
  local folder, own = vim.fs.dirname(path), vim.fs.dirname(vim.uri_to_fname(reviews))
  return vim.fs.dirname(folder) == own and folder or nil
end

--- Called once the server has attached to a buffer: where it is one of its documents it follows.
---@param c vim.lsp.Client
---@param buf integer
function M.attached(c, buf)
  local folder = folder_of(c, buf)
  if not folder then
    return
  end
  vim.bo[buf].autoread = true
  if watched[folder] then
    return
  end
  local watch = assert(vim.uv.new_fs_event())
  local started = watch:start(folder, {}, function()
    soon(folder)
  end)
  if started then
    watched[folder] = watch
  else
    watch:close()
  end
end

return M
