package policy

import (
	"bytes"
	"encoding/json"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/slop-ls/slop-ls/engine"
)

// cover is what an answer for good to s would cover, or why there can be none: what always asks, what hides something,
// what destroys or publishes, and what is not a call of a tool.
func (s *subject) cover() (c *engine.Cover, once string) {
	a := s.action
	if a.Kind != engine.KindStep && a.Kind != engine.KindCommand || a.Tool == "" {
		return nil, string(a.Kind) + " asks each time, since what it asks is new each time"
	}
	if a.Effect == engine.EffectPerson || a.Effect == engine.EffectFinish {
		return nil, "only a person has the answer"
	}
	if why, path, ok := s.guarded(); ok {
		return nil, why + " always ask: " + path
	}
	if why := s.hides(); why != "" {
		return nil, why
	}
	if s.hasLine() {
		return s.coverLine()
	}
	if s.onFiles() && len(a.Paths) > 0 {
		return &engine.Cover{Tool: a.Tool, Paths: a.Paths}, ""
	}
	args := compact(a.Arguments)
	if args == "" {
		return nil, "its arguments are no JSON"
	}
	return &engine.Cover{Tool: a.Tool, Arguments: args}, ""
}

// coverLine is the cover of a plain line: all of it, in the one spelling that a parser gives it.
func (s *subject) coverLine() (*engine.Cover, string) {
	for _, words := range s.line.commands {
		if dangerous(words) {
			return nil, "it destroys, publishes or reaches far: " + strings.Join(words, " ")
		}
	}
	spelled := spell(s.action.Command)
	if spelled == "" {
		return nil, "it cannot be parsed"
	}
	return &engine.Cover{Tool: s.action.Tool, Command: spelled}, ""
}

// spell writes a line the way a printer does: blanks and line breaks as few as can be, words and quotes as they stand.
func spell(line string) string {
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(line), "")
	if err != nil {
		return ""
	}
	var b strings.Builder
	if syntax.NewPrinter(syntax.SingleLine(true)).Print(&b, file) != nil {
		return ""
	}
	return strings.TrimSpace(b.String())
}

// compact is a JSON value without blanks between its parts.
func compact(raw json.RawMessage) string {
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil {
		return ""
	}
	return b.String()
}

// destroyers are programs whose every call a person should see: they take away what cannot be had again, change the
// machine, or act on what lies outside.
var destroyers = set(
	"rm", "rmdir", "unlink", "shred", "srm", "truncate", "dd", "mkfs", "fdisk", "parted", "wipefs", "mkswap", "mount", "umount", "losetup",
	"chmod", "chown", "chgrp", "chattr", "setfacl", "kill", "killall", "pkill", "shutdown", "reboot", "halt", "poweroff", "init", "systemctl",
	"service", "launchctl", "sc", "reg", "iptables", "nft", "ufw", "ifconfig", "ip", "useradd", "userdel", "usermod", "passwd", "visudo",
	"apt", "apt-get", "dpkg", "dnf", "yum", "rpm", "pacman", "apk", "brew", "snap", "flatpak", "choco", "winget",
	"curl", "wget", "scp", "sftp", "ftp", "rsync", "telnet", "gh", "glab", "hub", "mail", "sendmail", "twine", "docker", "podman", "kubectl", "helm",
	"terraform", "tofu", "pulumi", "ansible", "ansible-playbook", "aws", "gcloud", "gsutil", "az", "doctl", "heroku", "fly", "vercel", "netlify",
	"psql", "mysql", "mariadb", "mongo", "mongosh", "redis-cli", "dropdb", "format", "diskpart", "del", "erase", "rd", "format.com", "mkfs.ext4",
)

// destroying are the subcommands of other programs of which the same is true.
var destroying = map[string][]string{
	"git":    {"push", "reset", "clean", "checkout", "restore", "switch", "rebase", "gc", "prune", "branch", "tag", "stash", "remote", "update-ref", "reflog", "filter-repo", "rm", "mv", "commit", "merge", "pull", "am", "apply", "worktree", "cherry-pick", "revert"},
	"npm":    {"publish", "unpublish", "deprecate", "login", "adduser", "owner", "dist-tag", "token"},
	"pnpm":   {"publish"},
	"yarn":   {"publish"},
	"cargo":  {"publish", "yank", "login", "owner"},
	"gem":    {"push", "yank"},
	"mvn":    {"deploy", "release:perform"},
	"dotnet": {"nuget"},
	"poetry": {"publish"},
	"uv":     {"publish"},
	"go":     {"clean"},
}

// dangerous says whether a command is one that a person must see each time.
func dangerous(words []string) bool {
	name, args := program(words[0]), words[1:]
	if destroyers[name] || strings.HasPrefix(name, "mkfs.") {
		return true
	}
	for _, verb := range destroying[name] {
		if skipOptions(args, verb) >= 0 {
			return true
		}
	}
	return false
}
