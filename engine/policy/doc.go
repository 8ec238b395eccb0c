// Package policy rules on what a worker may do: allow, ask a person, or deny. It is package engine's Policy over the
// effect of a tool, the paths that it names, and the commands that a shell line runs.
//
// The contract: a ruling is a pure function of the rules and the action, and is made in the order
//
//  1. deny: tools, commands, paths, what leaves the workspace, and lines too large to be read;
//  2. what a person answered for good: the engine keeps that, and a ruling says what such an answer covers (Cover):
//     the tool with exactly this command or these paths, and nothing where a secret, a hidden or a dangerous command,
//     or something that is new each time is asked about;
//  3. rules that name a command or a path, ask before allow; among the asks is what asks always: secrets, the places
//     that decide what runs on the person's machine, and shell lines that hide a command;
//  4. rules that name the tool, or the kind of approval, ask before allow;
//  5. the default of the effect.
//
// So a rule for tools that allows run_command covers plain lines only. A shell line is plain when it consists of simple
// commands joined by &&, ||, ;, |, newlines and brackets, each word of which stands there as it is. It is parsed in two
// dialects, since /bin/sh is one shell here and another there, and must be plain in both. Rules that deny or ask match
// more broadly than rules that allow: by a program's name in any folder and any case, with options in between, behind
// wrappers, and inside substitutions. That breadth is a help to people against slips and not a wall: a program that
// is allowed to run can do whatever the sandbox lets it do.
package policy
