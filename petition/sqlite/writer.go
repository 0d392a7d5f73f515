package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"glennline/petition"
)

// maxBatch bounds a transaction, and with it how long the first in it waits for
// the last.
const maxBatch = 512

// change is what one request does in its savepoint. It runs in the writer's
// goroutine. An error undoes it and it alone.
type change func(ctx context.Context, s *session) (*petition.Signature, error)

// outcome answers a request.
type outcome struct {
	signature *petition.Signature
	err       error
}

type request struct {
	change  change
	again   bool          // it may be done again after a transaction that was undone
	delay   time.Duration // how long it may wait for others to share its transaction
	givenUp func() error  // why nobody waits for the outcome any more, nil while somebody does
	done    chan outcome  // of capacity 1, so that the writer waits for nobody
}

// writer is the one goroutine that writes, and its connection. The goroutine
// runs from startWriter to close.
type writer struct {
	path    string
	opened  os.FileInfo // of the file that the connection has
	pool    *sql.DB
	session *session
	audited func() // see Config.Audited
	folding *checkpointer

	mu      sync.Mutex
	urgent  []*request
	patient []*request  // those that may wait for others
	alarm   *time.Timer // makes them due; nil if there are none
	latest  time.Time   // when it does
	joining time.Time   // from when on they go with what is urgent
	due     bool        // they wait no longer
	closing bool
	wake    chan struct{} // of capacity 1: something changed in the fields above
	stopped chan struct{}
}

// startWriter takes over the pool, which must allow one connection. After an
// error the caller still owns it.
func startWriter(ctx context.Context, path string, pool *sql.DB, rule petition.Thresholds, audited func()) (*writer, error) {
	session, err := openSession(ctx, path, pool)
	if err != nil {
		return nil, err
	}
	session.rule = rule
	opened, err := os.Stat(path)
	if err != nil {
		return nil, errors.Join(err, session.close())
	}
	if err := leaveCheckpoints(ctx, session.conn); err != nil {
		return nil, errors.Join(err, session.close())
	}
	// A request's context must not end a transaction that others share, and
	// there is no other: what was accepted is written.
	ctx = context.WithoutCancel(ctx)
	folding, err := startCheckpointer(ctx, path)
	if err != nil {
		return nil, errors.Join(err, session.close())
	}
	w := &writer{
		path:    path,
		opened:  opened,
		pool:    pool,
		session: session,
		audited: audited,
		folding: folding,
		wake:    make(chan struct{}, 1),
		stopped: make(chan struct{}),
	}
	go w.run(ctx)
	return w, nil
}

// do asks for a change and waits until it is committed. When ctx ends first, it
// is unknown whether the change is or will be written; every change is such
// that asking for it again does no harm.
func (w *writer) do(ctx context.Context, r *request) (*petition.Signature, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	r.givenUp, r.done = ctx.Err, make(chan outcome, 1)
	if !w.take(r) {
		return nil, &UnavailableError{Path: w.path, Cause: ErrClosed}
	}

	select {
	case o := <-r.done:
		return o.signature, o.err
	case <-ctx.Done():
	}
	select {
	case o := <-r.done: // both were ready, and this is the better news
		return o.signature, o.err
	default:
		return nil, fmt.Errorf("not known whether it was written; asking again does no harm: %w", ctx.Err())
	}
}

// take accepts a request, unless the writer is closing. One that may wait wakes
// nobody but by the alarm.
func (w *writer) take(r *request) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closing {
		return false
	}
	if r.delay <= 0 {
		w.urgent = append(w.urgent, r)
		w.rouse()
		return true
	}
	w.patient = append(w.patient, r)
	now := time.Now()
	at, join := now.Add(r.delay), now.Add(r.delay/2)
	switch {
	case w.alarm == nil:
		w.alarm = time.AfterFunc(r.delay, w.ring)
		w.latest, w.joining = at, join
	case at.Before(w.latest):
		w.alarm.Reset(r.delay)
		w.latest, w.joining = at, join
	case len(w.patient) >= maxBatch:
		w.due = true
		w.rouse()
	}
	return true
}

// ring says that those who may wait have done so.
func (w *writer) ring() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.due = len(w.patient) > 0
	w.rouse()
}

func (w *writer) rouse() {
	select {
	case w.wake <- struct{}{}:
	default: // it is awake, or will be
	}
}

