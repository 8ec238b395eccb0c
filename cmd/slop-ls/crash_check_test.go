//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slop-ls/slop-ls/engine"
	"github.com/slop-ls/slop-ls/store"
)

// crashAsked is how often each ticket of the scene asks for what, however often slop-ls dies: T5 fails once.
var crashAsked = map[string]int{
	"T1 spawn": 1, "T2 spawn": 1, "T3 spawn": 1, "T4 spawn": 1, "T5 spawn": 2, "T6 spawn": 1, "T7 spawn": 1, "T8 spawn": 1,
	"T3 command": 1, "T4 command": 1, "T7 command": 1, "T6 step": 1,
}

// crashOnce is what happens exactly once to each ticket.
var crashOnce = map[string]int{"T1": 1, "T2": 1, "T3": 1, "T4": 1, "T5": 1, "T6": 1, "T7": 1, "T8": 1}

const crashTrack engine.TrackID = ".slop/tracks/crash"

// checkAll is everything that must hold once a track is done, whatever happened on the way.
func (p *crashPlace) checkAll(ctx context.Context) error {
	events, err := p.journal(ctx)
	if err != nil {
		return err
	}
	return errors.Join(
		checkCounts(events), checkAsked(events), p.checkShown(), p.checkPrinted(), p.checkFiles(ctx), p.checkLeft(ctx),
		p.checkSessions(), p.checkRest(ctx, len(events)),
	)
}

// journal checks the store as it lies there and reads the journal. Nothing of ours is open then.
func (p *crashPlace) journal(ctx context.Context) (events []engine.Event, err error) {
	dir, err := p.stateDir()
	if err != nil {
		return nil, err
	}
	s, err := store.Open(filepath.Join(dir, "state.db"), store.Options{ReadOnly: true})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := s.Check(ctx); err != nil {
		return nil, fmt.Errorf("the store: %w", err)
	}
	for e, err := range s.Events(ctx, 0) {
		if err != nil {
			return nil, err
		}
		events = append(events, e)
	}
	return events, nil
}

// checkCounts wants each ticket delivered once and completed once.
func checkCounts(events []engine.Event) error {
	delivered, completed := map[string]int{}, map[string]int{}
	for _, e := range events {
		switch b := e.Body.(type) {
		case engine.EditDelivered:
			delivered[b.Run.Ticket.ID]++
		case engine.TicketCompleted:
			if b.Ticket.Track == crashTrack {
				completed[b.Ticket.ID]++
			}
		}
	}
	if diff := cmp.Diff(crashOnce, delivered); diff != "" {
		return fmt.Errorf("edit_delivered (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(crashOnce, completed); diff != "" {
		return fmt.Errorf("ticket_completed (-want +got):\n%s", diff)
	}
	return nil
}

// checkAsked wants nothing asked that was answered before, unless the ticket has failed in between, and nothing asked
// in other words either.
func checkAsked(events []engine.Event) error {
	asked, title, answered := map[string]int{}, map[engine.ApprovalID]string{}, map[string]bool{}
	var errs []error
	var failures []string
	for _, e := range events {
		switch b := e.Body.(type) {
		case engine.ApprovalRequested:
			asked[b.Run.Ticket.ID+" "+string(b.Approval.Kind)]++
			question := strings.Join([]string{b.Run.Ticket.ID, string(b.Approval.Kind), b.Hash}, " ")
			if answered[question] {
				errs = append(errs, fmt.Errorf("event %d asks again what was answered: %s", e.Seq, b.Title))
			}
			title[b.ID] = question
		case engine.ApprovalDecided:
			answered[title[b.ID]] = true
		case engine.TicketRetried:
			if b.Cause != engine.CauseFailure {
				continue
			}
			failures = append(failures, fmt.Sprintf("event %d: %s failed: %s", e.Seq, b.Ticket.ID, b.Reason))
			for question := range answered {
				if strings.HasPrefix(question, b.Ticket.ID+" ") {
					delete(answered, question)
				}
			}
		}
	}
	if diff := cmp.Diff(crashAsked, asked); diff != "" {
		errs = append(errs, fmt.Errorf("approvals that were asked (-want +got):\n%s%s", diff, strings.Join(failures, "\n")))
	}
	return errors.Join(errs...)
}

// checkShown wants no ticket lost.
func (p *crashPlace) checkShown() error {
	out, err := p.done("track", "show", "crash", "--json")
	if err != nil {
		return err
	}
	var shown struct {
		Status  string
		Tickets []struct{ ID, Status string }
	}
	if err := json.Unmarshal([]byte(out), &shown); err != nil {
		return err
	}
	completed := map[string]int{}
	for _, t := range shown.Tickets {
		if t.Status == string(engine.Completed) {
			completed[t.ID]++
		}
	}
	if diff := cmp.Diff(crashOnce, completed); diff != "" || shown.Status != string(engine.TrackDone) {
		return fmt.Errorf("the track is %s (-want +got):\n%s", shown.Status, diff)
	}
	return nil
}

// checkPrinted wants every line that any run has printed to be in the log, as it was printed: what was told had
// happened, and stays so.
func (p *crashPlace) checkPrinted() error {
	logged, err := p.done("log", "--json")
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for line := range strings.Lines(logged) {
		known[line] = true
	}
	printed, err := filepath.Glob(filepath.Join(p.dir, "out-*"))
	if err != nil {
		return err
	}
	for _, name := range printed {
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		for line := range strings.Lines(string(data)) {
			whole := strings.HasSuffix(line, "\n") && strings.HasPrefix(line, `{"`) && strings.Contains(line, `"seq":`)
			if whole && !known[line] {
				return fmt.Errorf("%s told what the log does not: %s", filepath.Base(name), line)
			}
		}
	}
	return nil
}

// checkFiles wants every file as scripted, and nothing else changed.
func (p *crashPlace) checkFiles(ctx context.Context) error {
	want, err := fs.Sub(p.scene.files, "want")
	if err != nil {
		return err
	}
	errs := []error{fs.WalkDir(want, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		expected, err := fs.ReadFile(want, name)
		if err != nil {
			return err
		}
		got, err := os.ReadFile(filepath.Join(p.repo, name))
		if err != nil {
			return err
		}
		if diff := cmp.Diff(string(expected), string(got)); diff != "" {
			return fmt.Errorf("%s (-want +got):\n%s", name, diff)
		}
		return nil
	})}
	expected, err := fs.ReadFile(p.scene.files, "status.txt")
	if err != nil {
		return err
	}
	status, err := commandOutput(ctx, p.repo, "git", "status", "--porcelain", "--untracked-files=all", "--ignored")
	if diff := cmp.Diff(string(expected), status); diff != "" {
		errs = append(errs, fmt.Errorf("git status (-want +got):\n%s", diff))
	}
	return errors.Join(append(errs, err)...)
}

