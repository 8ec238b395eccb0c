local fake = require("fake")
local problems = require("slop.problems")
local wire = require("slop.wire")

local T = {}

local ns = vim.api.nvim_create_namespace("another server")

problems.pause = 5

---@param methods? string[]
local function open(methods)
  local f = fake.open({
    text = { "package ä", "b" },
    capabilities = { experimental = { slop = { version = wire.version, methods = methods or { wire.methods.diagnostics } } } },
  })
  f:tell(wire.methods.state, fake.state({}))
  fake.wait("the state was taken", function()
    return #vim.api.nvim_get_autocmds({ event = "DiagnosticChanged", group = vim.api.nvim_create_augroup("slop_problems", { clear = false }) }) > 0 or methods
  end)
  return f
end

---@param f slop.Fake
---@return slop.DiagnosticsArgs[]
local function told(f)
  local out = {}
  for _, said in ipairs(f.said) do
    if said.method == wire.methods.diagnostics then
      out[#out + 1] = said.params
    end
  end
  return out
end

local function problem(message, source)
  return { lnum = 0, col = 8, end_lnum = 0, end_col = 10, severity = vim.diagnostic.severity.WARN, source = source or "gopls", message = message }
end

--- Waits until the server was told so often, and gives more the time to come.
local function wait_told(f, times)
  fake.wait(("it was told %d times"):format(times), function()
    return #told(f) >= times
  end)
  vim.wait(10 * problems.pause)
  fake.same(times, #told(f))
  return told(f)
end

T["what others say is told once, and once more when it is gone"] = function()
  local f = open()
  vim.diagnostic.set(ns, f.buf, { problem("one"), problem("our own", "slop-ls") })
  local first = wait_told(f, 1)[1]
  local character = f.client.offset_encoding == "utf-16" and 9 or 10
  fake.same({
    uri = vim.uri_from_bufnr(f.buf),
    diagnostics = {
      { range = { start = { line = 0, character = 8 }, ["end"] = { line = 0, character = character } }, severity = 2, source = "gopls", message = "one" },
    },
  }, first)
  vim.diagnostic.set(ns, f.buf, { problem("one") })
  wait_told(f, 1)
  vim.diagnostic.reset(ns, f.buf)
  fake.same({}, wait_told(f, 2)[2].diagnostics)
end

T["another server is told again"] = function()
  local f = open()
  vim.diagnostic.set(ns, f.buf, { problem("one") })
  wait_told(f, 1)
  f:tell(wire.methods.state, fake.state({ seq = 2, whole = false, since = 1 }))
  wait_told(f, 1)
  f:tell(wire.methods.state, fake.state({}))
  fake.same("one", wait_told(f, 2)[2].diagnostics[1].message)
end

T["what is told has bounds"] = function()
  local f = open()
  local all = {}
  for i = 1, problems.most + 1 do
    all[i] = problem(("ä"):rep(problems.longest + 1))
  end
  vim.diagnostic.set(ns, f.buf, all)
  local got = wait_told(f, 1)[1].diagnostics
  fake.same({ problems.most, problems.longest + 1 }, { #got, vim.fn.strchars(got[1].message) })
end

T["files beyond the bound of one go follow"] = function()
  local f = open()
  local files = problems.files
  problems.files = 1
  for _, name in ipairs({ "b.go", "c.go" }) do
    local buf = vim.fn.bufadd(f.root .. "/" .. name)
    vim.fn.bufload(buf)
    vim.diagnostic.set(ns, buf, { { lnum = 0, col = 0, message = name, severity = 1 } })
  end
  local ok, err = pcall(wait_told, f, 2)
  problems.files = files
  fake.same({ true }, { ok, err and nil })
end

T["files elsewhere, and servers that do not listen, are left out"] = function()
  local f, deaf = open(), open({ wire.methods.state })
  local buf = vim.fn.bufadd(vim.fn.tempname())
  vim.fn.bufload(buf)
  vim.diagnostic.set(ns, buf, { problem("elsewhere") })
  vim.diagnostic.set(ns, deaf.buf, { problem("unheard") })
  vim.diagnostic.set(ns, f.buf, { problem("here") })
  fake.same(vim.uri_from_bufnr(f.buf), wait_told(f, 1)[1].uri)
  wait_told(deaf, 0)
end

T["what was said of a file that is closed is taken back"] = function()
  local f = open()
  vim.diagnostic.set(ns, f.buf, { problem("one") })
  wait_told(f, 1)
  vim.cmd.enew()
  vim.cmd.bwipeout(f.buf)
  fake.same({}, wait_told(f, 2)[2].diagnostics)
end

return T
