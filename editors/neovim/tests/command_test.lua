local fake = require("fake")
local command = require("slop.command")

local T = {}

local function known(f)
  f:tell(
    "slop/state",
    fake.state({
      tracks = {
        { id = ".slop/tracks/one", status = "idle", tickets = { fake.ticket({ id = "T1" }), fake.ticket({ id = "T2" }) } },
        { id = ".slop/tracks/two", status = "idle", tickets = { fake.ticket({ id = "U1" }) } },
      },
    })
  )
end

local function uri(f, name)
  return vim.uri_from_fname(vim.fs.joinpath(f.root, ".slop/tracks/" .. name .. ".track.yaml"))
end

T["every command that the server has can be reached"] = function()
  local reached = {}
  for _, file in ipairs(vim.api.nvim_get_runtime_file("lua/slop/*.lua", true)) do
    if not file:find("wire.lua", 1, true) then
      for name in table.concat(vim.fn.readfile(file), "\n"):gmatch("%.([%a_]+)") do
        reached[name] = true
      end
    end
  end
  local missing = {}
  for name in pairs(require("slop.wire").commands) do
    missing[#missing + 1] = not reached[name] and name or nil
  end
  table.sort(missing)
  fake.same({}, missing)
end

T["a track is named by its id, by its end, or by the buffer"] = function()
  local f = fake.open()
  known(f)
  for _, typed in ipairs({ ".slop/tracks/two", "two" }) do
    command.run({ "run", typed })
    fake.same({ uri = uri(f, "two") }, f:ran("slop.track.run"))
  end
end

T["a ticket is found in its track, with what is said to its worker"] = function()
  local f = fake.open()
  known(f)
  command.run({ "retry", "U1", "use", "a", "table" })
  fake.same({ uri = uri(f, "two"), id = "U1", reason = "use a table" }, f:ran("slop.ticket.retry"))
end

T["in a track's document the ticket at the cursor is meant"] = function()
  local f = fake.open({ name = ".slop/tracks/one.track.yaml", text = { "tickets:", "  - id: T1", "    description: a", "  - id: T2", "    description: b" } })
  known(f)
  vim.api.nvim_win_set_cursor(0, { 5, 4 })
  command.run({ "ticket" })
  fake.same({ uri = uri(f, "one"), id = "T2" }, f:ran("slop.ticket.run"))
  command.run({ "plan" })
  fake.same({ uri = uri(f, "one") }, f:ran("slop.track.plan"))
end

T["here runs a ticket on the symbol at the cursor"] = function()
  local f = fake.open({ text = { "package a", "", "func F() {}" } })
  vim.api.nvim_win_set_cursor(0, { 3, 5 })
  command.run({ "here", "make", "it", "quick" })
  local ran = f:ran("slop.ticket.runOnSymbol")
  fake.same({ { line = 2, character = 5 }, "make it quick" }, { ran.position, ran.instruction })
end

T["a Review… document is approved as it is edited"] = function()
  local f = fake.open({ name = "A4.md", text = { "<!-- slop:review A4 abc -->" } })
  command.run({ "approve" })
  fake.same({ id = "A4", decision = "approve", uri = vim.uri_from_bufnr(f.buf) }, f:ran("slop.approval.answer"))
end

T["an answered review gives way to what its window showed before"] = function()
  local f = fake.open()
  local review = vim.fs.joinpath(f.root, "A4.md")
  vim.fn.writefile({ "<!-- slop:review A4 abc -->", "what is asked" }, review)
  vim.cmd.edit(vim.fn.fnameescape(review))
  local buf = vim.api.nvim_get_current_buf()
  vim.lsp.buf_attach_client(buf, f.client.id)
  vim.api.nvim_buf_set_lines(buf, 1, 2, false, { "what is wanted" })
  f:tell("slop/state", fake.state({ asked = { fake.approval({ id = "A4" }) } }))
  fake.same(true, vim.wo.winbar:find("edit it here", 1, true) ~= nil)
  command.run({ "approve" })
  fake.wait("the file is shown again", function()
    return vim.api.nvim_get_current_buf() == f.buf
  end)
  fake.same(false, vim.api.nvim_buf_is_loaded(buf))
  fake.same("", vim.wo.winbar)
end

T["an answered review goes, and what was opened meanwhile stays"] = function()
  local f = fake.open({ name = "A4.md", text = { "<!-- slop:review A4 abc -->", "" } })
  command.run({ "approve" })
  vim.cmd.edit(vim.fn.fnameescape(f.root .. "/other.txt"))
  local other = vim.api.nvim_get_current_buf()
  fake.wait("the review is gone", function()
    return not vim.api.nvim_buf_is_loaded(f.buf)
  end)
  fake.same(other, vim.api.nvim_get_current_buf())
end

T["a review that somebody else has answered says so, and keeps what was typed"] = function()
  local f = fake.open({ name = "A4.md", text = { "<!-- slop:review A4 abc -->", "" } })
  vim.api.nvim_buf_set_lines(f.buf, 1, 2, false, { "mine" })
  f:tell("slop/state", fake.state({ asked = { fake.approval({ id = "A4" }) } }))
  f:tell("slop/state", fake.state({ whole = false, since = 1, seq = 2, settled = { "A4" } }))
  fake.same(" A4 was decided: what stands here counts no more ", vim.wo.winbar)
  fake.same({ "mine", true }, { vim.api.nvim_buf_get_lines(f.buf, 1, 2, false)[1], vim.bo[f.buf].modified })
end

T["a restart waits for the end of the client, and attaches its buffers to another"] = function()
  local f = fake.open()
  vim.bo[f.buf].filetype = "go"
  local client = require("slop.client")
  local start, started = client.start, {}
  client.start = function(buf)
    fake.same(true, f.client.rpc.is_closing())
    started[#started + 1] = buf
  end
  command.run({ "restart" })
  local ok = vim.wait(5000, function()
    return #started > 0
  end, 5)
  client.start = start
  fake.same({ true, { f.buf } }, { ok, started })
end

T["the help names every subcommand"] = function()
  local doc = table.concat(vim.fn.readfile(vim.api.nvim_get_runtime_file("doc/slop.txt", false)[1]), "\n")
  local missing = vim.tbl_filter(function(name)
    return not doc:find("\n:Slop " .. name .. "[ \n]")
  end, command.names())
  fake.same({}, missing)
end

T["what is unknown, or has no server, is said"] = function()
  local notify, said = vim.notify, {}
  vim.notify = function(m)
    said[#said + 1] = m
  end
  command.run({ "rum" })
  command.run({ "board" })
  vim.notify = notify
  fake.same({
    "slop: there is no :Slop rum; :Slop help lists what there is",
    "slop: no server is attached here. :Slop start starts it.",
  }, said)
end

T["completion knows subcommands, tracks, tickets and approvals"] = function()
  local f = fake.open()
  known(f)
  f:tell("slop/state", fake.state({ whole = false, since = 1, seq = 2, asked = { fake.approval({ id = "A1" }) } }))
  fake.same({ "reject", "restart", "resume", "retry", "rules", "run" }, command.complete("Slop r"))
  fake.same({ ".slop/tracks/one", ".slop/tracks/two" }, command.complete("Slop run "))
  fake.same({ "T1", "T2" }, command.complete("Slop kill T"))
  fake.same({ "A1" }, command.complete("Slop approve "))
  fake.same({}, command.complete("Slop board x"))
end

T["an error of the server is shown"] = function()
  local f = fake.open({
    answers = {
      ["workspace/executeCommand"] = function()
        return nil, { code = -32803, message = "T1 runs already" }
      end,
    },
  })
  known(f)
  local notify, said = vim.notify, {}
  vim.notify = function(m)
    said[#said + 1] = m
  end
  command.run({ "ticket", "T1" })
  fake.wait("the error is shown", function()
    return said[1]
  end)
  vim.notify = notify
  fake.same("slop: T1 runs already", said[1])
end

return T
