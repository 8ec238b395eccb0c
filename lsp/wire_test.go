package lsp_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/slop-ls/slop-ls/engine/leaftest"
	"github.com/slop-ls/slop-ls/lsp/lsptest"
)

var update = leaftest.Update // writes what the server says into the archives

// TestWire plays the archives of testdata/wire. A section "client" holds messages, one a line, that are sent; a line
// "# wait METHOD" after them makes the next section wait for a message of that method. The section "server" after it
// holds everything that comes until each request sent was answered; "# later ID" leaves that of a request to a section
// that waits for it. A view of held.go is not made before its request is cancelled. $ROOT stands for the workspace's
// URI. Other sections are the workspace's files.
func TestWire(t *testing.T) {
	t.Parallel()
	archives, err := filepath.Glob("testdata/wire/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("no archives (%v)", err)
	}
	for _, path := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			t.Parallel()
			playWire(t, path)
		})
	}
}

func playWire(t *testing.T, path string) {
	archive, err := txtar.ParseFile(path)
	must(t, err)
	var workspace txtar.Archive
	for _, f := range archive.Files {
		if f.Name != "client" && f.Name != "server" {
			workspace.Files = append(workspace.Files, f)
		}
	}
	modes(t, string(txtar.Format(&workspace)), func(t *testing.T, d *daemon) {
		d.worker.OnView(func(ctx context.Context, path string) error {
			if path == "held.go" {
				<-ctx.Done()
			}
			return ctx.Err()
		})
		w := newWire(t, d)
		played := txtar.Archive{Comment: archive.Comment, Files: slices.Clone(archive.Files)}
		for i := range played.Files {
			f := &played.Files[i]
			switch f.Name {
			case "client":
				w.play(string(f.Data))
			case "server":
				got := w.collect()
				if *update {
					f.Data = []byte(got)
				} else if diff := cmp.Diff(string(f.Data), got); diff != "" {
					t.Errorf("section %d (-want +got):\n%s", i, diff)
				}
			}
		}
		if *update && d.Mode == lsptest.Direct {
			must(t, os.WriteFile(path, txtar.Format(&played), 0o644))
		}
	})
}

// wire is the raw end of a connection.
type wireEnd struct {
	t    *testing.T
	root string
	pipe io.ReadWriteCloser
	in   *bufio.Reader
	want map[string]bool // ids and methods to wait for
}

func newWire(t *testing.T, d *daemon) *wireEnd {
	t.Helper()
	ours := d.Connect(t)
	over := time.AfterFunc(lsptest.Patience, func() { ours.Close() })
	t.Cleanup(func() { over.Stop(); ours.Close() })
	return &wireEnd{t: t, root: "file://" + filepath.ToSlash(d.root), pipe: ours, in: bufio.NewReader(ours), want: map[string]bool{}}
}

func (w *wireEnd) play(section string) {
	for _, line := range strings.Split(strings.TrimSpace(section), "\n") {
		if method, ok := strings.CutPrefix(line, "# wait "); ok {
			w.want[method] = true
			continue
		}
		if id, ok := strings.CutPrefix(line, "# later "); ok {
			delete(w.want, id)
			continue
		}
		line = strings.ReplaceAll(line, "$ROOT", w.root)
		var m struct {
			ID     json.RawMessage
			Method string
		}
		if json.Unmarshal([]byte(line), &m) == nil && m.ID != nil && m.Method != "" {
			w.want[string(m.ID)] = true
		}
		_, err := fmt.Fprintf(w.pipe, "Content-Length: %d\r\n\r\n%s", len(line), line)
		must(w.t, err)
	}
}

// reviewsFolder is another one in each run.
var reviewsFolder = regexp.MustCompile(`"reviews": "file://[^"]+"`)

// collect is every message until all that is waited for has come, as they came.
func (w *wireEnd) collect() string {
	var out strings.Builder
	for len(w.want) > 0 {
		body := w.read()
		var m struct {
			ID     json.RawMessage
			Method string
		}
		must(w.t, json.Unmarshal(body, &m))
		delete(w.want, m.Method)
		if m.Method == "" {
			delete(w.want, string(m.ID))
		}
		var pretty bytes.Buffer
		must(w.t, json.Indent(&pretty, body, "", "  "))
		plain := reviewsFolder.ReplaceAllString(pretty.String(), `"reviews": "$$REVIEWS"`)
		out.WriteString(strings.ReplaceAll(plain, w.root, "$ROOT") + "\n")
	}
	return out.String()
}

func (w *wireEnd) read() []byte {
	header, err := w.in.ReadString('\n')
	must(w.t, err)
	n, err := strconv.Atoi(strings.TrimSpace(strings.TrimPrefix(header, "Content-Length:")))
	must(w.t, err)
	_, err = w.in.ReadString('\n')
	must(w.t, err)
	body := make([]byte, n)
	_, err = io.ReadFull(w.in, body)
	must(w.t, err)
	return body
}
