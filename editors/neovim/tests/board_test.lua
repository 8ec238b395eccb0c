local fake = require("fake")
local board = require("slop.board")

local T = {}

local function some()
  return fake.state({
    asked = { { id = "A1", kind = "spawn", track = "t", ticket = "T1", title = "Start T1", since = "" } },
    tracks = {
      {
        id = "t",
        status = "running",
        tickets = {
          fake.ticket({ id = "T1", status = "completed", attempt = 1, usage = { input = 1200, output = 300, cached_input = 0, reasoning = 0, cost = 0.02 } }),
          fake.ticket({ id = "T2", title = "Greet", status = "in_progress", phase = "thinking", attempt = 2 }),
          fake.ticket({ id = "T3", waits_for = { "T2" } }),
          fake.ticket({ id = "T4", status = "blocked", reason = "verify:\nexit 1" }),
        },
      },
    },
  })
end

local want = {
  "? A1  Start T1",
  "",
  "t  running  1 of 4",
  "  ✓ T1  1.5k tokens $0.02",
  "  ▶ T2  Greet · thinking · attempt 2",
  "  · T3  waits for T2",
  "  ! T4  verify: exit 1",
  "",
}

T["it shows what waits, then tracks and tickets, and stays true"] = function()
  local f = fake.open()
  f:tell("slop/state", some())
  local buf = board.open(f.client)
  fake.same(want, vim.api.nvim_buf_get_lines(buf, 0, -1, false))
  f:tell(
    "slop/state",
    fake.state({
      whole = false,
      since = 1,
      seq = 2,
      settled = { "A1" },
      tracks = {
        { id = "t", status = "running", tickets = { fake.ticket({ id = "T3", status = "killed" }) } },
      },
    })
  )
  fake.same("  × T3", vim.api.nvim_buf_get_lines(buf, 3, 4, false)[1])
  fake.same(false, vim.bo[buf].modifiable)
end

T["its keys act on the line at the cursor"] = function()
  local f = fake.open()
  f:tell("slop/state", some())
  local buf = board.open(f.client)
  local uri = vim.uri_from_fname(vim.fs.joinpath(f.root, "t.track.yaml"))
  local function press(line, key)
    vim.api.nvim_set_current_win(vim.fn.bufwinid(buf))
    vim.api.nvim_win_set_cursor(0, { line, 0 })
    for _, k in ipairs(board.keys) do
      if k.key == key then
        k.act()
      end
    end
  end
  press(5, "K")
  fake.same({ uri = uri, id = "T2" }, f:ran("slop.ticket.kill"))
  press(3, "r")
  fake.same({ uri = uri }, f:ran("slop.track.run"))
  press(3, "K") -- of a track there is no such thing
  press(2, "r")
  local input = vim.ui.input
  vim.ui.input = function(_, done)
    done("smaller steps")
  end
  press(7, "R")
  vim.ui.input = input
  fake.same({ uri = uri, id = "T4", reason = "smaller steps" }, f:ran("slop.ticket.retry"))
  local count = 0
  for _, said in ipairs(f.said) do
    count = count + (said.method == "workspace/executeCommand" and 1 or 0)
  end
  fake.same(3, count)
end

T["a ticket is opened beside the board"] = function()
  local f = fake.open({ name = "t.track.yaml", text = { "tickets:", "  - id: T1", "  - id: T2" } })
  f:tell("slop/state", some())
  local file = vim.api.nvim_get_current_win()
  vim.cmd.edit("other.txt")
  local buf = board.open(f.client)
  vim.api.nvim_win_set_cursor(0, { 5, 0 })
  board.keys[1].act()
  fake.same({ file, f.buf, 3 }, { vim.api.nvim_get_current_win(), vim.api.nvim_win_get_buf(file), vim.api.nvim_win_get_cursor(0)[1] })
  fake.same(true, vim.fn.bufwinid(buf) ~= -1)
end

T["the keys are shown until a key is pressed"] = function()
  local f = fake.open()
  board.open(f.client)
  local windows = #vim.api.nvim_list_wins()
  vim.cmd.normal("g?")
  local lines = vim.api.nvim_buf_get_lines(0, 0, -1, false)
  fake.same({ windows + 1, #board.keys }, { #vim.api.nvim_list_wins(), #lines })
  vim.cmd.normal("q")
  fake.same(windows, #vim.api.nvim_list_wins())
end

T["each key is bound, once, and says what it does"] = function()
  local f = fake.open()
  local buf = board.open(f.client)
  local bound, seen = {}, {}
  for _, map in ipairs(vim.api.nvim_buf_get_keymap(buf, "n")) do
    bound[map.lhs] = map.desc
  end
  for _, k in ipairs(board.keys) do
    fake.same("slop: " .. k.what, bound[k.key])
    fake.same(nil, seen[k.key])
    seen[k.key] = true
  end
end

T["two boards of one workspace are one"] = function()
  local f = fake.open()
  local first = board.open(f.client)
  local windows = #vim.api.nvim_list_wins()
  fake.same({ first, windows }, { board.open(f.client), #vim.api.nvim_list_wins() })
end

T["a stream is followed to its end"] = function()
  local f = fake.open()
  local buf = require("slop.watch").open(f.client, "t", "T1")
  fake.same({ "Nothing has been said yet." }, vim.api.nvim_buf_get_lines(buf, 0, -1, false))
  f:tell("slop/stream", { track = "t", ticket = "T1", attempt = 1, from = 0, to = 7, text = "one\ntwo", done = false })
  fake.same({ "one", "two" }, vim.api.nvim_buf_get_lines(buf, 0, -1, false))
  fake.same(2, vim.api.nvim_win_get_cursor(vim.fn.bufwinid(buf))[1])
end

T["a stream that is shown already is gone to"] = function()
  local f = fake.open()
  local watch = require("slop.watch")
  local first = watch.open(f.client, "t", "T1")
  local windows = #vim.api.nvim_list_wins()
  vim.cmd.wincmd("p")
  fake.same({ first, windows, first }, { watch.open(f.client, "t", "T1"), #vim.api.nvim_list_wins(), vim.api.nvim_get_current_buf() })
end

T["how the board's window looks is the board's alone"] = function()
  local f = fake.open()
  vim.o.wrap, vim.o.number, vim.o.cursorline = true, true, false
  board.open(f.client)
  fake.same({ false, false, true }, { vim.wo.wrap, vim.wo.number, vim.wo.cursorline })
  vim.cmd.new()
  fake.same({ true, true, false, "" }, { vim.wo.wrap, vim.wo.number, vim.wo.cursorline, vim.wo.winbar })
end

return T
