package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"claviger/internal/core"
	"claviger/internal/store/queries"
)

// Engines, as Engine returns them.
const (
	SQLite   = "sqlite"
	Postgres = "postgres"
)

// Options say where the database is and how the store works. URL, Now and Rand
// are required; zero elsewhere means the default.
type Options struct {
	URL          string // "sqlite:/path/claviger.db" or "postgres://user@host/database"
	Now          func() time.Time
	Rand         io.Reader
	Log          *slog.Logger  // default: discard
	Linger       time.Duration // how long a writer waits for company when the last group had some; default 1 ms
	PollInterval time.Duration // how often changes by other processes are looked for; default 500 ms
	CacheEntries int           // how much is kept in memory of what is read on most requests; default 100,000
}

const defaultPollInterval = 500 * time.Millisecond

// Store is the database with its cache and its writers. Its methods may be
// called from any goroutine.
type Store struct {
	engine  string
	url     string // what the driver opens
	log     *slog.Logger
	now     func() time.Time
	rand    io.Reader
	linger  time.Duration
	reads   *sql.DB
	writes  *sql.DB
	read    *queries.Queries
	closeDB func() error

	caches
	generation atomic.Uint64
	ends       atomic.Uint64 // moves on when a grant may have ended
	away       atomic.Bool   // as Away says
	opened     time.Time     // with the monotonic clock
	looked     atomic.Int64  // when the last look at the database that succeeded began, after opened
	trusted    time.Duration // how long that is good for

	queue   chan *request
	gate    sync.RWMutex // held for reading while a request enters the queue
	closed  bool
	writers sync.WaitGroup
	stop    context.CancelFunc // ends the poller
	polling chan struct{}      // closed when it has ended
	looks   chan struct{}      // wakes the poller
	node    string             // id of this process among the others
	hearing sync.WaitGroup     // the listener of PostgreSQL
	hears   func(context.Context)
	jobs    atomic.Int64
	groups  atomic.Int64
	used    usage
	reruns  atomic.Int64
}

// Open opens the database and starts the writers; it does not migrate. A SQLite
// file is created when it is missing, and Open fails unless commits to it are
// durable. A PostgreSQL server need not be up yet: Ping tells.
func Open(ctx context.Context, options Options) (*Store, error) {
	s, err := newStore(options)
	if err != nil {
		return nil, err
	}
	if s.engine == SQLite {
		err = s.openSQLite(ctx)
	} else {
		err = s.openPostgres(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	s.start(options.PollInterval)
	return s, nil
}

func newStore(options Options) (*Store, error) {
	if options.Now == nil || options.Rand == nil {
		return nil, fmt.Errorf("store: Now and Rand must be set")
	}
	s := &Store{
		log:    options.Log,
		now:    options.Now,
		rand:   &lockedReader{source: options.Rand},
		linger: options.Linger,
		queue:  make(chan *request, queueLength),
		looks:  make(chan struct{}, 1),

		opened:  options.Now(),
		trusted: trusted,
	}
	s.looked.Store(int64(-trusted)) // never
	s.caches = newCaches(cmp.Or(options.CacheEntries, defaultCacheEntries), &s.generation, &s.ends)
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.linger == 0 {
		s.linger = time.Millisecond
	}
	var err error
	s.engine, s.url, err = splitURL(options.URL)
	return s, err
}

// splitURL returns the engine that a URL names, and what its driver opens.
func splitURL(url string) (engine, rest string, err error) {
	switch scheme, rest, _ := strings.Cut(url, ":"); scheme {
	case "sqlite":
		return SQLite, rest, nil
	case "postgres", "postgresql":
		return Postgres, url, nil
	}
	return "", "", fmt.Errorf("store: the database URL must begin with sqlite: or postgres://")
}

func (s *Store) start(pollInterval time.Duration) {
	count := 1
	if s.engine == Postgres {
		count = postgresWriters
	}
	for range count {
		s.writers.Go((&writer{store: s}).work)
	}
	if pollInterval == 0 {
		pollInterval = defaultPollInterval
	}
	ctx, stop := context.WithCancel(context.Background())
	s.stop, s.polling = stop, make(chan struct{})
	go s.poll(ctx, pollInterval)
	if s.hears != nil {
		s.hearing.Go(func() { s.hears(ctx) })
	}
}

// Close commits what is queued, then closes the database. Later writes fail.
func (s *Store) Close() error {
	s.gate.Lock()
	if s.closed {
		s.gate.Unlock()
		return nil
	}
	s.closed = true
	close(s.queue)
	s.gate.Unlock()

	s.writers.Wait()
	s.stop()
	<-s.polling
	s.hearing.Wait()
	return s.closeDB()
}

// Engine returns which database is behind the store: SQLite or Postgres.
func (s *Store) Engine() string { return s.engine }

// Stats counts what the writers have done since Open.
type Stats struct {
	Jobs    int64 // jobs run
	Groups  int64 // commits they took
	Reruns  int64 // groups run again job by job, after a deadlock
	Waiting int   // jobs in the queue now
}

// Stats returns the counters of the writers.
func (s *Store) Stats() Stats {
	return Stats{Jobs: s.jobs.Load(), Groups: s.groups.Load(), Reruns: s.reruns.Load(), Waiting: len(s.queue)}
}

// newID returns a fresh id with prefix.
func (s *Store) newID(prefix string) string { return core.NewID(prefix, s.now(), s.rand) }

// lockedReader lets several writers draw from one random source.
type lockedReader struct {
	mu     sync.Mutex
	source io.Reader
}

func (r *lockedReader) Read(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.source.Read(p)
}
