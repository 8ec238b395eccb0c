--- What the client does with what the server sends it beyond what Neovim does by itself. These are handlers of this client
--- alone: other servers' prompts and messages are left as they are.

local wire = require("slop.wire")

---@type table<string, lsp.Handler>
local M = {}

--- Approvals. Neovim runs a handler in a coroutine and answers when it returns: this one returns when the approval is
--- settled, wherever that was done. Nothing is shown that takes a key, and nothing blocks.
M["window/showMessageRequest"] = function(_, params, ctx)
  return require("slop.approvals").prompted(ctx.client_id, params)
end

--- What the server says unasked must not cost the person a key.
M["window/showMessage"] = function(_, params)
  local levels = { vim.log.levels.ERROR, vim.log.levels.WARN }
  require("slop.say").say(params.message, levels[params.type])
end

M["workspace/inlayHint/refresh"] = function(...)
  return require("slop.fresh").hints(...)
end

M["textDocument/inlayHint"] = function(...)
  return require("slop.fresh").hinted(...)
end

M["workspace/codeLens/refresh"] = function(...)
  return require("slop.fresh").lenses(...)
end

M[wire.methods.state] = function(_, params, ctx)
  local state = require("slop.state")
  if params.whole then
    require("slop.problems").again(ctx.client_id) -- it may be another daemon's, which has heard nothing
  end
  if not state.apply(ctx.client_id, params) then
    require("slop.say").say("what the server said does not follow what is known; :Slop restart shows everything again", vim.log.levels.WARN)
    return
  end
  require("slop.approvals").changed(ctx.client_id, params)
end

M[wire.methods.stream] = function(_, params, ctx)
  require("slop.state").stream(ctx.client_id, params)
end

--- The server asks for files to be saved that were saved before its edit. What cannot be saved stays as it is, and is said.
M[wire.methods.save] = function(_, params)
  for _, uri in ipairs(params.uris or {}) do
    local buf = vim.uri_to_bufnr(uri)
    if vim.api.nvim_buf_is_loaded(buf) and vim.bo[buf].modified then
      local ok, err = pcall(vim.api.nvim_buf_call, buf, function()
        vim.cmd("silent update")
      end)
      if not ok then
        local name = vim.fn.fnamemodify(vim.uri_to_fname(uri), ":~:.")
        require("slop.say").say(("%s was edited and could not be saved: %s"):format(name, err), vim.log.levels.WARN)
      end
    end
  end
  return vim.NIL
end

--- A document of the server is shown, and attached to the client that showed it: it may lie outside of the workspace.
M["window/showDocument"] = function(err, params, ctx, cfg)
  local result = vim.lsp.handlers["window/showDocument"](err, params, ctx, cfg)
  local buf = vim.uri_to_bufnr(params.uri)
  if not params.external and vim.api.nvim_buf_is_loaded(buf) then
    vim.lsp.buf_attach_client(buf, ctx.client_id)
  end
  return result
end

return M
