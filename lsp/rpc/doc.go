// Package rpc is one JSON-RPC connection of the server: what comes in order, what may wait, what is refused with which
// code, and what a client that does not read costs. It is the one room of the server that touches jsonrpc2, and knows
// neither sessions nor documents.
//
// A request has two halves. Routes.Prepare runs inline on the read loop, so it sees the documents exactly as they were
// when the request was sent; it gets no client, so it cannot wait for an answer that only the read loop could read. The
// Work that it gives runs after the loop was released, may ask the client anything, and is given up at once when the
// client cancels it. Notifications run inline and whole: their order is the order of the wire.
//
// Whoever answers a request refuses it with Refuse, whose message says what to do; every other error goes out as
// RequestFailed.
package rpc
