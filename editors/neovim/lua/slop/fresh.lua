--- Keeps what is drawn beside the text true. Neovim draws a buffer's hints anew when its text changes: told by the server
--- that a ticket's state has changed it asks again, and up to 0.12 may draw what it had, or nothing new; a buffer that no
--- window shows is not asked about at all. Lenses it asks about again from 0.12 on.

local M = {}

---@class slop.Drawn
---@field version integer of the text
---@field hints lsp.InlayHint[]

---@type table<integer, slop.Drawn> the hints that were drawn last, by buffer
local drawn = {}
---@type table<integer, boolean> buffers whose hints have changed while no window showed them
local stale = {}

--- Draws a buffer's hints from nothing: they are asked for once more.
---@param buf integer
local function redraw(buf)
  drawn[buf], stale[buf] = nil, nil
  if vim.lsp.inlay_hint.is_enabled({ bufnr = buf }) then
    vim.lsp.inlay_hint.enable(true, { bufnr = buf })
  end
end

---@param id integer of the client
---@return integer[]
local function buffers(id)
  local c = vim.lsp.get_client_by_id(id)
  return vim.tbl_filter(vim.api.nvim_buf_is_loaded, vim.tbl_keys(c and c.attached_buffers or {}))
end

--- workspace/inlayHint/refresh
---@type lsp.Handler
function M.hints(err, _, ctx)
  for _, buf in ipairs(err and {} or buffers(ctx.client_id)) do
    if #vim.fn.win_findbuf(buf) > 0 then
      redraw(buf)
    else
      stale[buf] = true
    end
  end
  return vim.NIL
end

--- textDocument/inlayHint: what comes after other hints of the same text, and differs, would not be drawn.
---@type lsp.Handler
function M.hinted(err, result, ctx)
  local hints = vim.deepcopy(result or {}) -- Neovim changes the positions in them
  vim.lsp.handlers["textDocument/inlayHint"](err, result or {}, ctx)
  local buf = ctx.bufnr
  if err or not buf then
    return
  end
  local before = drawn[buf]
  drawn[buf] = { version = ctx.version, hints = hints }
  if before and before.version == ctx.version and not vim.deep_equal(before.hints, hints) then
    redraw(buf)
  end
end

--- workspace/codeLens/refresh
---@type lsp.Handler
function M.lenses(err, result, ctx)
  if vim.lsp.codelens.enable then
    return vim.lsp.handlers["workspace/codeLens/refresh"](err, result, ctx)
  end
  if require("slop.config").get().lenses then
    for _, buf in ipairs(buffers(ctx.client_id)) do
      vim.lsp.codelens.refresh({ bufnr = buf })
    end
  end
  return vim.NIL
end

--- Called once the server has attached to a buffer.
---@param buf integer
function M.attached(buf)
  local group = vim.api.nvim_create_augroup("slop_fresh_" .. buf, {})
  vim.api.nvim_create_autocmd("BufWinEnter", {
    group = group,
    buffer = buf,
    callback = function()
      if stale[buf] then
        redraw(buf)
      end
    end,
  })
  vim.api.nvim_create_autocmd("BufUnload", {
    group = group,
    buffer = buf,
    callback = function()
      drawn[buf], stale[buf] = nil, nil
    end,
  })
end

return M
