--- The board: a buffer with the tracks and tickets of a workspace, live, with their actions in place.

local client = require("slop.client")
local state = require("slop.state")
local view = require("slop.view")

local M = {}

local ns = vim.api.nvim_create_namespace("slop_board")

--- How a status looks, by its name.
---@type table<string, { sign: string, group: string }>
local looks = {
  todo = { sign = "·", group = "SlopTodo" },
  in_progress = { sign = "▶", group = "SlopRunning" },
  completed = { sign = "✓", group = "SlopDone" },
  blocked = { sign = "!", group = "SlopBlocked" },
  killed = { sign = "×", group = "SlopBlocked" },
}

---@class slop.Place what a line of the board is about
---@field track? string
---@field ticket? string
---@field approval? string

---@class slop.Board
---@field buf integer
---@field client_id integer
---@field places slop.Place[] by line
---@field stop fun()

---@type table<integer, slop.Board> by buffer
local boards = {}

---@param usage slop.Usage
---@return string
local function spent(usage)
  local tokens = usage.input + usage.output
  if tokens == 0 then
    return ""
  end
  local size = tokens < 1000 and tostring(tokens) or ("%.1fk"):format(tokens / 1000)
  return size .. " tokens" .. (type(usage.cost) == "number" and (" $%.2f"):format(usage.cost) or "")
end

