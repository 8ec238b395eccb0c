-- For vim.lsp.enable("slop-ls") of Neovim 0.11 and later. Without it plugin/slop.lua starts the same client by itself.
local client = require("slop.client")

return vim.tbl_extend("force", client.config(), {
  root_dir = function(buf, attach)
    if client.wanted(buf) then
      attach(client.root(vim.api.nvim_buf_get_name(buf)))
    end
  end,
})
