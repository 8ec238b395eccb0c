package policy

import (
	"regexp"
	"strings"
	"sync"
)

// wrappers are programs and words of the shell that run what their arguments say. They always ask, and what rules deny
// is looked for in their arguments.
var wrappers = set(
	"sudo", "sudoedit", "doas", "su", "runuser", "pkexec", "env", "xargs", "parallel", "nohup", "time", "nice", "ionice", "chrt", "taskset", "timeout",
	"gtimeout", "setsid", "setarch", "stdbuf", "unbuffer", "script", "watch", "entr", "flock", "chroot", "unshare", "nsenter", "bwrap", "firejail",
	"proot", "fakeroot", "strace", "ltrace", "gdb", "perf", "valgrind", "busybox", "toybox", "ssh", "at", "batch", "crontab", "systemd-run", "screen",
	"tmux", "expect", "start", "open", "xdg-open", "caffeinate", "arch", "dbus-run-session", "xvfb-run", "awk", "gawk", "mawk", "nawk", "ed", "ex", "vi",
	"vim", "nvim", "emacs", "nano", "less", "more", "man", "m4", "ld.so", "ld-linux.so.2", "ld-linux-x86-64.so.2", "ld-musl-x86_64.so.1", "cmd", "wsl",
	"exec", "eval", "source", ".", "command", "builtin", "coproc", "trap", "rlwrap", "socat", "nc", "ncat",
)

// stateful are words of the shell that change what the words after them mean.
var stateful = set(
	"alias", "unalias", "export", "declare", "typeset", "local", "readonly", "nameref", "unset", "set", "shopt", "enable", "hash", "function", "select",
	"read", "mapfile", "readarray", "getopts", "let", "bind", "complete", "compgen", "fc", "history", "[[", "((",
)

// shells read a script, and interpreters a program, from their arguments, from a file, or from what is piped into them.
var (
	shells       = set("sh", "bash", "rbash", "dash", "ash", "zsh", "ksh", "ksh93", "mksh", "oksh", "yash", "posh", "fish", "csh", "tcsh", "elvish", "nu", "xonsh")
	interpreters = set(
		"python", "pypy", "perl", "ruby", "node", "nodejs", "deno", "bun", "php", "lua", "luajit", "tclsh", "wish", "osascript", "rscript", "r", "julia",
		"pwsh", "powershell", "irb", "ghci", "runghc", "scala", "groovy", "jshell", "guile", "racket", "sbcl", "elixir", "erl", "iex", "octave",
	)
)

// launchers lists the options and words by which a program that may well be allowed is made to run another one, or to
// write where it should not. A long option counts also when it is shortened.
var launchers = map[string][]string{
	"go": {"-exec", "-toolexec", "-vettool", "-compiler", "-gccgoflags", "-overlay"},
	"git": {
		"-c", "-x", "-u", "-O", "--config-env", "--exec-path", "--exec", "--upload-pack", "--receive-pack", "--open-files-in-pager", "--ext-diff", "--textconv", "--extcmd", "--paginate", "--output", "--template", "--git-dir", "--work-tree", "--config", "config", "bisect", "filter-branch", "submodule", "difftool", "mergetool", "alias", "hook", "maintenance", "daemon", "instaweb", "send-email", "credential",
		"remote-ext", "remote-fd", "for-each-repo", "shell", "help", "web--browse", "gui", "citool", "p4", "svn", "cvsimport", "cvsexportcommit", "cvsserver",
		"archimport", "http-backend", "quiltimport", "imap-send", "sh-setup",
	},
	"slop-ls":   {"approve", "run", "ticket", "track", "import", "daemon", "init", "apply"}, // a worker does not answer for itself
	"find":      {"-exec", "-execdir", "-ok", "-okdir", "-delete", "-fprint", "-fprint0", "-fprintf", "-fls", "-files0-from"},
	"fd":        {"-x", "-X", "--exec", "--exec-batch"},
	"fdfind":    {"-x", "-X", "--exec", "--exec-batch"},
	"rg":        {"--pre", "--hostname-bin", "-z", "--search-zip"},
	"ag":        {"--pager"},
	"sort":      {"--compress-program", "-o", "--output", "--files0-from", "-T", "--temporary-directory"},
	"split":     {"--filter"},
	"tar":       {"-I", "-F", "--use-compress-program", "--to-command", "--checkpoint-action", "--info-script", "--new-volume-script", "--rsh-command", "--rmt-command"},
	"rsync":     {"-e", "--rsh", "--rsync-path"},
	"scp":       {"-S", "-o", "-F"},
	"sftp":      {"-S", "-o", "-F", "-b"},
	"zip":       {"-T", "-TT", "--unzip-command"},
	"make":      {"--eval"},
	"gmake":     {"--eval"},
	"cargo":     {"--config"},
	"npm":       {"--script-shell", "--node-options", "--prefix", "exec", "x", "config", "set"},
	"yarn":      {"exec", "dlx", "config"},
	"pnpm":      {"exec", "dlx", "config"},
	"pip":       {"--config-settings", "--global-option", "--install-option"},
	"curl":      {"-K", "--config", "-o", "-O", "--output", "--output-dir", "--remote-name"},
	"wget":      {"-e", "--execute", "--use-askpass", "-O", "--output-document", "--config"},
	"gradle":    {"-I", "--init-script"},
	"mvn":       {"-s", "--settings", "-gs", "-f", "--file"},
	"tcpdump":   {"-z"},
	"gcc":       {"-wrapper", "-B", "-fplugin", "-specs"},
	"clang":     {"-fplugin", "-Xclang", "-B"},
	"cc":        {"-wrapper", "-B", "-fplugin", "-specs"},
	"sqlite3":   {"-init", "-cmd"},
	"kubectl":   {"exec"},
	"date":      {"-f", "--file"},
	"ctest":     {"--build-and-test", "--test-command"},
	"cmake":     {"-E", "-P", "-C"},
	"rustc":     {"-C", "--codegen"},
	"dotnet":    {"exec"},
	"terraform": {"-chdir"},
}

