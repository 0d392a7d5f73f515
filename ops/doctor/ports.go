package doctor

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
)

// Ports looks whether UDP ports are free on an address, from and to included.
func Ports(name, host string, from, to int) Check {
	var taken []string
	for port := from; port <= to; port++ {
		c, err := net.ListenPacket("udp", net.JoinHostPort(host, strconv.Itoa(port))) //nolint:noctx // returns at once
		if err != nil {
			taken = append(taken, strconv.Itoa(port))
			continue
		}
		c.Close()
	}
	if len(taken) > 0 {
		shown := strings.Join(taken[:min(len(taken), 5)], ", ")
		return Warn(name, fmt.Sprintf("%d of UDP %d to %d are taken: %s", len(taken), from, to, shown), "stop what listens there (ss -lunp), or set rtp.from and rtp.to to other ports")
	}
	return Good(name, fmt.Sprintf("UDP %d to %d are free", from, to))
}

// listening are the addresses on which this machine listens on a TCP port.
func listening(port int) ([]netip.Addr, error) {
	var all []netip.Addr
	for _, path := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		f, err := os.Open(path)
		if os.IsNotExist(err) {
			continue // no IPv6
		}
		if err != nil {
			return nil, err
		}
		lines := bufio.NewScanner(f)
		for lines.Scan() {
			if at, ok := listener(lines.Text()); ok && int(at.Port()) == port && !slices.Contains(all, at.Addr()) {
				all = append(all, at.Addr())
			}
		}
		f.Close()
		if err := lines.Err(); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// listener reads a line of /proc/net/tcp (proc_pid_net(5)): the second field is
// the local address, in words of 32 bits of this machine's order, the fourth
// the state, 0A for listening.
func listener(line string) (netip.AddrPort, bool) {
	fields := strings.Fields(line)
	if len(fields) < 4 || fields[3] != "0A" {
		return netip.AddrPort{}, false
	}
	address, port, ok := strings.Cut(fields[1], ":")
	raw, err := hex.DecodeString(address)
	n, portErr := strconv.ParseUint(port, 16, 16)
	if !ok || err != nil || portErr != nil || len(raw)%4 != 0 {
		return netip.AddrPort{}, false
	}
	for word := range slices.Chunk(raw, 4) {
		slices.Reverse(word) // all machines that Asterisk is built for here are little-endian
	}
	addr, ok := netip.AddrFromSlice(raw)
	return netip.AddrPortFrom(addr.Unmap(), uint16(n)), ok
}

// Private looks whether only this machine can reach a TCP port.
func Private(name string, port int) Check {
	at, err := listening(port)
	if err != nil {
		return Warn(name, fmt.Sprintf("who listens on port %d is not known: %v", port, err), "see ss -ltn")
	}
	for _, address := range at {
		if !address.IsLoopback() {
			return Bad(name, fmt.Sprintf("ARI listens on %s port %d: whoever reaches it and has the password commands Asterisk", address, port),
				"set bindaddr = 127.0.0.1 in http.conf, or close the port to all others")
		}
	}
	if len(at) == 0 {
		return Warn(name, fmt.Sprintf("nobody on this machine listens on port %d", port), "look on the machine that Asterisk runs on: only loopback may reach ARI")
	}
	return Good(name, fmt.Sprintf("ARI listens on loopback alone, port %d", port))
}
