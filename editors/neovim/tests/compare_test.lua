local fake = require("fake")
local compare = require("slop.compare")
local rules = require("slop.rules")

local T = {}

T["both sides of a changed file stand in diff mode, and a new file has an empty one"] = function()
  local f = fake.open({
    answers = {
      ["workspace/executeCommand"] = {
        { path = "a.go", op = "modify", before = "slop-ls:a?1", after = "slop-ls:a?2" },
        { path = "b.go", op = "create", before = "", after = "slop-ls:b?2" },
      },
      ["workspace/textDocumentContent"] = function(p)
        return { text = "text of " .. p.uri .. "\n" }
      end,
    },
  })
  local listed = #vim.fn.getbufinfo({ buflisted = 1 })
  compare.open(f.client, { uri = "file:///t", id = "T1" })
  fake.wait("the tabs are open and filled", function()
    return #vim.api.nvim_list_tabpages() == 3 and vim.api.nvim_buf_get_lines(0, 0, -1, false)[1] == "text of slop-ls:b?2"
  end)
  local shown = {}
  for i, tab in ipairs(vim.api.nvim_list_tabpages()) do
    for _, win in ipairs(i > 1 and vim.api.nvim_tabpage_list_wins(tab) or {}) do
      fake.same(true, vim.wo[win].diff)
      shown[#shown + 1] = table.concat(vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(win), 0, -1, false), "\n")
    end
  end
  fake.same({ "text of slop-ls:a?1", "text of slop-ls:a?2", "", "text of slop-ls:b?2" }, shown)
  fake.same(listed, #vim.fn.getbufinfo({ buflisted = 1 }))
  vim.cmd("tabonly")
end

T["an answer for good is forgotten only after a second question"] = function()
  local f = fake.open({
    answers = {
      ["workspace/executeCommand"] = function(p)
        return p.command == "slop.approval.rules" and { { id = "A3", scope = "track", covers = "run_command ls" } } or vim.NIL
      end,
    },
  })
  local select = vim.ui.select
  for _, case in ipairs({ { "Keep", nil }, { "Forget", { id = "A3" } } }) do
    local asked = 0
    vim.ui.select = function(items, _, done)
      asked = asked + 1
      done(asked == 1 and items[1] or case[1])
    end
    rules.open(f.client)
    fake.wait("both questions", function()
      return asked == 2
    end)
    fake.same(case[2], f:ran("slop.approval.forget"))
  end
  vim.ui.select = select
end

T["a vim.ui.select that answers later, or never, blocks nothing and decides nothing by itself"] = function()
  local f = fake.open()
  local asked = { { id = "A1", kind = "step", track = "a", ticket = "T1", title = "runs: ls", since = "2026-01-01T00:00:00Z" } }
  f:tell("slop/state", fake.state({ asked = asked }))
  local select, later = vim.ui.select, nil
  vim.ui.select = function(items, _, done)
    later = function()
      done(items[2])
    end
  end
  require("slop.approvals").pick(f.client)
  vim.api.nvim_buf_set_lines(f.buf, 0, -1, false, { "typed while the menu is open" })
  fake.same(nil, f:ran("slop.approval.answer"))
  require("slop.approvals").pick(f.client) -- the first menu was dropped: it can be opened again
  later()
  vim.ui.select = select
  fake.same({ id = "A1", decision = "approve" }, f:ran("slop.approval.answer"))
end

return T
