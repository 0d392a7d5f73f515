package config

import "net/netip"

// monitor keeps what is told without a password on the machine.
func (c *checker) monitor() {
	at := c.file.Monitor.Listen
	if at == "" {
		if c.file.Monitor.Pprof {
			c.fault("monitor.pprof", "profiles are told nowhere: set monitor.listen, such as 127.0.0.1:9470")
		}
		return
	}
	addr, err := netip.ParseAddrPort(at)
	switch {
	case err != nil || addr.Port() == 0:
		c.fault("monitor.listen", "%q is no address and port: write one such as 127.0.0.1:9470", at)
	case !addr.Addr().IsLoopback():
		c.fault("monitor.listen", "%s is not a loopback address: who asks there needs no password; write 127.0.0.1:%d, and let a proxy with one tell others", addr.Addr(), addr.Port())
	}
}
