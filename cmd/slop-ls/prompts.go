package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/slop-ls/slop-ls/engine/config"
	"github.com/slop-ls/slop-ls/engine/prompts"
)

// workspacePrompts is where a workspace's prompts stand below its root, slash-separated.
const workspacePrompts = ".slop/prompts"

// userPrompts is where the person's own prompts stand.
func userPrompts() string { return filepath.Join(filepath.Dir(config.UserFile()), "prompts") }

// promptSet is the prompts that count in a workspace. What a repository brings along counts once the person trusts it.
func promptSet(root string, trusted bool) prompts.Set {
	set := prompts.Set{Layers: []prompts.Layer{{Name: "user", Dir: filepath.ToSlash(userPrompts()), FS: os.DirFS(userPrompts())}}}
	if trusted {
		set.Layers = append(set.Layers, prompts.Layer{Name: "workspace", Dir: workspacePrompts, FS: folderInside{root, workspacePrompts}})
	}
	return set
}

// Prompt implements engine.Prompts.
func (h *house) Prompt(name string, fields map[string]string) (string, error) {
	return promptSet(h.root, h.trusted()).Prompt(name, fields)
}

// folderInside is a folder of a workspace. No link leads out of it, and what is no plain file is not opened: a pipe would
// never be read to its end.
type folderInside struct{ root, dir string }

// Open implements fs.FS.
func (f folderInside) Open(name string) (fs.File, error) {
	r, err := os.OpenRoot(f.root)
	if err != nil {
		return nil, err
	}
	defer r.Close() //nolint:errcheck // what it has opened stays open
	path := f.dir + "/" + name
	if info, err := r.Stat(path); err != nil || !info.Mode().IsRegular() {
		return nil, errors.Join(err, notRegular(path, err))
	}
	return r.Open(path)
}

func notRegular(path string, err error) error {
	if err != nil {
		return nil
	}
	return &fs.PathError{Op: "open", Path: path, Err: errors.New("it is no plain file")}
}

func promptsCommand(a *app) *cobra.Command {
	list := func(cmd *cobra.Command, _ []string) error { return a.promptsList(cmd.Context()) }
	cmd := &cobra.Command{
		Use:   "prompts",
		Short: "Show what the models of each tier are told, and write prompts of your own",
		Long: "Show what the models of each tier are told, and write prompts of your own.\n\n" +
			"A file takes the place of a built-in prompt: of the person's own folder, and above it of the workspace's\n" +
			workspacePrompts + ", once something was run there. `slop-ls prompts init NAME` copies one to start from.",
		Args: noCommand,
		RunE: list,
	}
	named := func(use, short string, do func(ctx context.Context, name string) error) *cobra.Command {
		return &cobra.Command{
			Use: use + " NAME", Short: short, Args: arguments(1, 1), ValidArgsFunction: completePrompts,
			RunE: func(cmd *cobra.Command, args []string) error { return do(cmd.Context(), args[0]) },
		}
	}
	own := false
	write := named("init", "Copy a prompt into your own folder, to be edited there", func(ctx context.Context, name string) error {
		return a.promptsInit(ctx, name, own)
	})
	write.Flags().BoolVar(&own, "workspace", false, "copy it into the workspace's "+workspacePrompts+" instead")
	cmd.AddCommand(
		&cobra.Command{Use: "list", Short: "List the prompts, and which file counts", Args: arguments(0, 0), RunE: list},
		named("show", "Print the text that counts", a.promptsShow),
		&cobra.Command{
			Use: "path", Short: "Print the folders in which prompts are looked for, the one that wins last", Args: arguments(0, 0),
			RunE: func(cmd *cobra.Command, _ []string) error { return a.promptsPath(cmd.Context()) },
		},
		write,
	)
	return cmd
}

