local fake = require("fake")

local T = {}

--- A client whose server says state at the start of the text, by a hint and by a lens.
---@return slop.Fake
---@return { state: string } now what it says
local function open()
  local now = { state = "thinking" }
  local function at(thing)
    local position = { line = 0, character = 0 }
    return vim.tbl_extend("force", thing, { position = position, range = { start = position, ["end"] = position } })
  end
  local f = fake.open({
    capabilities = { inlayHintProvider = true, codeLensProvider = {} },
    answers = {
      ["textDocument/inlayHint"] = function()
        return { at({ label = now.state }) }
      end,
      ["textDocument/codeLens"] = function()
        return { at({ command = { title = now.state, command = "" } }) }
      end,
    },
  })
  vim.lsp.inlay_hint.enable(true, { bufnr = f.buf })
  return f, now
end

--- What is drawn in a buffer beside its text.
local function drawn(buf)
  vim.cmd.redraw()
  local texts = {}
  for _, mark in ipairs(vim.api.nvim_buf_get_extmarks(buf, -1, 0, -1, { details = true })) do
    for _, chunk in ipairs(mark[4].virt_text or vim.tbl_get(mark[4], "virt_lines", 1) or {}) do
      texts[#texts + 1] = chunk[1] ~= "" and chunk[1] or nil
    end
  end
  return table.concat(texts, " ")
end

--- How often the state is drawn: by the lens and, where that can be seen without a screen, by the hint.
local times = vim.fn.has("nvim-0.11") == 1 and 2 or 1

local function draws(buf, text)
  fake.wait(text .. " is drawn and nothing else", function()
    local now = drawn(buf)
    return now == vim.trim((text .. " "):rep(times))
  end)
end

local function redraws_between(f)
  f:ask("workspace/inlayHint/refresh", vim.NIL)
  f:ask("workspace/codeLens/refresh", vim.NIL)
  vim.cmd.redraw() -- Neovim draws what it has, before the answer is there
end

T["hints and lenses follow the state, also when Neovim draws before the answer comes"] = function()
  local f, now = open()
  draws(f.buf, "thinking")
  for _, state in ipairs({ "verifying", "completed" }) do
    now.state = state
    redraws_between(f)
    draws(f.buf, state)
  end
end

T["two answers that are under way at once: the later one is drawn"] = function()
  local f, now = open()
  draws(f.buf, "thinking")
  local answer, answers = f.answers["textDocument/inlayHint"], 0
  f.answers["textDocument/inlayHint"] = function()
    answers = answers + 1
    vim.cmd.redraw() -- what was answered before is drawn
    now.state = answers == 1 and "two" or "three"
    return answer()
  end
  redraws_between(f)
  redraws_between(f)
  fake.wait("the last answer is drawn", function()
    return drawn(f.buf):find("three", 1, true) and not drawn(f.buf):find("two", 1, true)
  end)
end

T["hints of a buffer that was not shown meanwhile are those of now"] = function()
  local f, now = open()
  draws(f.buf, "thinking")
  vim.o.hidden = true
  vim.cmd.enew()
  now.state = "completed"
  redraws_between(f)
  vim.cmd.buffer(f.buf)
  draws(f.buf, "completed")
end

T["where lenses stand behind the line, what they say is not said there by a diagnostic"] = function()
  local f = open()
  vim.lsp.handlers["textDocument/publishDiagnostics"](nil, {
    uri = vim.uri_from_bufnr(f.buf),
    diagnostics = {
      { range = { start = { line = 0, character = 0 }, ["end"] = { line = 0, character = 1 } }, severity = 3, message = "it waits" },
      { range = { start = { line = 0, character = 0 }, ["end"] = { line = 0, character = 1 } }, severity = 1, message = "it fails" },
    },
  }, { client_id = f.client.id, method = "textDocument/publishDiagnostics" })
  local now = drawn(f.buf)
  fake.same({ 2, false }, { #vim.diagnostic.get(f.buf), now:find("it waits", 1, true) ~= nil })
  fake.same(vim.fn.has("nvim-0.11") == 0, now:find("it fails", 1, true) ~= nil) -- later ones draw neither by themselves
end

return T
