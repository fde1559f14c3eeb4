package faults

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// crowd is many clients that send one kind of request, each on a connection of its
// own, until they are told to stop.
type crowd struct {
	t       *testing.T
	ask     func(client int) (answer, error)
	served  atomic.Int64 // answered as asked for, which done tells
	refused atomic.Int64 // asked to come back
	stop    chan struct{}
	asking  sync.WaitGroup

	mu   sync.Mutex
	took []time.Duration // of what was served
}

// gather begins with so many clients. Each waits every before it asks again; zero:
// it asks at once. An answer that is neither done nor a request to come back is a
// fault.
func gather(t *testing.T, clients int, every time.Duration, done func(answer) bool, ask func(client int) (answer, error)) *crowd {
	c := &crowd{t: t, ask: ask, stop: make(chan struct{})}
	for n := range clients {
		c.asking.Go(func() {
			<-time.After(every * time.Duration(n) / time.Duration(clients)) // not all in one moment
			c.client(n, every, done)
		})
	}
	return c
}

func (c *crowd) client(n int, every time.Duration, done func(answer) bool) {
	pace := time.NewTicker(max(every, time.Nanosecond))
	defer pace.Stop()
	for {
		select {
		case <-c.stop:
			return
		default:
		}
		began := time.Now()
		a, err := c.ask(n)
		took := time.Since(began)
		busy := a.Status == http.StatusServiceUnavailable || a.Status == http.StatusTooManyRequests
		switch {
		case err == nil && done(a):
			c.served.Add(1)
			c.mu.Lock()
			c.took = append(c.took, took)
			c.mu.Unlock()
		case err == nil && busy && a.Header.Get("Retry-After") != "":
			c.refused.Add(1)
		default:
			c.t.Errorf("%d %q, %v", a.Status, a.Error, err)
			return
		}
		if every > 0 {
			<-pace.C
		}
	}
}

// end stops the clients and waits for them.
func (c *crowd) end() {
	close(c.stop)
	c.asking.Wait()
}

// until waits until the crowd was answered so often.
func (c *crowd) until(t *testing.T, answers int64) {
	t.Helper()
	eventually(t, "the crowd is answered", func() bool { return t.Failed() || c.served.Load()+c.refused.Load() >= answers })
}

// percentile is that of the times of what was served.
func (c *crowd) percentile(part float64) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.took) == 0 {
		return 0
	}
	slices.Sort(c.took)
	return quantile(c.took, part)
}

func ok(a answer) bool { return a.Status == http.StatusOK }

// crowded is an installation whose clients keep so many connections, and are
// believed where they come from.
func crowded(t *testing.T, database string, connections int, environ ...string) *installation {
	t.Helper()
	i := newInstallation(t, database)
	i.web.Transport = &http.Transport{MaxIdleConnsPerHost: connections, MaxIdleConns: 0}
	i.environ = append(append(i.environ, "CLAVIGER_TRUSTED_PROXIES=127.0.0.1", "CLAVIGER_LOG_LEVEL=error"), environ...)
	i.start()
	return i
}

// lines are connections for a crowd that always asks the same: what it sends is made
// once and what it gets is only looked at, so that little of the machine that the
// server shares with it goes there.
type lines struct {
	request []byte
	open    []net.Conn
	readers []*bufio.Reader
}

// dial opens a connection for each client. The request is a form for path.
func (i *installation) dial(clients int, path, form string) *lines {
	i.t.Helper()
	host := strings.TrimPrefix(i.url, "http://")
	credentials := base64.StdEncoding.EncodeToString([]byte(i.parties[0].id + ":" + i.parties[0].secret))
	l := &lines{request: fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Basic %s\r\n"+
		"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s", path, host, credentials, len(form), form)}
	for range clients {
		conn, err := net.Dial("tcp", host)
		if err != nil {
			i.t.Fatal(err)
		}
		i.t.Cleanup(func() { _ = conn.Close() })
		l.open, l.readers = append(l.open, conn), append(l.readers, bufio.NewReader(conn))
	}
	return l
}

func (l *lines) ask(client int) (answer, error) {
	if _, err := l.open[client].Write(l.request); err != nil {
		return answer{}, err
	}
	response, err := http.ReadResponse(l.readers[client], nil)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return answer{Status: response.StatusCode, Header: response.Header, Active: bytes.Contains(body, []byte(`"active":true`))}, err
}

// guess signs in as somebody who does not exist, from an address that nobody else
// has: each costs the server a slow hash.
func (i *installation) guess(number int64) (answer, error) {
	form := url.Values{
		"grant_type": {"password"}, "username": {fmt.Sprint("nobody", number)}, "password": {"wrong"}, "organisation": {"ACME"},
	}
	r, err := http.NewRequest(http.MethodPost, i.url+"/oauth2/token", strings.NewReader(form.Encode()))
	if err != nil {
		return answer{}, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("X-Forwarded-For", fmt.Sprintf("10.%d.%d.%d", number>>16&255, number>>8&255, number&255))
	r.SetBasicAuth(i.parties[0].id, i.parties[0].secret)
	response, err := i.web.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return answer{Status: response.StatusCode, Header: response.Header}, err
}

// storm is a crowd that signs in with wrong passwords.
func (i *installation) storm(clients int) *crowd {
	var number atomic.Int64
	wrong := func(a answer) bool { return a.Status == http.StatusBadRequest }
	return gather(i.t, clients, 0, wrong, func(int) (answer, error) { return i.guess(number.Add(1)) })
}

// memory is a figure of /proc/PID/status of the server, in bytes: "VmHWM" is the most
// that it ever took.
func (i *installation) memory(name string) int64 {
	i.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", i.process.Process.Pid))
	if err != nil {
		i.t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, found := strings.CutPrefix(line, name+":"); found {
			kilobytes, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			if err != nil {
				i.t.Fatal(err)
			}
			return kilobytes << 10
		}
	}
	i.t.Fatalf("there is no %s", name)
	return 0
}