func completePrompts(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var names []string
	for _, p := range prompts.Infos() {
		names = append(names, string(p.Name)+"\t"+p.Doc)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// promptLine is one object of `prompts --json`.
type promptLine struct {
	Name   string        `json:"name"`
	Tier   int           `json:"tier"`
	Layer  string        `json:"layer"` // that counts
	File   string        `json:"file,omitempty"`
	Doc    string        `json:"doc"`
	Fields []promptField `json:"fields"`
	Error  string        `json:"error,omitempty"`
	Text   string        `json:"text,omitempty"` // of `prompts show`
}

type promptField struct {
	Name string `json:"name"`
	Doc  string `json:"doc"`
}

// promptLineOf describes a prompt as it counts. err says what is wrong with it, or that it cannot be read.
func promptLineOf(info prompts.Info, set prompts.Set) (l promptLine, src prompts.Source, err error) {
	l = promptLine{Name: string(info.Name), Tier: info.Tier, Doc: info.Doc, Fields: []promptField{}}
	for _, f := range info.Fields {
		l.Fields = append(l.Fields, promptField(f))
	}
	if src, err = set.Source(info.Name); err == nil {
		l.Layer, l.File, err = src.Layer, src.File, src.Check()
	}
	if err != nil {
		l.Error = err.Error()
	}
	return l, src, err
}

// countingPrompts are the prompts as the workspace has them now.
func (a *app) countingPrompts(ctx context.Context) (root string, trusted bool, err error) {
	if root, err = a.root(ctx); err != nil {
		return "", false, err
	}
	_, trusted = trustOf(root)
	return root, trusted, nil
}

// promptsList exits with 1 where a prompt is wrong.
func (a *app) promptsList(ctx context.Context) error {
	root, trusted, err := a.countingPrompts(ctx)
	if err != nil {
		return err
	}
	set := promptSet(root, trusted)
	failed := false
	for _, info := range prompts.Infos() {
		l, _, err := promptLineOf(info, set)
		if failed = failed || err != nil; a.json {
			if err := a.printJSON(l); err != nil {
				return err
			}
			continue
		}
		where := l.Layer
		if l.File != "" {
			where += " " + l.File
		}
		if err != nil {
			where = "wrong: " + l.Error
		}
		fmt.Fprintf(a.out, "%d  %-18s %-10s %s\n", l.Tier, l.Name, where, l.Doc)
	}
	a.tellStray(root, trusted)
	if failed {
		return &exitError{code: exitFailed, err: errors.New("a prompt is wrong: mend its file, or delete it to have the built-in one")}
	}
	return nil
}

// tellStray names files that look like prompts and count for nothing.
func (a *app) tellStray(root string, trusted bool) {
	own := filepath.Join(root, filepath.FromSlash(workspacePrompts))
	for _, dir := range []string{userPrompts(), own} {
		files, err := filepath.Glob(filepath.Join(dir, "*.md"))
		if err != nil || len(files) == 0 {
			continue // a folder that is not there has no files
		}
		if dir == own && !trusted {
			fmt.Fprintf(a.err, "slop-ls: the prompts of %s do not count yet: nothing was run in this workspace\n", workspacePrompts)
		}
		for _, file := range files {
			name := filepath.Base(file[:len(file)-len(".md")])
			if _, known := prompts.Find(name); known {
				continue
			}
			fmt.Fprintf(a.err, "slop-ls: %s: there is no prompt of that name%s\n", file, didYouMean(name))
		}
	}
}

func didYouMean(name string) string {
	if near := prompts.Nearest(name); near != "" {
		return ": did you mean " + near + "?"
	}
	return ": see `slop-ls prompts list`"
}

// namedPrompt is the prompt that a person named.
func namedPrompt(name string) (prompts.Info, error) {
	info, known := prompts.Find(name)
	if !known {
		return info, usageError("there is no prompt " + name + didYouMean(name))
	}
	return info, nil
}

func (a *app) promptsShow(ctx context.Context, name string) error {
	info, err := namedPrompt(name)
	if err != nil {
		return err
	}
	root, trusted, err := a.countingPrompts(ctx)
	if err != nil {
		return err
	}
	l, src, err := promptLineOf(info, promptSet(root, trusted))
	if err != nil {
		return err
	}
	if a.json {
		l.Text = src.Text
		return a.printJSON(l)
	}
	fmt.Fprint(a.out, src.Text)
	return nil
}

func (a *app) promptsPath(ctx context.Context) error {
	root, trusted, err := a.countingPrompts(ctx)
	if err != nil {
		return err
	}
	own := filepath.Join(root, filepath.FromSlash(workspacePrompts))
	if a.json {
		return a.printJSON(map[string]any{"user": userPrompts(), "workspace": own, "workspace_counts": trusted})
	}
	fmt.Fprintf(a.out, "%s\n%s\n", userPrompts(), own)
	if !trusted {
		fmt.Fprintln(a.err, "slop-ls: the workspace's prompts count once something was run there")
	}
	return nil
}

// promptsInit writes the prompt that counts now where it is to be replaced. It never overwrites.
func (a *app) promptsInit(ctx context.Context, name string, own bool) error {
	info, err := namedPrompt(name)
	if err != nil {
		return err
	}
	root, trusted, err := a.countingPrompts(ctx)
	if err != nil {
		return err
	}
	src, err := promptSet(root, trusted).Source(info.Name)
	if err != nil {
		return err
	}
	dir := userPrompts()
	if own {
		dir = filepath.Join(root, filepath.FromSlash(workspacePrompts))
	}
	path := filepath.Join(dir, name+".md")
	if err := writeNew(path, []byte(src.Text)); err != nil {
		return err
	}
	if a.json {
		return a.printJSON(map[string]string{"name": name, "file": path})
	}
	fmt.Fprintf(a.out, "%s: edit it; it takes the place of the %s prompt from the next call on\n", path, src.Layer)
	return nil
}
