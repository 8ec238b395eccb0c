local fake = require("fake")
local config = require("slop.config")

local T = {}

T["what is wrong is said with what there is"] = function()
  fake.same({
    "lenses is a boolean, not 1",
    'notice is one of float, notify, none, not "loud"',
    'there is no option "comand"; there are autostart, cmd, filetypes, hints, lenses, notice, on_attach, settings',
  }, config.problems({ comand = {}, lenses = 1, notice = "loud" }))
end

T["vim.g.slop counts, and what is wrong in it does not"] = function()
  vim.g.slop = { filetypes = { "zig" }, lenses = "yes" }
  local got = config.get()
  vim.g.slop = nil
  fake.same({ { "zig" }, true }, { got.filetypes, got.lenses })
end

T["the server is wanted in sources and tracks, and in nothing else"] = function()
  local client = require("slop.client")
  for name, want in pairs({
    ["a.go"] = true,
    ["b.track.yaml"] = true,
    ["b.track.json"] = true,
    ["c.yaml"] = false,
    ["d.txt"] = false,
    ["fugitive:///x.go"] = false,
  }) do
    local buf = vim.api.nvim_create_buf(true, false)
    vim.api.nvim_buf_set_name(buf, name:find("://") and name or vim.fs.joinpath(vim.fn.tempname(), name))
    vim.bo[buf].filetype = vim.filetype.match({ buf = buf }) or ""
    fake.same({ name, want }, { name, client.wanted(buf) })
  end
end

T["the client asks for what the plugin serves"] = function()
  local f = fake.open()
  local first = f.said[1].params.capabilities.experimental.slop
  fake.same({ state = true, stream = true, prompts = true, save = true }, first)
  for name in pairs({ ["slop/state"] = 1, ["slop/stream"] = 1, ["slop/save"] = 1, ["window/showMessageRequest"] = 1 }) do
    fake.same("function", type(f.client.handlers[name]))
  end
end

T["files that the server edited are saved when it asks"] = function()
  local f = fake.open()
  vim.api.nvim_buf_set_lines(f.buf, 0, -1, false, { "package b" })
  local answer = f:ask("slop/save", { uris = { vim.uri_from_bufnr(f.buf) } })
  fake.same({ true, vim.NIL }, { answer.done, answer.result })
  fake.same({ "package b" }, vim.fn.readfile(vim.api.nvim_buf_get_name(f.buf)))
  fake.same(false, vim.bo[f.buf].modified)
end

T["a statusline says what runs and what waits"] = function()
  local f = fake.open()
  local slop = require("slop")
  fake.same({ "", 0 }, { slop.statusline(), slop.waiting() })
  f:tell(
    "slop/state",
    fake.state({
      asked = { fake.approval({ id = "A1" }) },
      tracks = {
        {
          id = "t",
          status = "running",
          tickets = {
            fake.ticket({ id = "T1", status = "in_progress", usage = { input = 1, output = 1, cached_input = 0, reasoning = 0, cost = 0.5 } }),
            fake.ticket({ id = "T2" }),
          },
        },
      },
    })
  )
  fake.same({ "slop: 1 running, 1 waiting for you, $0.50+", 1 }, { slop.statusline(), slop.waiting() })
end

return T
