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
  f:tell("slop/state", fake.state({ whole = false, since = 1, seq = 2, asked = { { id = "A1" } } }))
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
