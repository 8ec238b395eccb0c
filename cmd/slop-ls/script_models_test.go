package main

import (
	"sync"

	"github.com/slop-ls/slop-ls/engine/scripted"
)

// models are the running servers by the script's folder: a script's commands share nothing else.
var models modelServers

type modelServers struct{ byWork sync.Map }

func (m *modelServers) store(work string, s *scripted.Server) { m.byWork.Store(work, s) }

func (m *modelServers) load(work string) *scripted.Server {
	s, _ := m.byWork.Load(work)
	return s.(*scripted.Server)
}
