// Package workspace is the person's folder as the engine sees it: files read and listed below one root, drafts that
// workers write into, scratch worktrees in which their commands run, and the delivery of what came out to disk.
//
// Contract: no path leaves the root, neither by dots, nor absolute, nor through a symbolic link, also when the link
// appears between a check and its use (os.Root). Only regular files are read; a write never goes through a link.
// Nothing here writes to the workspace but Workspace.Deliver. Of git, the person's index, stash, branches, hooks and
// configuration are never touched; a scratch worktree is the one entry made, and is removed with its draft.
//
// Paths are those of package engine: slash-separated and relative to the root. The system's own paths appear only in
// Find, Open, Workspace.Path and Options.
package workspace
