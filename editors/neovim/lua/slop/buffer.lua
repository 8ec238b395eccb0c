--- What a buffer gets when the server attaches to it.

local client = require("slop.client")
local config = require("slop.config")

local M = {}

--- Shows code lenses in a buffer and keeps them fresh, by whatever the version of Neovim has for that.
---@param c vim.lsp.Client
---@param buf integer
local function lenses(c, buf)
  if not c.server_capabilities.codeLensProvider then
    return
  end
  if vim.lsp.codelens.enable then
    vim.lsp.codelens.enable(true, { bufnr = buf })
    return
  end
  local group = vim.api.nvim_create_augroup("slop_lenses_" .. buf, {})
  vim.api.nvim_create_autocmd({ "BufEnter", "InsertLeave", "TextChanged" }, {
    group = group,
    buffer = buf,
    callback = function()
      vim.lsp.codelens.refresh({ bufnr = buf })
    end,
  })
  vim.lsp.codelens.refresh({ bufnr = buf })
end

--- The id of the approval that a Review… document is about, or nil where a buffer is none.
---@param buf integer
---@return string?
function M.review_of(buf)
  local name = vim.fs.basename(vim.api.nvim_buf_get_name(buf))
  local first = vim.api.nvim_buf_get_lines(buf, 0, 1, false)[1] or ""
  return name:match("^(A%d+)%.md$") and first:match("slop:review (A%d+) ")
end

--- Leaves a Review… document that was answered, for what its windows showed before. What was edited there is the answer.
---@param buf integer
local function leave(buf)
  if not vim.api.nvim_buf_is_loaded(buf) then
    return
  end
  vim.bo[buf].modified = false
  for _, win in ipairs(vim.fn.win_findbuf(buf)) do
    local before = vim.api.nvim_win_call(win, function()
      return vim.fn.bufnr("#")
    end)
    if before ~= buf and before > 0 and vim.bo[before].buflisted then
      vim.api.nvim_win_set_buf(win, before)
    end
  end
  if #vim.fn.win_findbuf(buf) == 0 then
    vim.api.nvim_buf_delete(buf, {})
  end
end

--- Answers the approval that a Review… document is about, as it is edited there.
---@param buf integer
---@param decision "approve"|"reject"
---@return boolean whether it is such a document
function M.answer_review(buf, decision)
  buf = buf == 0 and vim.api.nvim_get_current_buf() or buf -- it may be another one when the answer comes
  local id = M.review_of(buf)
  local c = id and client.of(buf)
  if not c then
    return false
  end
  require("slop.approvals").answer(c, id, decision, { uri = vim.uri_from_bufnr(buf) }, function()
    leave(buf)
  end)
  return true
end

---@param buf integer
---@param text string
local function winbar(buf, text)
  for _, win in ipairs(vim.fn.win_findbuf(buf)) do
    vim.wo[win][0].winbar = text
  end
end

--- Says in the Review… documents of approvals that were decided that what stands there counts no more.
---@param c vim.lsp.Client
---@param settled string[]
function M.settled(c, settled)
  for buf in pairs(c.attached_buffers) do
    local id = vim.api.nvim_buf_is_loaded(buf) and M.review_of(buf)
    if id and vim.tbl_contains(settled, id) then
      winbar(buf, (" %s was decided: what stands here counts no more "):format(id))
    end
  end
end

---@param buf integer
local function review(buf)
  if not M.review_of(buf) then
    return
  end
  require("slop.approvals").close_notice()
  for lhs, decision in pairs({ ["<Plug>(slop-approve)"] = "approve", ["<Plug>(slop-reject)"] = "reject" }) do
    vim.keymap.set("n", lhs, function()
      M.answer_review(buf, decision)
    end, { buffer = buf, desc = "slop: " .. decision .. " as edited" })
  end
  winbar(buf, " edit it here, then :Slop approve or :Slop reject ")
  for _, win in ipairs(vim.fn.win_findbuf(buf)) do
    vim.wo[win][0].linebreak = true
  end
end

--- Where lenses stand behind the line, as up to 0.11, what waits is said by them and not once more by a diagnostic, which
--- would leave them no room.
---@param c vim.lsp.Client
local function leave_room(c)
  local shown = vim.diagnostic.config().virtual_text
  if vim.lsp.codelens.enable or not shown then
    return
  end
  local options = vim.tbl_extend("keep", { severity = { min = vim.diagnostic.severity.WARN } }, type(shown) == "table" and shown or {})
  for _, pull in ipairs({ false, true }) do
    vim.diagnostic.config({ virtual_text = options }, vim.lsp.diagnostic.get_namespace(c.id, pull))
  end
end

--- Called once the server has attached to a buffer.
---@param c vim.lsp.Client
---@param buf integer
function M.attached(c, buf)
  local cfg = config.get()
  if cfg.lenses then
    lenses(c, buf)
    leave_room(c)
  end
  if cfg.hints and c.server_capabilities.inlayHintProvider then
    vim.lsp.inlay_hint.enable(true, { bufnr = buf })
  end
  require("slop.fresh").attached(buf)
  require("slop.follow").attached(c, buf)
  review(buf)
end

return M
