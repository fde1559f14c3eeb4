package server_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"claviger/internal/server"
	"claviger/internal/server/servertest"
	"claviger/internal/store/storetest"
	"claviger/test/testlog"
)

// Who opens connections and does nothing with them does not keep others out.
func TestR21_ConnectionsAreBounded(t *testing.T) {
	c := servertest.Config(t, storetest.SQLite(t))
	c.Limits.Connections = 16
	instance, err := server.Open(t.Context(), c, server.Environment{Log: testlog.Logger(t), Now: time.Now, Rand: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = instance.Close() })
	s, err := server.New(instance, nil)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx, listener) }()
	t.Cleanup(func() { stop(); <-done })
	closed := make(chan struct{}, 100)
	const opened = 40
	for range opened {
		conn, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		go func() {
			_, _ = conn.Read(make([]byte, 1)) // the server says nothing: it ends when it is closed
			closed <- struct{}{}
		}()
	}
	for range opened - 16 {
		<-closed
	}
	web := &http.Client{}
	metrics := ""
	for range 20 { // each by a connection of its own
		r, err := http.NewRequest(http.MethodGet, "http://"+listener.Addr().String()+"/metrics", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host, r.Close = servertest.Host, true
		response, err := web.Do(r)
		if err != nil || response.StatusCode != http.StatusOK {
			t.Fatal(response, err)
		}
		text, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		metrics = string(text)
	}
	var open, gone int
	for line := range strings.Lines(metrics) {
		_, _ = fmt.Sscanf(line, "claviger_connections %d", &open)
		_, _ = fmt.Sscanf(line, "claviger_connections_closed_total %d", &gone)
	}
	if open > 16 || gone < opened-16 { // else time limits have closed them
		t.Errorf("%d connections are open, %d were closed", open, gone)
	}
}
