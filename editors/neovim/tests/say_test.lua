local fake = require("fake")
local say = require("slop.say")

local T = {}

T["a message never needs more than its line"] = function()
  local wide = ("wörter 字"):rep(40)
  for room = 0, 120 do
    local line = say.fit(wide, room)
    fake.same(true, vim.fn.strdisplaywidth(line) <= math.max(room, vim.fn.strdisplaywidth("… (:Slop messages)")))
  end
  fake.same("a b c", say.fit("a\nb\t c \n", 5))
  fake.same("… (:Slop messages)", say.fit("abcdefghijklmnopqrstuvwxyz", 20):sub(-#"… (:Slop messages)"))
end

T["a plugin's vim.notify gets the whole text"] = function()
  local notify, got = vim.notify, nil
  vim.notify = function(text, level, opts)
    got = { text, level, opts.title }
  end
  say.say(("long "):rep(100), vim.log.levels.WARN)
  vim.notify = notify
  fake.same({ ("long "):rep(100), vim.log.levels.WARN, "slop" }, got)
end

T["Neovim's own vim.notify gets nothing, since it may ask for a key"] = function()
  local echo, got = vim.api.nvim_echo, {}
  vim.api.nvim_echo = function(chunks)
    got[#got + 1] = chunks[1][1]
  end
  say.say("first")
  say.say(("long "):rep(100))
  local ok = pcall(fake.wait, "it is said", function()
    return #got > 0
  end)
  vim.api.nvim_echo = echo
  fake.same({ true, 1 }, { ok, #got })
  fake.same(true, vim.startswith(got[1], "slop: long") and vim.fn.strdisplaywidth(got[1]) <= vim.v.echospace)
end

T["what was cut can be read in full"] = function()
  local long = ("long "):rep(100) .. "end"
  say.say(long)
  say.open()
  fake.same(true, table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), "\n"):find(long, 1, true) ~= nil)
  vim.cmd.bwipeout()
end

T["what the server says unasked is shown so"] = function()
  local f = fake.open()
  f:tell("window/showMessage", { type = 3, message = "a word to the wise" })
  say.open()
  fake.same(true, table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), "\n"):find("a word to the wise", 1, true) ~= nil)
  vim.cmd.bwipeout()
end

return T
