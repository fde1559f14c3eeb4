package storetest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Server is a PostgreSQL server in a directory of its own.
type Server struct {
	bin, dir string
	port     int
	durable  bool
	watch    *exec.Cmd
	orders   io.WriteCloser // to the watch; its end is the end of the server
}

// StartPostgres starts a server for one test, which may crash it. It syncs to
// the disk as a real one does.
func StartPostgres(t testing.TB) *Server {
	t.Helper()
	return startFor(t, true)
}

// StartForgetfulPostgres is StartPostgres for a server that does not sync.
func StartForgetfulPostgres(t testing.TB) *Server {
	t.Helper()
	return startFor(t, false)
}

func startFor(t testing.TB, durable bool) *Server {
	t.Helper()
	s, err := start(durable)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = s.orders.Close()
		_ = s.watch.Wait()
	})
	return s
}

// URL returns the URL of a database on the server.
func (s *Server) URL(database string) string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/%s?sslmode=disable", s.port, database)
}

// Crash stops the server at once, without a checkpoint, and waits until it is
// gone.
func (s *Server) Crash(t testing.TB) {
	t.Helper()
	if _, err := io.WriteString(s.orders, "crash\n"); err != nil {
		t.Fatal(err)
	}
	if err := s.watch.Wait(); err != nil {
		t.Fatal(err)
	}
}

// Restart starts the server again after a crash.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	if err := s.run(); err != nil {
		t.Fatal(err)
	}
}

func start(durable bool) (*Server, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	s := &Server{bin: bin, durable: durable}
	if s.dir, err = os.MkdirTemp("", "claviger-postgres-"); err != nil {
		return nil, err
	}
	if id := unprivileged(); id != nil {
		if err := os.Chown(s.dir, int(id.Uid), int(id.Gid)); err != nil {
			return nil, err
		}
	}
	initdb := s.command("initdb", "-D", s.dir, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	if s.port, err = FreePort(); err != nil {
		return nil, err
	}
	return s, s.run()
}

// binaries returns the directory of the installed server.
func binaries() (string, error) {
	if path, err := exec.LookPath("postgres"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			return filepath.Dir(path), nil
		}
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if len(found) == 0 {
		return "", errors.New("install PostgreSQL 15 or later (Debian: apt-get install postgresql) or set CLAVIGER_TEST_POSTGRES")
	}
	return filepath.Dir(slices.Max(found)), nil
}

func (s *Server) command(name string, args ...string) *exec.Cmd {
	return s.as(exec.Command(filepath.Join(s.bin, name), args...))
}

// as has a command run in the directory of the server, apart from the terminal,
// and not as root, whom the server refuses.
func (s *Server) as(command *exec.Cmd) *exec.Cmd {
	command.Dir = s.dir
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if id := unprivileged(); id != nil {
		command.SysProcAttr.Credential = id
	}
	return command
}

// unprivileged returns whom to run the server as when this is root.
func unprivileged() *syscall.Credential {
	if os.Getuid() != 0 {
		return nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		if found, err := user.Lookup(name); err == nil {
			uid, _ := strconv.ParseUint(found.Uid, 10, 32)
			gid, _ := strconv.ParseUint(found.Gid, 10, 32)
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		}
	}
	return nil
}

// FreePort returns a port on loopback that stays free while a server is away: it is
// below those that systems give to connections, of which tests make thousands.
func FreePort() (int, error) {
	var err error
	for range 100 {
		port := 10_000 + rand.IntN(20_000)
		var listener net.Listener
		if listener, err = net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			return port, listener.Close()
		}
	}
	return 0, err
}

// watchScript runs the server as long as its standard input stays open, which
// the test binary holds: however that ends, the server and its files go too.
// The order to crash leaves the files.
const watchScript = `
bin=$1 dir=$2; shift 2
"$bin/postgres" -D "$dir" "$@" </dev/null >>"$dir/server.log" 2>&1 &
server=$!
read -r order
kill -QUIT $server
wait $server
[ "$order" = crash ] || rm -rf "$dir"
exit 0`

func (s *Server) run() error {
	sync := "off"
	if s.durable {
		sync = "on"
	}
	s.watch = s.as(exec.Command("/bin/sh", "-c", watchScript, "watch", s.bin, s.dir,
		"-p", strconv.Itoa(s.port), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=",
		"-c", "fsync="+sync, "-c", "full_page_writes="+sync, "-c", "max_connections=200", "-c", "shared_buffers=32MB"))
	orders, err := s.watch.StdinPipe()
	if err != nil {
		return err
	}
	s.orders = orders
	if err := s.watch.Start(); err != nil {
		return err
	}
	return s.awaitReady(30 * time.Second)
}

func (s *Server) awaitReady(limit time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, s.URL("postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-ctx.Done():
			log, _ := os.ReadFile(filepath.Join(s.dir, "server.log"))
			return fmt.Errorf("PostgreSQL did not start: %w\n%s", err, log)
		case <-time.After(20 * time.Millisecond):
		}
	}
}
