package scripted

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Header is the response header that says that no model has spoken.
const Header = "X-Scripted-Model"

const (
	fingerprint = "scripted"
	owner       = "slop-ls scripted"
	maxBody     = 64 << 20
)

// Server replays a Script until it is closed. Its methods are safe for concurrent use.
type Server struct {
	script Script
	http   *http.Server
	addr   net.Addr
	log    records
	calls  counter
	stop   context.CancelFunc // ends every request's context
	closed atomic.Bool
	served chan struct{}  // closed when the accept loop has ended
	conns  sync.WaitGroup // one a connection, added to by the accept loop alone
}

// Start serves a script on a free port of 127.0.0.1. The error is about the script, or about the port.
func Start(script Script) (*Server, error) { return StartOn("127.0.0.1:0", script) }

// StartOn is Start on a given address, which must be a loopback one.
func StartOn(addr string, script Script) (*Server, error) {
	if err := script.check(); err != nil {
		return nil, fmt.Errorf("script: %w", err)
	}
	if err := checkLoopback(addr); err != nil {
		return nil, err
	}
	ln, err := net.Listen("tcp", addr) //nolint:noctx // a loopback address is free or taken: there is nothing to wait for
	if err != nil {
		return nil, fmt.Errorf("listening for the scripted model: %w", err)
	}
	s := &Server{script: script, addr: ln.Addr(), served: make(chan struct{})}
	base, stop := context.WithCancel(context.Background())
	s.stop = stop
	s.http = &http.Server{
		Handler:           s.routes(),
		ReadHeaderTimeout: 10 * time.Second,
		BaseContext:       func(net.Listener) context.Context { return base },
		ConnState:         s.track,
	}
	go s.serve(ln)
	return s, nil
}

func checkLoopback(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("address of the scripted model: %w", err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("the scripted model serves on loopback only, not on %q: use 127.0.0.1", host)
	}
	return nil
}

func (s *Server) serve(ln net.Listener) {
	defer close(s.served)
	_ = s.http.Serve(ln) // it ends with ErrServerClosed, or with the listener, and then nobody can ask any more
}

func (s *Server) track(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		s.conns.Add(1)
	case http.StateClosed, http.StateHijacked:
		s.conns.Done()
	}
}

// URL is the base URL for clients: "http://127.0.0.1:4711/v1".
func (s *Server) URL() string { return "http://" + s.addr.String() + s.script.Dialect.base() }

// Close cuts every connection and returns when all that the server has started has ended. It may be called again.
func (s *Server) Close() {
	s.closed.Store(true)
	s.stop()
	_ = s.http.Close()
	<-s.served
	_ = s.http.Close() // a connection that was accepted while the first one ran
	s.conns.Wait()
}

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	for _, base := range s.script.Dialect.places() {
		mux.HandleFunc("GET "+base+"/models", s.models)
		mux.HandleFunc("POST "+base+"/chat/completions", s.chat)
		if s.script.Dialect.traits().responses {
			mux.HandleFunc("POST "+base+"/responses", s.responses)
		}
	}
	if s.script.Dialect == AzureDialect {
		mux.HandleFunc("POST /openai/deployments/{deployment}/chat/completions", s.chat)
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		writeError(w, http.StatusNotFound, apiError{
			Message: "the scripted model knows POST /v1/chat/completions and GET /v1/models only", Type: "not_found",
		})
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set(Header, "true")
		mux.ServeHTTP(w, r)
	})
}

func (s *Server) models(w http.ResponseWriter, r *http.Request) {
	type model struct {
		ID      string `json:"id"`
		Object  string `json:"object"`
		Created int64  `json:"created"`
		OwnedBy string `json:"owned_by"`
	}
	rec := s.record(r)
	var list []model
	for _, name := range s.script.models() {
		list = append(list, model{ID: name, Object: "model", OwnedBy: owner})
	}
	writeJSON(w, http.StatusOK, map[string]any{"object": "list", "data": list})
	s.end(rec, Answered)
}

