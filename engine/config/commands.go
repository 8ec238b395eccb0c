package config

import (
	"path"
	"slices"
	"strings"
	"time"
)

// Commands is what workers' commands may reach and take.
type Commands struct {
	Sandbox     string   // auto, require or off
	Caches      []string // what they may write to beside their worktree: go, npm, cargo, pip, or folders
	Read        []string // folders that they may read beside the system's and the toolchains
	Bring       []string // what git ignores and they need, relative to the root: copied for them
	Keep        int      // scratch worktrees that are kept for the next ticket
	Timeout     Duration // of one that names none
	OutputBytes int      // kept of its output
	MemoryMB    int      // of each process; 0: no bound, here and below
	FileMB      int      // of each file that it writes
	Processes   int      // of the person's, on the whole machine
}

func defaultCommands() Commands {
	return Commands{
		Sandbox: "auto", Caches: []string{"go", "npm", "cargo", "pip"}, Bring: []string{"node_modules", ".venv"}, Keep: 2,
		Timeout: Duration(10 * time.Minute), OutputBytes: 64 << 10, FileMB: 8 << 10,
	}
}

// sandboxes from the loosest to the strictest.
var sandboxes = []string{"off", "auto", "require"}

var (
	noReach   = tightening{never: "a repository cannot say what commands may reach: set it in your own config file"}
	noSandbox = tightening{refuses: func(old, new any) string {
		if slices.Index(sandboxes, new.(string)) < slices.Index(sandboxes, old.(string)) {
			return "a repository can only tighten: the sandbox is loosened only where your own config says so"
		}
		return ""
	}}
)

// commandSettings are the keys of [commands].
var commandSettings = []setting{
	{
		path: "commands.sandbox", doc: "workers' commands are held by the system: auto (where it can), require (else none runs) or off", tighten: noSandbox,
		legal: sandboxes,
		field: func(c *Config, _ string) any { return &c.Commands.Sandbox },
	},
	{
		path: "commands.caches", doc: "what commands may write to beside their worktree: go, npm, cargo, pip, or a folder, ~/ for the home", tighten: noReach,
		field: func(c *Config, _ string) any { return &c.Commands.Caches },
	},
	{
		path: "commands.read", doc: "folders that commands may read beside the system's and the toolchains", tighten: noReach,
		field: func(c *Config, _ string) any { return &c.Commands.Read },
	},
	{
		path: "commands.bring", doc: "what git ignores and commands need, copied into their worktree", tighten: noReach, each: checkBring,
		field: func(c *Config, _ string) any { return &c.Commands.Bring },
	},
	{
		path: "commands.keep", doc: "how many scratch worktrees are kept for the next ticket", tighten: noReach,
		field: func(c *Config, _ string) any { return &c.Commands.Keep },
	},
	{
		path: "commands.timeout", doc: "how long a command may take that names no time itself", least: 1, tighten: lower,
		field: func(c *Config, _ string) any { return &c.Commands.Timeout },
	},
	{
		path: "commands.output_bytes", doc: "how many bytes of a command's output are kept", least: 1024, tighten: lower,
		field: func(c *Config, _ string) any { return &c.Commands.OutputBytes },
	},
	{
		path: "commands.memory_mb", doc: "megabytes of address space a process; 0: no bound, here and below", tighten: bounded,
		field: func(c *Config, _ string) any { return &c.Commands.MemoryMB },
	},
	{
		path: "commands.file_mb", doc: "megabytes a file that a command writes", tighten: bounded,
		field: func(c *Config, _ string) any { return &c.Commands.FileMB },
	},
	{
		path: "commands.processes", doc: "processes of yours on the whole machine beyond which a command can start none", tighten: bounded,
		field: func(c *Config, _ string) any { return &c.Commands.Processes },
	},
}

// checkBring says why a path cannot be brought along, or "".
func checkBring(p string) string {
	if p == "" || path.IsAbs(p) || path.Clean(p) != p || p == "." || p == ".." || strings.HasPrefix(p, "../") || strings.ContainsAny(p, "*?[\\\x00") {
		return `expected a path below the workspace's root, such as "node_modules"`
	}
	return ""
}
