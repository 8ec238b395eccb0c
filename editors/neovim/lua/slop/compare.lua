--- What a ticket changed, or what an undo of it would change, in Neovim's own diff mode: a tab for each file.

local client = require("slop.client")

local M = {}

--- How many files are opened at once.
M.most = 20

--- Fills a buffer with the text that the server has under a URI.
---@param c vim.lsp.Client
---@param buf integer
---@param uri string
local function fill(c, buf, uri)
  client.request(c, "workspace/textDocumentContent", { uri = uri }, function(content)
    if vim.api.nvim_buf_is_valid(buf) then
      vim.bo[buf].modifiable = true
      vim.api.nvim_buf_set_lines(buf, 0, -1, false, vim.split((content.text:gsub("\n$", "")), "\n", { plain = true }))
      vim.bo[buf].modifiable, vim.bo[buf].modified = false, false
      vim.cmd.diffupdate()
    end
  end)
end

--- Shows one side of a file in the current window: the workspace's own file, the server's text, or nothing at all.
---@param c vim.lsp.Client
---@param uri string
---@param path string
---@param what string
local function side(c, uri, path, what)
  if uri:find("^file:") then
    vim.cmd.edit(vim.fn.fnameescape(vim.uri_to_fname(uri)))
  else
    local buf = vim.api.nvim_create_buf(false, true)
    vim.api.nvim_win_set_buf(0, buf)
    vim.bo[buf].bufhidden = "wipe"
    vim.api.nvim_buf_set_name(buf, ("slop://%s/%d/%s"):format(what, buf, path))
    vim.bo[buf].filetype = vim.filetype.match({ filename = path }) or ""
    if uri == "" then
      vim.bo[buf].modifiable = false
    else
      fill(c, buf, uri)
    end
    vim.keymap.set("n", "q", "<Cmd>tabclose<CR>", { buffer = buf, nowait = true, desc = "slop: close the diff" })
  end
  require("slop.view").look({ winbar = (" %s · %s "):format(path:gsub("%%", "%%%%"), what) })
  vim.cmd.diffthis()
end

--- Opens the files of a diff.
---@param c vim.lsp.Client
---@param args slop.DiffFilesArgs
function M.open(c, args)
  client.command(c, client.commands.diff_files, args, function(files)
    if type(files) ~= "table" or #files == 0 then
      require("slop.say").say("it changes no file")
      return
    end
    for i = 1, math.min(#files, M.most) do
      local file = files[i]
      vim.cmd("tab split") -- and not a new tab, which would come with an empty buffer
      side(c, file.before, file.from or file.path, "before")
      vim.cmd("rightbelow vsplit")
      side(c, file.after, file.path, "after")
    end
    if #files > M.most then
      require("slop.say").say(("the first %d of %d files; :Slop diff has them all"):format(M.most, #files))
    end
  end)
end

return M
