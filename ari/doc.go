// Package ari is the edge to Asterisk: it takes the calls that the dialplan
// hands over with Stasis() and gives each to a function of the caller's as a
// [Call], which answers, plays, records and hangs up.
//
//	Asterisk ── events, one websocket ──> reader ── map by channel ──> Call
//	Asterisk <── requests, a pool of kept connections ─────────────── Call
//
// One goroutine reads the websocket. It decodes an event, finds the call by the
// channel's id and moves that call's step on under the call's lock: nothing on
// this way can block and nothing is queued, so no event is ever dropped here.
// One goroutine runs each call. The package is the only importer of the ARI
// library (github.com/CyCoreSystems/ari/v6), for its types and names. Its event
// bus, websocket and client are left out, because the bus drops what passes 100
// waiting events without a word, the websocket neither pings nor says that it was
// lost, and the client's requests have neither a deadline nor a code in their errors.
//
// A lost socket ends no call: channels stay in Stasis and recordings go on.
// After the next connect the client asks Asterisk what became of each.
//
// What is said here of Asterisk was seen on Asterisk 22.10.1.
package ari
