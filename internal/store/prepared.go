package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"sync"

	"claviger/internal/store/queries"
)

// preparedPool runs each statement on a pool through a prepared one that it
// keeps. It is for SQLite; pgx keeps its own.
type preparedPool struct {
	db    *sql.DB
	mu    sync.RWMutex
	stmts map[string]*sql.Stmt
}

func (p *preparedPool) stmt(ctx context.Context, query string) (*sql.Stmt, error) {
	p.mu.RLock()
	stmt := p.stmts[query]
	p.mu.RUnlock()
	if stmt != nil {
		return stmt, nil
	}
	stmt, err := p.db.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if kept := p.stmts[query]; kept != nil {
		return kept, stmt.Close()
	}
	if p.stmts == nil {
		p.stmts = map[string]*sql.Stmt{}
	}
	p.stmts[query] = stmt
	return stmt, nil
}

func (p *preparedPool) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	stmt, err := p.stmt(ctx, query)
	if err != nil {
		return nil, err
	}
	return stmt.ExecContext(ctx, args...)
}

func (p *preparedPool) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	stmt, err := p.stmt(ctx, query)
	if err != nil {
		return nil, err
	}
	return stmt.QueryContext(ctx, args...)
}

func (p *preparedPool) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	stmt, err := p.stmt(ctx, query)
	if err != nil { // the plain path meets the same error, and a Row can carry it
		return p.db.QueryRowContext(ctx, query, args...)
	}
	return stmt.QueryRowContext(ctx, args...)
}

func (p *preparedPool) PrepareContext(ctx context.Context, query string) (*sql.Stmt, error) {
	return p.db.PrepareContext(ctx, query)
}

func (p *preparedPool) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var failed error
	for _, stmt := range p.stmts {
		failed = errors.Join(failed, stmt.Close())
	}
	p.stmts = nil
	return failed
}

// session is the connection of a writer; with keep, its statements are prepared
// once and kept as long as the connection.
type session struct {
	queries *queries.Queries
	conn    *sql.Conn
	keep    bool
	stmts   map[string]*sql.Stmt
}

func (c *session) stmt(ctx context.Context, query string) (*sql.Stmt, error) {
	if stmt := c.stmts[query]; stmt != nil {
		return stmt, nil
	}
	stmt, err := c.conn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	if c.stmts == nil {
		c.stmts = map[string]*sql.Stmt{}
	}
	c.stmts[query] = stmt
	return stmt, nil
}

func (c *session) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if !c.keep {
		return c.conn.ExecContext(ctx, query, args...)
	}
	stmt, err := c.stmt(ctx, query)
	if err != nil {
		return nil, err
	}
	return stmt.ExecContext(ctx, args...)
}

func (c *session) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if !c.keep {
		return c.conn.QueryContext(ctx, query, args...)
	}
	stmt, err := c.stmt(ctx, query)
	if err != nil {
		return nil, err
	}
	return stmt.QueryContext(ctx, args...)
}

func (c *session) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if c.keep {
		if stmt, err := c.stmt(ctx, query); err == nil {
			return stmt.QueryRowContext(ctx, args...)
		}
	}
	return c.conn.QueryRowContext(ctx, query, args...)
}

func (c *session) PrepareContext(ctx context.Context, query string) (*sql.Stmt, error) {
	return c.conn.PrepareContext(ctx, query)
}

// close gives the connection back or, when it is broken, has it closed.
func (c *session) close(broken bool) {
	for _, stmt := range c.stmts {
		_ = stmt.Close() // they end with the connection at the latest
	}
	if broken {
		_ = c.conn.Raw(func(any) error { return driver.ErrBadConn })
	}
	_ = c.conn.Close()
}
