--- What other language servers say of a workspace's files, as the server is told: a moment after they have said it, nothing
--- twice, and nothing of files of which there was nothing. A worker can ask for it.

local client = require("slop.client")
local wire = require("slop.wire")

local M = {}

--- The bounds of what is sent: more of either helps no worker, and may be much.
M.most = 200
M.longest = 1000 -- characters of a message
--- How many files are looked at in one go; the others follow in the next.
M.files = 50
--- How long what is said is gathered, in milliseconds.
M.pause = 400

---@class slop.Told what one server has heard
---@field told table<string, slop.Diagnostic[]> by URI
---@field noted table<string, boolean> URIs of files of which something may have changed
---@field due boolean whether it will be told of them

---@type table<integer, slop.Told> by client
local servers = {}

---@param buf integer
---@param d vim.Diagnostic
---@param encoding string
---@return slop.Diagnostic
local function as_told(buf, d, encoding)
  local function position(line, col)
    return { line = line, character = vim.lsp.util.character_offset(buf, line, col, encoding) or 0 }
  end
  local message = d.message
  if vim.fn.strchars(message) > M.longest then
    message = vim.fn.strcharpart(message, 0, M.longest) .. "…"
  end
  return {
    range = { start = position(d.lnum, d.col), ["end"] = position(d.end_lnum or d.lnum, d.end_col or d.col) },
    severity = d.severity,
    source = d.source,
    message = message,
  }
end

--- What others say of a file.
---@param c vim.lsp.Client
---@param uri string
---@return slop.Diagnostic[]
local function found(c, uri)
  local path = vim.uri_to_fname(uri)
  local buf = vim.fn.bufexists(path) == 1 and vim.fn.bufadd(path) or nil -- bufnr() would take the path for a pattern
  if not buf or not vim.api.nvim_buf_is_loaded(buf) then
    return {}
  end
  local out = {}
  for _, d in ipairs(vim.diagnostic.get(buf)) do
    if d.source ~= client.name and #out < M.most then
      out[#out + 1] = as_told(buf, d, c.offset_encoding)
    end
  end
  return out
end

---@param c vim.lsp.Client
---@return boolean
local function listens(c)
  return vim.tbl_contains(vim.tbl_get(c.server_capabilities or {}, "experimental", "slop", "methods") or {}, wire.methods.diagnostics)
end

local later

--- Tells a server of the files that were noted.
---@param id integer
local function tell(id)
  local known, c = servers[id], vim.lsp.get_client_by_id(id)
  if not known or not c then
    return
  end
  known.due = false
  local uris = vim.tbl_keys(known.noted)
  table.sort(uris)
  for i = 1, math.min(#uris, M.files) do
    local uri = uris[i]
    known.noted[uri] = nil
    local diagnostics = found(c, uri)
    if not vim.deep_equal(diagnostics, known.told[uri] or {}) then
      known.told[uri] = #diagnostics > 0 and diagnostics or nil
      client.notify(c, wire.methods.diagnostics, { uri = uri, diagnostics = diagnostics })
    end
  end
  later(id)
end

---@param id integer
function later(id)
  local known = servers[id]
  if known and not known.due and next(known.noted) then
    known.due = true
    vim.defer_fn(function()
      tell(id)
    end, M.pause)
  end
end

--- Notes that something may have changed in what is said of a buffer's file. It is called while the buffer is closed, too,
--- when Neovim 0.10 cannot be asked for its options.
---@param buf integer
local function note(buf)
  local path = vim.fs.normalize(vim.api.nvim_buf_get_name(buf))
  for id, known in pairs(servers) do
    local c = vim.lsp.get_client_by_id(id)
    local root = c and c.config.root_dir
    if root and vim.startswith(path, vim.fs.normalize(root) .. "/") then
      known.noted[vim.uri_from_fname(path)] = true
      later(id)
    end
  end
end

--- Tells a server everything, from now on: it may be another one, which has heard nothing.
---@param id integer of the client
function M.again(id)
  local c = vim.lsp.get_client_by_id(id)
  if not c or not listens(c) then
    return
  end
  servers[id] = { told = {}, noted = {}, due = servers[id] ~= nil and servers[id].due }
  vim.api.nvim_create_autocmd({ "DiagnosticChanged", "BufUnload" }, {
    group = vim.api.nvim_create_augroup("slop_problems", {}),
    desc = "tell slop-ls what other language servers say",
    callback = function(event)
      note(event.buf)
    end,
  })
  for _, buf in ipairs(vim.api.nvim_list_bufs()) do
    if #vim.diagnostic.get(buf) > 0 then
      note(buf)
    end
  end
end

--- Forgets a client that has ended.
---@param id integer
function M.forget(id)
  servers[id] = nil
end

return M
