package main

import (
	"net"
	"net/http"
	"net/http/httptest"

	"github.com/rogpeppe/go-internal/testscript"
)

// cmdBusy takes a port of 127.0.0.1 until the script ends.
func cmdBusy(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: busy udp|tcp VARIABLE")
	}
	if args[0] == "udp" {
		conn, err := net.ListenPacket("udp", "127.0.0.1:0")
		ts.Check(err)
		ts.Defer(func() { _ = conn.Close() })
		setPort(ts, args[1], conn.LocalAddr())
		return
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { _ = listener.Close() })
	setPort(ts, args[1], listener.Addr())
}

// cmdFree finds a port that nobody has.
func cmdFree(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: free VARIABLE")
	}
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	ts.Check(err)
	setPort(ts, args[0], conn.LocalAddr())
	ts.Check(conn.Close())
}

// cmdDeny answers every request as Asterisk does one with a wrong password.
func cmdDeny(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: deny VARIABLE")
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, `{"error":"Unauthorized"}`, http.StatusUnauthorized)
	}))
	ts.Defer(server.Close)
	ts.Setenv(args[0], server.URL+"/ari")
}

func setPort(ts *testscript.TestScript, variable string, addr net.Addr) {
	_, port, err := net.SplitHostPort(addr.String())
	ts.Check(err)
	ts.Setenv(variable, port)
}
