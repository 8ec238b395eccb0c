local fake = require("fake")

local T = {}

--- Opens a document of the server, as another program would write it, in the client's last window.
local function document(f, path)
  vim.fn.mkdir(vim.fs.dirname(path), "p")
  vim.fn.writefile({ "one" }, path)
  vim.cmd.edit(vim.fn.fnameescape(path))
  local buf = vim.api.nvim_get_current_buf()
  vim.lsp.buf_attach_client(buf, f.client.id)
  return buf
end

--- Replaces a file as another program would, a second later: Neovim tells a file by its time, and the clock of files ticks slowly.
local function replace(path, text)
  vim.fn.writefile({ text, "and a line" }, path .. ".new")
  local later = vim.uv.fs_stat(path).mtime.sec + 1
  assert(vim.uv.fs_utime(path .. ".new", later, later))
  assert(vim.uv.fs_rename(path .. ".new", path))
end

local function open()
  local state = vim.fn.tempname()
  local f = fake.open({
    capabilities = {
      experimental = { slop = { version = require("slop.wire").version, reviews = vim.uri_from_fname(state .. "/review") } },
    },
  })
  return f, state
end

local function first(buf)
  return vim.api.nvim_buf_get_lines(buf, 0, 1, false)[1]
end

T["an open document of the server follows its file, and one that is edited stays"] = function()
  local f, state = open()
  local inbox, transcript = state .. "/review/approvals.md", state .. "/documents/T1.md"
  local edited, read = document(f, inbox), document(f, transcript)
  vim.api.nvim_buf_set_lines(edited, 0, 1, false, { "mine" })
  replace(inbox, "theirs")
  replace(transcript, "two")
  fake.wait("the transcript follows", function()
    return first(read) == "two"
  end)
  fake.same({ "mine", true }, { first(edited), vim.bo[edited].modified })
end

T["files of the workspace are left to the person"] = function()
  local f, state = open()
  local own = f.root .. "/notes/own.md"
  local buf, read = document(f, own), document(f, state .. "/documents/T1.md")
  vim.bo[buf].autoread = false
  replace(own, "two")
  replace(state .. "/documents/T1.md", "two")
  fake.wait("the document follows", function()
    return first(read) == "two"
  end)
  fake.same("one", first(buf))
end

return T
