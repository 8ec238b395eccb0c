package store

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// filled makes a store with events, blobs and transcripts.
func filled(t *testing.T, opts Options) *Store {
	t.Helper()
	s := openNew(t, opts)
	mustAppend(t, s, 1, 300)
	for i := range 5 {
		mustPut(t, s, fmt.Sprintf("sha256/%d", i), strings.Repeat("\x00\xff blob", i*9000))
	}
	for i := 3; i > 0; i-- { // stored in another order than that of names
		mustPut(t, s, transcriptName("a", "T", i), "transcript")
	}
	return s
}

func export(t *testing.T, s *Store) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := s.Export(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// afterHeader is an export without its first line, which has the time of exporting.
func afterHeader(t *testing.T, export []byte) string {
	t.Helper()
	_, rest, ok := bytes.Cut(export, []byte("\n"))
	if !ok {
		t.Fatal("no header line")
	}
	return string(rest)
}

func TestExportImportRoundTrip(t *testing.T) {
	t.Parallel()
	a := filled(t, Options{})
	first := export(t, a)
	b := openNew(t, Options{})
	if err := b.Import(t.Context(), bytes.NewReader(first)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(allEvents(t, a), allEvents(t, b)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(afterHeader(t, first), afterHeader(t, export(t, b))); diff != "" {
		t.Error(diff)
	}
	mustCheck(t, b)
	if err := b.Import(t.Context(), bytes.NewReader(first)); !errors.Is(err, ErrNotEmpty) {
		t.Errorf("a second import gave %v", err)
	}
	mustAppend(t, b, 301, 1)
}

func TestExportOfNothing(t *testing.T) {
	t.Parallel()
	out := export(t, openNew(t, Options{}))
	if n := bytes.Count(out, []byte("\n")); n != 2 {
		t.Errorf("%d lines: %s", n, out)
	}
	if err := openNew(t, Options{}).Import(t.Context(), bytes.NewReader(out)); err != nil {
		t.Error(err)
	}
}

// Wherever an export is cut, it is refused whole.
func TestImportOfCutExport(t *testing.T) {
	t.Parallel()
	small := openNew(t, Options{})
	mustAppend(t, small, 1, 3)
	mustPut(t, small, "n", "blob")
	whole := export(t, small)
	s := openNew(t, Options{})
	for n := range len(whole) {
		var refused *ImportError
		err := s.Import(t.Context(), bytes.NewReader(whole[:n]))
		if !errors.As(err, &refused) {
			t.Fatalf("cut at %d of %d: %v", n, len(whole), err)
		}
		if want := 1 + bytes.Count(whole[:n], []byte("\n")); refused.Line != want {
			t.Fatalf("cut at %d: line %d, want %d", n, refused.Line, want)
		}
	}
	if len(allEvents(t, s)) != 0 {
		t.Error("something was imported")
	}
	mustCheck(t, s)
	if err := s.Import(t.Context(), bytes.NewReader(whole)); err != nil {
		t.Errorf("the whole of it: %v", err)
	}
}

func TestImportRefuses(t *testing.T) {
	t.Parallel()
	const header = `{"type":"header","format":"slop-ls export","version":1}`
	event := func(seq int) string {
		return fmt.Sprintf(`{"type":"event","event":{"seq":%d,"at":"2026-11-22T10:00:00Z","kind":"track_moved",`+
			`"body":{"track":"a","to":"running"}}}`, seq)
	}
	cases := map[string]struct {
		lines []string
		line  int
		msg   string
	}{
		"no header":         {[]string{event(1)}, 1, "first line"},
		"two headers":       {[]string{header, header}, 2, "first line"},
		"another format":    {[]string{`{"type":"header","format":"tar","version":1}`}, 1, `"tar"`},
		"newer version":     {[]string{strings.Replace(header, "1}", "2}", 1)}, 1, "version 2"},
		"gap":               {[]string{header, event(1), event(3)}, 3, "out of sequence"},
		"starts late":       {[]string{header, event(2)}, 2, "out of sequence"},
		"garbage":           {[]string{header, event(1), "\x00\x01"}, 3, "not a line of an export"},
		"two values":        {[]string{header, event(1) + event(2)}, 2, "more than one value"},
		"unknown type":      {[]string{header, `{"type":"x"}`}, 2, `"x"`},
		"unknown field":     {[]string{header, `{"type":"blob","nome":"x"}`}, 2, "nome"},
		"newer event":       {[]string{header, strings.Replace(event(1), "track_moved", "new", 1)}, 2, "newer slop-ls"},
		"no event":          {[]string{header, `{"type":"event"}`}, 2, "event"},
		"bad base64":        {[]string{header, `{"type":"blob","name":"n","data":"*"}`}, 2, "base64"},
		"blob twice":        {[]string{header, `{"type":"blob","name":"n"}`, `{"type":"blob","name":"n"}`}, 3, "twice"},
		"blob without name": {[]string{header, `{"type":"blob"}`}, 2, "name"},
		"miscounted":        {[]string{header, event(1), `{"type":"end","events":2}`}, 3, "not whole"},
		"goes on":           {[]string{header, `{"type":"end"}`, event(1)}, 2, "follows"},
		"empty line":        {[]string{header, ""}, 2, "not a line"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := openNew(t, Options{})
			err := s.Import(t.Context(), strings.NewReader(strings.Join(c.lines, "\n")+"\n"))
			var refused *ImportError
			if !errors.As(err, &refused) || refused.Line != c.line || !strings.Contains(err.Error(), c.msg) {
				t.Errorf("got %v, want line %d and %q", err, c.line, c.msg)
			}
			if !strings.Contains(fmt.Sprint(err), "nothing was imported") || len(allEvents(t, s)) > 0 {
				t.Error("not all or nothing")
			}
			mustAppend(t, s, 1, 1) // a refused import does no harm to the store
		})
	}
}

func TestImportTakesWindowsLineEnds(t *testing.T) {
	t.Parallel()
	small := openNew(t, Options{})
	mustAppend(t, small, 1, 3)
	text := bytes.ReplaceAll(export(t, small), []byte("\n"), []byte("\r\n"))
	s := openNew(t, Options{})
	if err := s.Import(t.Context(), bytes.NewReader(text)); err != nil {
		t.Error(err)
	}
}
