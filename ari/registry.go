package ari

import (
	"context"
	"sync"

	"glennline/voicemail"
)

// registry holds the calls that are being served, by channel, and their
// goroutines.
type registry struct {
	mu     sync.Mutex
	calls  map[string]*Call
	work   context.Context //nolint:containedctx // Run's, for the calls it starts
	serve  Serve
	closed bool
	run    sync.WaitGroup
}

func newRegistry() *registry {
	// Closed until Run opens it.
	return &registry{calls: make(map[string]*Call), closed: true}
}

func (r *registry) open(work context.Context, serve Serve) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.work, r.serve, r.closed = work, serve, false
}

// close lets no more calls begin and waits for those that run.
func (r *registry) close() {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	r.run.Wait()
}

func (r *registry) find(id string) *Call {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.calls[id]
}

func (r *registry) all() []*Call {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := make([]*Call, 0, len(r.calls))
	for _, call := range r.calls {
		all = append(all, call)
	}
	return all
}

// start runs a call in a goroutine of its own, with serve or what takes its
// place, and forgets it when that returns. It says false if the channel has a
// call already or no more may begin.
func (r *registry) start(call *Call, arrival voicemail.Arrival, instead Serve) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed || r.work.Err() != nil || r.calls[call.id] != nil {
		return false
	}
	serve, work := r.serve, r.work
	if instead != nil {
		serve = instead
	}
	r.calls[call.id] = call
	call.client.stats.calls.Add(1)
	r.run.Go(func() {
		defer func() {
			r.mu.Lock()
			delete(r.calls, call.id)
			r.mu.Unlock()
			call.client.stats.calls.Add(-1)
		}()
		serve(work, call, arrival)
	})
	return true
}