// checkLeft wants no worktree and no scratch folder left.
func (p *crashPlace) checkLeft(ctx context.Context) error {
	var errs []error
	trees, err := commandOutput(ctx, p.repo, "git", "worktree", "list", "--porcelain")
	if err != nil || strings.Count(trees, "worktree ") != 1 {
		errs = append(errs, fmt.Errorf("worktrees are left: %s (%w)", trees, err))
	}
	if left, err := filepath.Glob(filepath.Join(p.repo, ".git", "worktrees", "*")); err != nil || len(left) > 0 {
		errs = append(errs, fmt.Errorf("entries of worktrees are left: %v (%w)", left, err))
	}
	dir, err := p.stateDir()
	if err != nil {
		return errors.Join(append(errs, err)...)
	}
	left, err := os.ReadDir(filepath.Join(dir, "scratch"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) || len(left) > 0 {
		errs = append(errs, fmt.Errorf("scratch folders are left: %v (%w)", left, err))
	}
	return errors.Join(errs...)
}

// checkSessions wants every process gone that any run has started, also by way of one that was killed. A killed group
// takes a moment to die.
func (p *crashPlace) checkSessions() error {
	var left map[int]string
	for begun := time.Now(); time.Since(begun) < 10*time.Second; time.Sleep(5 * time.Millisecond) {
		if left = inSessions(p.sessions); len(left) == 0 {
			return nil
		}
	}
	for pid := range left {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	return fmt.Errorf("processes are left: %v", left)
}

// inSessions gives the live processes of some sessions, and their command lines.
func inSessions(sessions []int) map[int]string {
	ours := map[string]bool{}
	for _, s := range sessions {
		ours[strconv.Itoa(s)] = true
	}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	left := map[int]string{}
	for _, name := range stats {
		data, err := os.ReadFile(name)
		if err != nil {
			continue // it has just ended
		}
		// pid (command) state ppid pgrp session …; the command may hold anything.
		fields := bytes.Fields(data[bytes.LastIndexByte(data, ')')+1:])
		if len(fields) > 3 && ours[string(fields[3])] && fields[0][0] != 'Z' {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(name)))
			line, _ := os.ReadFile(filepath.Join(filepath.Dir(name), "cmdline"))
			left[pid] = strings.ReplaceAll(string(line), "\x00", " ")
		}
	}
	return left
}

// checkRest wants a done track to stay as it is when it is run once more.
func (p *crashPlace) checkRest(ctx context.Context, before int) error {
	out, err := p.done(crashRunArgs...)
	if err != nil {
		return err
	}
	after, err := p.journal(ctx)
	if err != nil {
		return err
	}
	if len(after) != before || out != "" {
		return fmt.Errorf("running a done track again added %d events and printed %q", len(after)-before, out)
	}
	return nil
}

// lastKind is the kind of the newest event, for telling where kills fell.
func lastKind(events []engine.Event) string {
	if len(events) == 0 {
		return "nothing"
	}
	return events[len(events)-1].Kind()
}
