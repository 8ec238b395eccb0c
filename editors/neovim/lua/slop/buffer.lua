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

--- Answers the approval that a Review… document is about, as it is edited there.
---@param buf integer
---@param decision "approve"|"reject"
---@return boolean whether it is such a document
function M.answer_review(buf, decision)
  local id = M.review_of(buf)
  local c = id and client.of(buf)
  if not c then
    return false
  end
  require("slop.approvals").answer(c, id, decision, { uri = vim.uri_from_bufnr(buf) })
  return true
end

---@param buf integer
local function review(buf)
  if not M.review_of(buf) then
    return
  end
  for lhs, decision in pairs({ ["<Plug>(slop-approve)"] = "approve", ["<Plug>(slop-reject)"] = "reject" }) do
    vim.keymap.set("n", lhs, function()
      M.answer_review(buf, decision)
    end, { buffer = buf, desc = "slop: " .. decision .. " as edited" })
  end
  vim.api.nvim_buf_call(buf, function()
    vim.opt_local.winbar = " edit it here, then :Slop approve or :Slop reject "
  end)
end

--- Called once the server has attached to a buffer.
---@param c vim.lsp.Client
---@param buf integer
function M.attached(c, buf)
  local cfg = config.get()
  if cfg.lenses then
    lenses(c, buf)
  end
  if cfg.hints and c.server_capabilities.inlayHintProvider then
    vim.lsp.inlay_hint.enable(true, { bufnr = buf })
  end
  review(buf)
end

return M