// close lets the writer finish what it was asked for.
func (w *writer) close() error {
	w.mu.Lock()
	w.closing = true
	w.mu.Unlock()
	w.rouse()
	<-w.stopped
	return errors.Join(w.folding.close(), w.session.close(), w.pool.Close())
}

func (w *writer) run(ctx context.Context) {
	defer close(w.stopped)
	for {
		batch, closing := w.next()
		switch {
		case len(batch) > 0:
			w.write(ctx, batch)
		case closing:
			return
		default:
			<-w.wake
		}
	}
}

// next takes what is to be written now, up to maxBatch. Those who may wait go
// with what is urgent once the first of them has waited for half of its time:
// the later, the more of them share the pages that they change.
func (w *writer) next() (batch []*request, closing bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	batch, w.urgent = first(w.urgent, maxBatch)
	if len(w.patient) == 0 || !w.due && !w.closing && (len(batch) == 0 || time.Now().Before(w.joining)) {
		return batch, w.closing
	}
	var joined []*request
	joined, w.patient = first(w.patient, maxBatch-len(batch))
	if w.due = len(w.patient) > 0; !w.due {
		w.alarm.Stop()
		w.alarm = nil
	}
	return append(batch, joined...), w.closing
}

// first takes at most n requests, and gives those that are left.
func first(all []*request, n int) (taken, left []*request) {
	n = min(len(all), n)
	if n == len(all) {
		return all, nil // lets the answered ones go
	}
	return all[:n:n], all[n:]
}

// write makes one transaction of a batch and answers when it is on disk. If the
// transaction fails, so does everything in it.
func (w *writer) write(ctx context.Context, batch []*request) {
	batch = w.drop(batch)
	if len(batch) == 0 {
		return
	}
	outcomes, err := w.commit(ctx, batch)
	for i, r := range batch {
		if err != nil {
			r.done <- outcome{err: err}
			continue
		}
		r.done <- outcomes[i]
	}
	if err != nil {
		return
	}
	w.folding.changed(len(batch))
	if w.session.audited && w.audited != nil {
		w.audited()
	}
}

// drop answers those that nobody waits for. They are not written: whoever gave
// up may have put them elsewhere.
func (w *writer) drop(batch []*request) []*request {
	kept := make([]*request, 0, len(batch))
	for _, r := range batch {
		if err := r.givenUp(); err != nil {
			r.done <- outcome{err: err}
			continue
		}
		kept = append(kept, r)
	}
	return kept
}

func (w *writer) commit(ctx context.Context, batch []*request) ([]outcome, error) {
	if err := w.inPlace(); err != nil {
		return nil, err
	}
	if len(batch) > 1 && slices.ContainsFunc(batch, func(r *request) bool { return !r.again }) {
		return w.transact(ctx, batch, w.session.attempt)
	}
	outcomes, err := w.transact(ctx, batch, w.session.venture)
	if refused := (refusedError{}); errors.As(err, &refused) {
		if len(batch) > 1 {
			return w.transact(ctx, batch, w.session.attempt)
		}
		return []outcome{refused.outcome}, nil
	}
	return outcomes, err
}

// transact makes a transaction of a batch. An error undoes all of it.
func (w *writer) transact(ctx context.Context, batch []*request, do func(context.Context, change) (*petition.Signature, error)) ([]outcome, error) {
	w.session.audited = false
	if err := w.session.begin(ctx); err != nil {
		return nil, explain(w.path, err)
	}
	outcomes := make([]outcome, len(batch))
	for i, r := range batch {
		signature, err := do(ctx, r.change)
		if errors.Is(err, ErrUnavailable) {
			return nil, errors.Join(err, w.session.rollback(ctx))
		}
		if errors.As(err, &refusedError{}) {
			if err := w.session.rollback(ctx); err != nil {
				return nil, w.session.broken(err)
			}
			return nil, err
		}
		outcomes[i] = outcome{signature: signature, err: err}
	}
	if err := w.session.commit(ctx); err != nil {
		return nil, errors.Join(w.session.broken(err), w.session.rollback(ctx))
	}
	return outcomes, nil
}

// inPlace makes sure that the file at path is still the one that is open. SQLite
// would go on writing to one that was removed, and all of it would be lost.
func (w *writer) inPlace() error {
	info, err := os.Stat(w.path)
	if err != nil {
		return &UnavailableError{Path: w.path, Cause: ErrMoved, Err: err}
	}
	if !os.SameFile(info, w.opened) {
		return &UnavailableError{Path: w.path, Cause: ErrMoved}
	}
	return nil
}
