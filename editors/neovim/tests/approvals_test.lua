local fake = require("fake")
local approvals = require("slop.approvals")
local state = require("slop.state")

local T = {}

local function asked(...)
  return vim.tbl_map(function(id)
    return { id = id, kind = "step", track = "a", ticket = "T1", title = "runs: ls", since = "2026-01-01T00:00:00Z" }
  end, { ... })
end

local prompt = { type = 2, message = "A1 T1 runs: ls", actions = { { title = "Review…" }, { title = "Approve" }, { title = "Reject" } } }

--- Answers each vim.ui.select of body by the title of an item, or by none.
local function selecting(title, body)
  local select, shown = vim.ui.select, {}
  vim.ui.select = function(items, opts, done)
    shown[#shown + 1] = opts.prompt
    for i, item in ipairs(items) do
      if opts.format_item(item):find(title, 1, true) then
        return done(item, i)
      end
    end
    done(nil)
  end
  local ok, err = pcall(body)
  vim.ui.select = select
  if not ok then
    error(err, 0)
  end
  return shown
end

T["a prompt waits, blocks nothing and is answered with nothing once it is settled"] = function()
  local f = fake.open()
  f:tell("slop/state", fake.state({ asked = asked("A1", "A2") }))
  local first, second = f:ask("window/showMessageRequest", prompt), f:ask("window/showMessageRequest", prompt)
  vim.api.nvim_buf_set_lines(f.buf, 0, -1, false, { "typed meanwhile" })
  fake.same({ false, false }, { first.done, second.done })
  f:tell("slop/state", fake.state({ whole = false, since = 1, seq = 2, settled = { "A1" } }))
  fake.wait("the prompts are let go", function()
    return first.done and second.done
  end)
  fake.same({ vim.NIL, vim.NIL }, { first.result, second.result })
end

T["what is chosen goes to the approval by its id"] = function()
  local f = fake.open()
  f:tell("slop/state", fake.state({ asked = asked("A7") }))
  for title, want in pairs({
    ["Review…"] = { "slop.approval.open", { id = "A7" } },
    ["always for this track"] = { "slop.approval.answer", { id = "A7", decision = "approve", remember = "track" } },
  }) do
    selecting(title, function()
      approvals.pick(f.client)
    end)
    fake.same(want[2], f:ran(want[1]))
  end
end

T["nothing chosen decides nothing"] = function()
  local f = fake.open()
  f:tell("slop/state", fake.state({ asked = asked("A1") }))
  selecting("no such title", function()
    approvals.pick(f.client)
  end)
  fake.same(nil, f:ran("slop.approval.answer"))
end

T["of several the person chooses one first"] = function()
  local f = fake.open()
  f:tell("slop/state", fake.state({ asked = asked("A1", "A2") }))
  local shown = selecting("A2", function()
    approvals.pick(f.client)
  end)
  fake.same({ "2 wait for you", "A2 · T1 runs: ls" }, shown)
end

T["the starts of a track can be approved together, by the last choice"] = function()
  local f = fake.open()
  local function spawn(id, track)
    return fake.approval({ id = id, kind = "spawn", track = track, title = "Start T1 with small" })
  end
  f:tell("slop/state", fake.state({ asked = { spawn("A1", "a"), spawn("A2", "b"), fake.approval({ id = "A3" }), spawn("A4", "a") } }))
  selecting("Approve these starts: A1, A4", function()
    approvals.pick(f.client)
  end)
  fake.same({ ids = { "A1", "A4" }, decision = "approve" }, f:ran("slop.approval.answer"))
end

T["a question is answered in its document"] = function()
  local f = fake.open()
  local question = asked("A1")
  question[1].kind = "question"
  f:tell("slop/state", fake.state({ asked = question }))
  approvals.pick(f.client)
  fake.same({ id = "A1" }, f:ran("slop.approval.open"))
end

T["a reason goes to the worker, and giving up decides nothing"] = function()
  local f = fake.open()
  local input = vim.ui.input
  for _, case in ipairs({ { nil, nil }, { "too broad", { id = "A1", decision = "reject", reason = "too broad" } } }) do
    vim.ui.input = function(_, done)
      done(case[1])
    end
    approvals.reject(f.client, "A1")
    fake.same(case[2], f:ran("slop.approval.answer"))
  end
  vim.ui.input = input
end

T["the notice says what waits now, and goes once they come"] = function()
  local f = fake.open()
  require("slop.config").set({ notice = "float" })
  local uis = vim.api.nvim_list_uis
  vim.api.nvim_list_uis = function()
    return { {} }
  end
  local function noticed()
    for _, win in ipairs(vim.api.nvim_list_wins()) do
      if vim.api.nvim_win_get_config(win).relative ~= "" then
        return vim.trim(vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(win), 0, 1, false)[1])
      end
    end
    return "nothing"
  end
  local function says(text)
    fake.wait(text .. " is noticed", function()
      return noticed() == text
    end)
  end
  f:tell("slop/state", fake.state({ asked = asked("A1", "A2") }))
  says("A1: T1 runs: ls (and 1 more)   :Slop approvals")
  f:tell("slop/state", fake.state({ whole = false, since = 1, seq = 2, settled = { "A1" } }))
  says("A2: T1 runs: ls   :Slop approvals")
  selecting("no such title", function()
    approvals.pick(f.client)
  end)
  says("nothing")
  local long = fake.approval({ id = "A9", title = ("very "):rep(40) })
  f:tell("slop/state", fake.state({ whole = false, since = 2, seq = 3, asked = { long } }))
  fake.wait("a long one is cut, and how to answer is not", function()
    return noticed():find("^A2: T1 runs: ls") and noticed():find("   :Slop approvals$")
  end)
  f:tell("slop/state", fake.state({ whole = false, since = 3, seq = 4, settled = { "A2" } }))
  fake.wait("a long one is cut, and how to answer is not", function()
    return noticed():find("^A9: T1 very very") and noticed():find("…   :Slop approvals$")
  end)
  local buf = require("slop.board").open(f.client)
  f:tell("slop/state", fake.state({ whole = false, since = 4, seq = 5, asked = asked("A3") }))
  fake.wait("the board has it", function()
    return vim.api.nvim_buf_get_lines(buf, 0, -1, false)[2] == "? A3  T1 runs: ls"
  end)
  says("nothing")
  vim.api.nvim_list_uis = uis
end

T["the notice goes when nothing waits"] = function()
  local f = fake.open()
  fake.same("nothing waits for you", approvals.line(f.client.id))
  f:tell("slop/state", fake.state({ asked = asked("A1", "A2", "A3") }))
  fake.same("A1: T1 runs: ls (and 2 more)", approvals.line(f.client.id))
  fake.same(3, #state.of(f.client.id).asked)
end

return T
