package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/slop-ls/slop-ls/lsp/attach"
)

// newRoot is the whole command tree of one invocation.
func newRoot(a *app) *cobra.Command {
	var stdio, standalone bool
	root := &cobra.Command{
		Use:   "slop-ls",
		Short: "A language server that turns any editor into the cockpit of coding agents",
		Long: "slop-ls without a subcommand is the language server on standard input and output.\n" +
			"New here? `slop-ls demo` shows everything in a few seconds, without a key and without a network.",
		Args: noCommand,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if standalone || !attach.Supported {
				return a.serveAlone(cmd.Context())
			}
			return a.serve(cmd.Context())
		},
		SilenceErrors: true,

		SuggestionsMinimumDistance: 2,
		SilenceUsage:               true,
	}
	root.Flags().BoolVar(&stdio, "stdio", false, "serve on standard input and output (the default)")
	root.Flags().BoolVar(&standalone, "standalone", false, "serve alone, without the daemon of the workspace")
	flags := root.PersistentFlags()
	flags.StringVar(&a.rootFlag, "root", "", "the workspace's `folder` (default: the git top level of the current folder, for an editor of the one that it opens; else that folder)")
	flags.StringVar(&a.configFlag, "config", "", "a configuration `file` instead of the user's own")
	flags.BoolVar(&a.json, "json", false, "print JSON, one object a line")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usageError(err.Error() + ": see `" + cmd.CommandPath() + " --help`")
	})
	root.AddGroup(&cobra.Group{ID: "start", Title: "Start here:"}, &cobra.Group{ID: "work", Title: "Work:"},
		&cobra.Group{ID: "keep", Title: "Look after:"})
	root.SetHelpCommandGroupID("keep")
	root.SetCompletionCommandGroupID("keep")
	addGroup(root, "start", demoCommand(a), initCommand(a))
	addGroup(root, "work", runCommand(a), trackCommand(a), ticketCommand(a), approveCommand(a), viewCommand(a), applyCommand(a), logCommand(a))
	addGroup(root, "keep", daemonCommand(a), exportCommand(a), importCommand(a), promptsCommand(a), doctorCommand(a), versionCommand(a))
	return root
}

func addGroup(root *cobra.Command, id string, commands ...*cobra.Command) {
	for _, c := range commands {
		c.GroupID = id
		root.AddCommand(c)
	}
}

// noCommand refuses arguments of a command that has subcommands, with the nearest of them.
func noCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	msg := "unknown command " + args[0] + " for " + cmd.CommandPath()
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		msg += " (did you mean " + strings.Join(near, " or ") + "?)"
	}
	return usageError(msg + ": see `" + cmd.CommandPath() + " --help`")
}

// needsCommand is the RunE of a command that does nothing by itself.
func needsCommand(cmd *cobra.Command, _ []string) error {
	var names []string
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() {
			names = append(names, sub.Name())
		}
	}
	return usageError(cmd.CommandPath() + " needs one of: " + strings.Join(names, ", "))
}

// arguments makes a wrong number of arguments a usage error that shows the right form.
func arguments(least, most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < least || len(args) > most {
			return usageError("usage: " + cmd.UseLine())
		}
		return nil
	}
}
