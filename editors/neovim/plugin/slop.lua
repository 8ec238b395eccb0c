if vim.g.loaded_slop then
  return
end
vim.g.loaded_slop = true

vim.api.nvim_create_user_command("Slop", function(cmd)
  require("slop.command").run(cmd.fargs)
end, {
  nargs = "*",
  desc = "tracks, tickets and approvals of slop-ls",
  complete = function(_, line, at)
    return require("slop.command").complete(line:sub(1, at))
  end,
})

for name, link in pairs({
  SlopTodo = "Comment",
  SlopRunning = "DiagnosticInfo",
  SlopDone = "DiagnosticOk",
  SlopBlocked = "DiagnosticError",
  SlopWaiting = "DiagnosticWarn",
  SlopTrack = "Title",
}) do
  vim.api.nvim_set_hl(0, name, { link = link, default = true })
end

-- Track documents are YAML or JSON to everybody else.
vim.api.nvim_create_autocmd("FileType", {
  group = vim.api.nvim_create_augroup("slop", {}),
  desc = "start slop-ls where it is wanted",
  callback = function(event)
    local client = require("slop.client")
    if require("slop.config").get().autostart and client.wanted(event.buf) and not client.enabled() then
      client.start(event.buf)
    end
  end,
})
