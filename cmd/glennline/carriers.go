package main

import (
	"context"
	"maps"
	"net"
	"strconv"
	"sync"
	"time"

	"go.uber.org/zap"

	"glennline/config"
	"glennline/ops/doctor"
)

// carrierEvery is how often a carrier is asked whether it lives: as often as
// exchanges ask each other.
const carrierEvery = 30 * time.Second

// carriers asks those trunks by OPTIONS that do not register and name a server,
// again and again. glennline asks and not Asterisk, which would need an endpoint
// through which calls could leave.
type carriers struct {
	ask func(context.Context, config.Trunk) error
	log *zap.Logger

	mu sync.Mutex
	up map[string]bool // by trunk; those that were not asked yet are absent
}

// run asks until ctx ends.
func (c *carriers) run(ctx context.Context, trunks []config.Trunk) {
	var asking sync.WaitGroup
	defer asking.Wait()
	for _, trunk := range trunks {
		if trunk.Type != config.TrunkRegister && trunk.Server != "" {
			asking.Go(func() { c.keepAsking(ctx, trunk) })
		}
	}
}

func (c *carriers) keepAsking(ctx context.Context, trunk config.Trunk) {
	ask := func() {
		err := c.ask(ctx, trunk)
		if ctx.Err() == nil {
			c.heard(trunk.Name, err)
		}
	}
	ask()
	every(ctx, carrierEvery, ask)
}

// heard takes an answer, or the want of one, and logs what has changed.
func (c *carriers) heard(trunk string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.up == nil {
		c.up = make(map[string]bool)
	}
	was, known := c.up[trunk]
	c.up[trunk] = err == nil
	switch {
	case err != nil && (was || !known):
		c.log.Warn("a carrier does not answer OPTIONS: calls by its trunk may not come", zap.String("trunk", trunk), zap.Error(err))
	case err == nil && known && !was:
		c.log.Info("a carrier answers OPTIONS again", zap.String("trunk", trunk))
	}
}

// state is whether each trunk that was asked has answered last.
func (c *carriers) state() map[string]bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.up)
}

// askCarrier asks a trunk's server once.
func askCarrier(ctx context.Context, file config.File, trunk config.Trunk) (peer doctor.Peer, status string, err error) {
	host, port, _ := file.ServerPort(trunk)
	peer = doctor.Peer{
		Address: net.JoinHostPort(host, strconv.Itoa(port)), Host: host,
		Transport: file.TransportOf(trunk), Verify: file.SIP.TLS.VerifyServer,
	}
	if cert, err := file.Certificate(time.Now()); err == nil {
		peer.CA = cert.CA
	}
	ctx, cancel := context.WithTimeout(ctx, optionsWithin)
	defer cancel()
	status, err = doctor.Options(ctx, peer)
	return peer, status, err
}