func set(names ...string) map[string]bool {
	m := make(map[string]bool, len(names))
	for _, n := range names {
		m[n] = true
	}
	return m
}

// wraps says whether the words of a command may hold a command of their own.
func wraps(words []string) bool {
	name := program(words[0])
	return wrappers[name] || shells[name] || interpreters[unversioned(name)] || launchers[name] != nil && launches(words) != ""
}

// launches says how a command runs another one that its first words do not name, changes what the next ones mean, or
// names a place outside.
func launches(words []string) string {
	name, args := program(words[0]), words[1:]
	switch {
	case wrappers[name]:
		return name + " runs another command"
	case stateful[name]:
		return name + " changes what follows"
	case (shells[name] || interpreters[unversioned(name)]) && !scripted(unversioned(name), args):
		return name + " runs what it is given to read"
	case name == "sed" && !printsOnly(args):
		return "a sed script, which may run commands"
	}
	if why := startsOther(name, args); why != "" {
		return why
	}
	return pathAway(args)
}

// unversioned takes the 3.12 off python3.12.
func unversioned(name string) string { return strings.TrimRight(name, "0123456789.-") }

// scripted says whether a shell or an interpreter runs a file or, as Python does with -m, a module. Other options, and
// standard input, may hold commands.
func scripted(name string, args []string) bool {
	if len(args) > 1 && args[0] == "-m" {
		return name == "python" || name == "pypy"
	}
	return len(args) > 0 && !strings.HasPrefix(args[0], "-") && !strings.HasPrefix(args[0], "+")
}

// sedOption and sedScript are the few forms of sed that can only print and replace.
var (
	sedOption = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^-[nErsuz]+$`) })
	sedScript = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(([0-9]+|\$)(,([0-9]+|\$))?)?([pdq=]|s/[^/;\n]*/[^/;\n]*/[gpI0-9]*)$`)
	})
)

func printsOnly(args []string) bool {
	script := false
	for _, a := range args {
		option := strings.HasPrefix(a, "-")
		if option && !sedOption().MatchString(a) || !option && !script && !sedScript().MatchString(a) {
			return false
		}
		script = script || !option
	}
	return true
}

// startsOther looks for what makes an ordinary program run another one.
func startsOther(name string, args []string) string {
	for _, option := range launchers[name] {
		if has(args, option) {
			return name + " " + option + " reaches further than " + name
		}
	}
	switch name {
	case "go":
		return goStarts(args)
	case "make", "gmake":
		return inAny(args, "=", "make with a variable set")
	case "git":
		return inAny(args, "ext::", "git with a program for a remote")
	}
	return ""
}

func inAny(args []string, part, why string) string {
	for _, a := range args {
		if strings.Contains(a, part) {
			return why
		}
	}
	return ""
}

// has finds an option anywhere, and a word that is no option where a subcommand stands.
func has(args []string, option string) bool {
	if !strings.HasPrefix(option, "-") {
		return skipOptions(args, option) >= 0
	}
	for _, a := range args {
		if isOption(a, option) {
			return true
		}
	}
	return false
}

// isOption knows an option with one dash or two, shortened, with its value behind it, and among other letters.
func isOption(word, option string) bool {
	name, _, _ := strings.Cut(word, "=")
	switch {
	case name == option:
		return true
	case !strings.HasPrefix(word, "-") || !strings.HasPrefix(option, "-"):
		return false
	case strings.HasPrefix(option, "--"):
		return len(name) > 2 && strings.HasPrefix(option, name)
	case len(option) == 2 && !strings.HasPrefix(word, "--"):
		return strings.Contains(name[1:], option[1:])
	}
	return len(option) > 2 && strings.TrimPrefix(name, "-") == option
}

// goStarts finds what the go command takes from elsewhere: a linker, settings that stay, a program to run.
func goStarts(args []string) string {
	if why := inAny(args, "extld", "go with another linker"); why != "" {
		return why
	}
	for _, verb := range []string{"run", "tool", "env"} {
		i := skipOptions(args, verb)
		if i < 0 {
			continue
		}
		rest := args[i+1:]
		switch {
		case verb == "env" && has(rest, "-w"), verb == "env" && has(rest, "-u"):
			return "go env changes what follows"
		case inAny(rest, "@", "@") != "", verb == "run" && !runsLocal(rest):
			return "go " + verb + " of a program from elsewhere"
		}
	}
	return ""
}

// runsLocal says whether what go run is given is of the workspace, by the first word that is no option.
func runsLocal(args []string) bool {
	for _, a := range args {
		if !strings.HasPrefix(a, "-") {
			return strings.HasPrefix(a, ".") || strings.HasSuffix(a, ".go")
		}
	}
	return false
}

// pathAway finds a word that leads out of the workspace: a command is not held to it by anything but the sandbox.
func pathAway(args []string) string {
	for _, a := range args {
		for piece := range strings.FieldsFuncSeq(a, func(r rune) bool { return r == '=' || r == '@' || r == ',' }) {
			if piece != "/dev/null" && (outside(piece) || strings.HasPrefix(piece, "file:")) {
				return "a path outside the workspace: " + piece
			}
		}
	}
	return ""
}
