package main

import (
	"context"
	"errors"
	"maps"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"glennline/config"
)

// Carriers with a server are asked until the end, each change is logged once, and
// those that register or name no server are not asked.
func TestCarriers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core, logs := observer.New(zap.InfoLevel)
		var silent atomic.Bool
		asked := make(map[string]int)
		c := &carriers{log: zap.New(core), ask: func(_ context.Context, trunk config.Trunk) error {
			asked[trunk.Name]++
			if silent.Load() {
				return errors.New("it is silent")
			}
			return nil
		}}
		ctx, cancel := context.WithCancel(t.Context())
		over := make(chan struct{})
		go func() {
			defer close(over)
			c.run(ctx, []config.Trunk{
				{Name: "asked", Type: config.TrunkIP, Server: "192.0.2.1"},
				{Name: "registers", Type: config.TrunkRegister, Server: "192.0.2.1"},
				{Name: "addresses", Type: config.TrunkIP},
			})
		}()
		want := func(up bool, lines int) {
			t.Helper()
			synctest.Wait()
			if got := c.state(); !maps.Equal(got, map[string]bool{"asked": up}) || logs.Len() != lines {
				t.Errorf("%v, %d lines in the log; want up %v and %d", got, logs.Len(), up, lines)
			}
		}
		want(true, 0)
		silent.Store(true)
		time.Sleep(3 * carrierEvery)
		want(false, 1)
		silent.Store(false)
		time.Sleep(2 * carrierEvery)
		want(true, 2)
		cancel()
		<-over
		if !maps.Equal(asked, map[string]int{"asked": 6}) {
			t.Errorf("asked %v", asked)
		}
	})
}
