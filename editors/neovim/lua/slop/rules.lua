--- What was approved for good: looked at, and taken back.

local client = require("slop.client")

local M = {}

--- Lists the rules; the one that is chosen is forgotten, after a second question.
---@param c vim.lsp.Client
function M.open(c)
  client.command(c, client.commands.approval_rules, nil, function(rules)
    if type(rules) ~= "table" or #rules == 0 then
      require("slop.say").say("nothing was approved for good")
      return
    end
    vim.ui.select(rules, {
      prompt = "Approved for good",
      kind = "slop_rules",
      format_item = function(r)
        return ("%s  %s  %s"):format(r.id, r.scope, r.covers)
      end,
    }, function(rule)
      if rule then
        M.ask(c, rule)
      end
    end)
  end)
end

---@param c vim.lsp.Client
---@param rule slop.Remembered
function M.ask(c, rule)
  vim.ui.select({ "Keep", "Forget" }, { prompt = ("%s: %s"):format(rule.id, rule.covers), kind = "slop_rule" }, function(choice)
    if choice == "Forget" then
      client.command(c, client.commands.approval_forget, { id = rule.id }, function()
        require("slop.say").say(rule.id .. " is asked again")
      end)
    end
  end)
end

return M
