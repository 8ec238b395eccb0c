package workspace_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slop-ls/slop-ls/engine"
)

// What a draft changes keeps everything else as it was: bytes, permission bits, and what a link points to.
func TestDeliveryKeeps(t *testing.T) {
	t.Parallel()
	utf16 := func(s string) string {
		out := "\xff\xfe"
		for _, r := range s {
			out += string([]byte{byte(r), 0})
		}
		return out
	}
	for name, tc := range map[string]struct{ before, after string }{
		"crlf":                  {"a\r\nb\r\n", "a\r\nB\r\n"},
		"mixed line ends":       {"a\r\nb\nc\r", "a\r\nB\nc\r"},
		"byte order mark":       {"\ufeffa\nb\n", "\ufeffa\nB\n"},
		"no final newline":      {"a\nb", "A\nb"},
		"a final newline comes": {"a\nb", "a\nb\n"},
		"a final newline goes":  {"a\nb\n", "a\nb"},
		"latin-1":               {"caf\xe9\nb\n", "caf\xe9\nB\n"},
		"utf-16":                {utf16("a\nb\n"), utf16("a\nB\n")},
		"nul bytes":             {"\x00\x01\x02", "\x00\x01\x03"},
		"emptied":               {"a\n", ""},
		"filled":                {"", "a\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := openFolder(t)
			f.put("x", tc.before)
			must(t, os.Chmod(filepath.Join(f.dir, "x"), 0o750))
			ctx, d := t.Context(), f.draft()
			must(t, d.Write(ctx, "x", []byte(tc.after)))
			set, err := d.Changes(ctx)
			must(t, err)
			_, err = f.w.Deliver(ctx, engine.Run{}, set)
			must(t, err)
			if diff := cmp.Diff(map[string]string{".": "folder", "x": "750 " + tc.after}, tree(t, f.dir)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// A script that a worker makes can be run; what it makes besides is as the system makes files; and one that is renamed,
// changed or deleted and brought back keeps its bits.
func TestDeliveredModes(t *testing.T) {
	t.Parallel()
	f := openFolder(t)
	f.put("old.sh", "#!/bin/sh\n")
	f.put("plain.sh", "#!/bin/sh\n")
	must(t, os.Chmod(filepath.Join(f.dir, "old.sh"), 0o700))
	must(t, os.Chmod(filepath.Join(f.dir, "plain.sh"), 0o640))
	ctx, d := t.Context(), f.draft()
	must(t, d.Write(ctx, "new.sh", []byte("not yet")))
	must(t, d.Write(ctx, "new.sh", []byte("#!/bin/sh\necho\n")))
	must(t, d.Write(ctx, "no.sh", []byte("#!/bin/sh\n")))
	must(t, d.Write(ctx, "no.sh", []byte("none\n")))
	must(t, d.Rename(ctx, "old.sh", "moved.sh"))
	must(t, d.Write(ctx, "plain.sh", []byte("#!/bin/sh\necho\n")))
	set, err := d.Changes(ctx)
	must(t, err)
	_, err = f.w.Deliver(ctx, engine.Run{}, set)
	must(t, err)
	got := tree(t, f.dir)
	for path, mode := range map[string]string{"new.sh": "755 ", "moved.sh": "700 ", "plain.sh": "640 "} {
		if !strings.HasPrefix(got[path], mode) {
			t.Errorf("%s is %q, want the bits %s", path, got[path], mode)
		}
	}
	if strings.HasPrefix(got["no.sh"], "7") {
		t.Errorf("what is no script can be run: %q", got["no.sh"])
	}
}

// The file that a link points to is changed, and the link stays one.
func TestDeliveryThroughALink(t *testing.T) {
	t.Parallel()
	f := openFolder(t)
	f.put("real", "a\nb\n")
	if err := os.Symlink("real", filepath.Join(f.dir, "link")); err != nil {
		t.Skip("no links here")
	}
	set := engine.ChangeSet{Files: []engine.FileChange{{Path: "link", Op: engine.OpModify, Base: []byte("a\nb\n"), After: []byte("a\nB\n")}}}
	_, err := f.w.Deliver(t.Context(), engine.Run{}, set)
	info, statErr := os.Lstat(filepath.Join(f.dir, "link"))
	must(t, statErr)
	data, readErr := os.ReadFile(filepath.Join(f.dir, "real"))
	must(t, readErr)
	if info.Mode()&os.ModeSymlink == 0 {
		t.Error("the link is a file now")
	}
	if want := map[bool]string{true: "a\nB\n", false: "a\nb\n"}[err == nil]; string(data) != want {
		t.Errorf("delivered with %v, and the file holds %q", err, data)
	}
}