--- What is said of a ticket beside its id.
---@param ticket slop.Ticket
---@return string
function M.detail(ticket)
  local parts = { ticket.title or "" }
  if ticket.phase ~= "" then
    parts[#parts + 1] = ticket.phase
  end
  if ticket.attempt > 1 then
    parts[#parts + 1] = "attempt " .. ticket.attempt
  end
  if #(ticket.waits_for or {}) > 0 and ticket.status == "todo" then
    parts[#parts + 1] = "waits for " .. table.concat(ticket.waits_for, ", ")
  end
  if (ticket.reason or "") ~= "" then
    parts[#parts + 1] = (ticket.reason:gsub("%s+", " "))
  end
  if ticket.stale then
    parts[#parts + 1] = "stale"
  end
  if ticket.orphaned then
    parts[#parts + 1] = "not in the track any more"
  end
  parts[#parts + 1] = spent(ticket.usage)
  return table.concat(
    vim.tbl_filter(function(p)
      return p ~= ""
    end, parts),
    " · "
  )
end

--- The lines of a board, and what each is about.
---@param known slop.Known
---@return string[] lines
---@return slop.Place[] places
---@return { line: integer, from: integer, to: integer, group: string }[] marks, columns in bytes from 0
function M.render(known)
  local lines, places, marks = {}, {}, {}
  local function add(line, place, group, from, to)
    lines[#lines + 1], places[#places + 1] = line, place
    if group then
      marks[#marks + 1] = { line = #lines - 1, from = from or 0, to = to or #line, group = group }
    end
  end
  for _, approval in ipairs(known.asked) do
    local line = ("? %s  %s"):format(approval.id, require("slop.approvals").title(approval))
    add(line, { approval = approval.id }, "SlopWaiting")
  end
  if #known.asked > 0 then
    add("", {})
  end
  for _, id in ipairs(known.order) do
    local track = known.tracks[id]
    local done = 0
    for _, ticket in pairs(track.tickets) do
      done = done + (ticket.status == "completed" and 1 or 0)
    end
    local head = ("%s  %s  %d of %d"):format(id, track.status, done, #track.order)
    add(head .. (track.reason and track.reason ~= "" and "  " .. track.reason:gsub("%s+", " ") or ""), { track = id }, "SlopTrack", 0, #id)
    for _, ticket_id in ipairs(track.order) do
      local ticket = track.tickets[ticket_id]
      if ticket then
        local look = looks[ticket.status] or looks.todo
        local line = ("  %s %s  %s"):format(look.sign, ticket_id, M.detail(ticket))
        add(line:gsub("%s+$", ""), { track = id, ticket = ticket_id }, look.group, 2, 2 + #look.sign + 1 + #ticket_id)
      end
    end
    add("", {})
  end
  if #lines == 0 then
    add("No track has state yet. A track is a file under .slop/tracks; :Slop new makes a ticket for the symbol at the cursor.", {})
  end
  return lines, places, marks
end

---@param board slop.Board
local function draw(board)
  local lines, places, marks = M.render(state.of(board.client_id))
  board.places = places
  vim.bo[board.buf].modifiable = true
  vim.api.nvim_buf_set_lines(board.buf, 0, -1, false, lines)
  vim.bo[board.buf].modifiable = false
  vim.bo[board.buf].modified = false
  vim.api.nvim_buf_clear_namespace(board.buf, ns, 0, -1)
  for _, mark in ipairs(marks) do
    vim.api.nvim_buf_set_extmark(board.buf, ns, mark.line, mark.from, { end_col = mark.to, hl_group = mark.group })
  end
end

--- What the line at the cursor is about, and the client of its board.
---@return vim.lsp.Client?
---@return slop.Place
local function here()
  local board = boards[vim.api.nvim_get_current_buf()]
  if not board then
    return nil, {}
  end
  return vim.lsp.get_client_by_id(board.client_id), board.places[vim.api.nvim_win_get_cursor(0)[1]] or {}
end

--- Runs a command of the server on the ticket, or else the track, at the cursor.
---@param of_ticket? string
---@param of_track? string
---@param reason? string asked for with this prompt
local function on(of_ticket, of_track, reason)
  return function()
    local c, place = here()
    local command = place.ticket and of_ticket or (not place.ticket and of_track)
    if not c or not place.track or not command then
      return
    end
    local args = { uri = client.track_uri(c, place.track), id = place.ticket }
    if not (reason and place.ticket) then
      return client.command(c, command, args)
    end
    vim.ui.input({ prompt = reason }, function(text)
      if text then
        args.reason = text ~= "" and text or nil
        client.command(c, command, args)
      end
    end)
  end
end

--- Goes to the window beside the board that was in use last, and makes one where there is none for files.
local function beside()
  local function fits(win)
    return win ~= 0 and vim.bo[vim.api.nvim_win_get_buf(win)].buftype == "" and vim.api.nvim_win_get_config(win).relative == ""
  end
  local wins = vim.list_extend({ vim.fn.win_getid(vim.fn.winnr("#")) }, vim.api.nvim_tabpage_list_wins(0))
  for _, win in ipairs(wins) do
    if fits(win) then
      return vim.api.nvim_set_current_win(win)
    end
  end
  vim.cmd("aboveleft new")
end

local function open()
  local c, place = here()
  if not c then
    return
  end
  if place.approval then
    return require("slop.approvals").pick(c, place.approval)
  end
  if place.track then
    local path = vim.uri_to_fname(client.track_uri(c, place.track))
    beside()
    vim.cmd.edit(vim.fn.fnameescape(path))
    if place.ticket then
      vim.fn.search([[\<id:\s*["']\?]] .. vim.fn.escape(place.ticket, [[\]]) .. [[\>]], "cw")
    end
  end
end

local function watch()
  local c, place = here()
  if c and place.ticket then
    require("slop.watch").open(c, place.track, place.ticket)
  end
end

local names = client.commands

--- The keys of the board: what they do and how that is called.
---@type { key: string, act: fun(), what: string }[]
M.keys = {
  { key = "<CR>", act = open, what = "answer the approval, or go to the ticket" },
  { key = "r", act = on(names.ticket_run, names.track_run), what = "run the ticket or the track" },
  { key = "R", act = on(names.ticket_retry, nil, "Instruction for the next attempt (may be empty): "), what = "retry" },
  { key = "K", act = on(names.ticket_kill), what = "kill" },
  { key = "b", act = on(names.ticket_block, nil, "Why is it blocked? "), what = "block" },
  { key = "u", act = on(names.ticket_unblock, nil, "Instruction for the next attempt (may be empty): "), what = "unblock" },
  { key = "s", act = on(names.ticket_skip), what = "skip" },
  { key = "p", act = on(nil, names.track_pause), what = "pause the track" },
  { key = "P", act = on(nil, names.track_resume), what = "resume the track" },
  { key = "X", act = on(nil, names.track_stop), what = "stop the track" },
  { key = "w", act = watch, what = "watch what the model says" },
  { key = "t", act = on(names.transcript_open), what = "open the transcript" },
  { key = "d", act = on(names.diff_open, names.diff_open), what = "open the diff" },
  { key = "i", act = on(nil, names.track_plan), what = "open the plan" },
}
if names.ticket_undo then
  table.insert(M.keys, { key = "U", act = on(names.ticket_undo), what = "undo what the ticket did" })
end

local function help()
  local lines = vim.tbl_map(function(k)
    return (" %-5s %s "):format(k.key, k.what)
  end, M.keys)
  view.float("The board's keys", lines)
end

--- Says whether a board is on the screen.
---@return boolean
function M.shown()
  for buf in pairs(boards) do
    if vim.fn.bufwinid(buf) ~= -1 then
      return true
    end
  end
  return false
end

--- Opens the board of a client, in the window that shows it already, else in a new one.
---@param c vim.lsp.Client
---@return integer buf
function M.open(c)
  local name = "slop://board/" .. (c.config.root_dir or tostring(c.id))
  local buf = vim.fn.bufadd(name)
  local win = vim.fn.bufwinid(buf)
  if win ~= -1 then
    vim.api.nvim_set_current_win(win)
  else
    vim.cmd("botright split")
    vim.api.nvim_win_set_buf(0, buf)
  end
  if boards[buf] then
    boards[buf].stop()
  end
  vim.bo[buf].buftype, vim.bo[buf].swapfile, vim.bo[buf].filetype = "nofile", false, "slop"
  vim.bo[buf].bufhidden = "wipe"
  local board = { buf = buf, client_id = c.id, places = {} }
  board.stop = state.listen(function(id)
    if id == board.client_id and vim.api.nvim_buf_is_valid(buf) then
      draw(board)
    end
  end)
  boards[buf] = board
  vim.api.nvim_create_autocmd("BufWipeout", {
    buffer = buf,
    once = true,
    callback = function()
      board.stop()
      boards[buf] = nil
    end,
  })
  for _, k in ipairs(M.keys) do
    vim.keymap.set("n", k.key, k.act, { buffer = buf, nowait = true, desc = "slop: " .. k.what })
  end
  vim.keymap.set("n", "q", "<Cmd>close<CR>", { buffer = buf, nowait = true, desc = "slop: close the board" })
  vim.keymap.set("n", "g?", help, { buffer = buf, desc = "slop: the keys of the board" })
  view.look({
    wrap = false,
    number = false,
    relativenumber = false,
    cursorline = true,
    winbar = " slop   <CR> open   r run   R retry   K kill   w watch   d diff   g? all keys   q close ",
  })
  draw(board)
  require("slop.approvals").close_notice()
  return buf
end

return M
