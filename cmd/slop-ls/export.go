package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
)

func exportCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "export [FILE]",
		Short: "Write the whole store as JSON lines",
		Args:  arguments(0, 1),
		RunE:  func(cmd *cobra.Command, args []string) error { return a.export(cmd.Context(), args) },
	}
}

func importCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "import [FILE]",
		Short: "Read what export wrote into an empty store",
		Args:  arguments(0, 1),
		RunE:  func(cmd *cobra.Command, args []string) error { return a.importStore(cmd.Context(), args) },
	}
}

// export writes to a new file, or to standard output.
func (a *app) export(ctx context.Context, args []string) error {
	nothing := func(root string) error { return fmt.Errorf("nothing was ever stored for %s: run a track first", root) }
	return a.reading(ctx, nothing, func(s archive) error {
		if len(args) == 0 || args[0] == "-" {
			return s.Export(ctx, a.out)
		}
		f, err := os.OpenFile(args[0], os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return fmt.Errorf("making the export: %w", err)
		}
		return errors.Join(s.Export(ctx, f), f.Close())
	})
}

// importStore reads from a file, or from standard input.
func (a *app) importStore(ctx context.Context, args []string) (err error) {
	root, err := a.root(ctx)
	if err != nil {
		return err
	}
	var in io.Reader = a.in
	if len(args) > 0 && args[0] != "-" {
		f, err := os.Open(args[0])
		if err != nil {
			return fmt.Errorf("reading the export: %w", err)
		}
		defer f.Close() //nolint:errcheck // it was only read
		in = f
	}
	s, err := openStore(root)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := s.Import(ctx, in); err != nil {
		return err
	}
	last, err := s.LastSeq()
	if err != nil {
		return err
	}
	fmt.Fprintf(a.err, "imported %d events\n", last)
	return nil
}