func (s *Server) record(r *http.Request) *Record {
	rec := &Record{
		Method: r.Method, Path: r.URL.Path, Authorized: r.Header.Get(s.script.Dialect.keyHeader()) != "",
		Rule: -1, Outcome: Pending, Started: time.Now(),
	}
	s.log.add(rec)
	return rec
}

func (s *Server) end(rec *Record, o Outcome) {
	s.log.update(func() { rec.Outcome, rec.Ended = o, time.Now() })
}

// chat answers a chat request. A handler that must cut its connection panics with http.ErrAbortHandler, as net/http
// has it.
func (s *Server) chat(w http.ResponseWriter, r *http.Request) { s.take(w, r, parseRequest) }

// responses answers a request of the Responses API.
func (s *Server) responses(w http.ResponseWriter, r *http.Request) { s.take(w, r, parseResponses) }

func (s *Server) take(w http.ResponseWriter, r *http.Request, parse func([]byte) (Request, error)) {
	rec := s.record(r)
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		s.refuse(w, rec, apiError{Message: "reading the body: " + err.Error(), Type: "invalid_request_error"})
		return
	}
	q, err := parse(body)
	if err != nil {
		s.refuse(w, rec, apiError{Message: err.Error(), Type: "invalid_request_error"})
		return
	}
	if name := r.PathValue("deployment"); name != "" {
		q.Model = name
	}
	rule := s.script.find(&q)
	s.log.update(func() { rec.Request, rec.Rule = q, rule })
	if s.refuses(w, r, &q) {
		s.end(rec, Refused)
		return
	}
	if rule < 0 {
		s.refuse(w, rec, noRule(&q))
		return
	}
	s.answer(w, r, rec, s.reply(rule, &q))
}

func noRule(q *Request) apiError {
	return apiError{
		Message: fmt.Sprintf("no rule of the script fits ticket %q, model %q, turn %d, %d tools",
			q.Ticket, q.Model, q.Turn, len(q.Tools)),
		Type: "no_rule",
	}
}

// reply gives a rule's reply to a request, without the fault when that is used up.
func (s *Server) reply(rule int, q *Request) Reply {
	reply := s.script.Rules[rule].Reply
	if reply.Func != nil {
		reply = reply.Func(*q)
	}
	if f := reply.Fault; f.Kind != NoFault && f.First > 0 && s.calls.next(keyOf(rule, q)) > f.First {
		reply.Fault = Fault{}
	}
	return reply
}

// answer sends a reply and records how that went.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, rec *Record, reply Reply) {
	a := &answer{w: w, http: r, req: &rec.Request, reply: &reply, dialect: s.script.Dialect}
	err := a.send()
	switch {
	case s.closed.Load():
		s.end(rec, Closed)
	case errors.Is(err, errFault):
		s.end(rec, Faulted)
	case err != nil:
		s.end(rec, HungUp)
	default:
		s.end(rec, Answered)
	}
	if a.cut {
		panic(http.ErrAbortHandler)
	}
}

func (s *Server) refuse(w http.ResponseWriter, rec *Record, e apiError) {
	writeError(w, http.StatusBadRequest, e)
	s.end(rec, Refused)
}

type apiError struct {
	Message string `json:"message"`
	Type    string `json:"type"`
	Code    string `json:"code,omitempty"`
}

func writeError(w http.ResponseWriter, status int, e apiError) {
	writeJSON(w, status, map[string]any{"error": e})
}

// writeJSON sends a value. An error of it is the client's hanging up, which the caller need not know.
func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

// callKey names what faults are counted by. Where a request names no ticket its first user message stands for one.
type callKey struct {
	rule          int
	model, ticket string
	turn          int
}

func keyOf(rule int, q *Request) callKey {
	ticket := q.Ticket
	if ticket == "" {
		ticket = "\n" + q.firstUserText()
	}
	return callKey{rule, q.Model, ticket, q.Turn}
}

// counter counts calls by key.
type counter struct {
	mu   sync.Mutex
	seen map[callKey]int
}

func (c *counter) next(k callKey) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.seen == nil {
		c.seen = map[callKey]int{}
	}
	c.seen[k]++
	return c.seen[k]
}
