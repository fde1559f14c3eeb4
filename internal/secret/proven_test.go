package secret

import (
	"crypto/rand"
	"strconv"
	"testing"
	"time"
)

func TestProvenSparesARepeatAndNothingElse(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	h, count := counted()
	h.Proven = NewProven(func() time.Time { return now }, rand.Reader, 10, 5*time.Minute)
	stored, changed := vectors[1].stored, vectors[2].stored // of U*U and U*U*U
	steps := []struct {
		name, owner, presented string
		stored                 []string
		before                 func()
		matched, slow          int
	}{
		{"the first time", "amy", "U*U", []string{stored}, nil, 0, 1},
		{"a repeat", "amy", "U*U", []string{stored}, nil, 0, 0},
		{"a repeat beside another secret", "amy", "U*U", []string{changed, stored}, nil, 1, 0},
		{"a wrong one", "amy", "U*U*U", []string{stored}, nil, -1, 1},
		{"another owner", "bob", "U*U", []string{stored}, nil, 0, 1},
		{"the old password after a change", "amy", "U*U", []string{changed}, nil, -1, 1},
		{"still a repeat", "amy", "U*U", []string{stored}, nil, 0, 0},
		{"after Forget", "amy", "U*U", []string{stored}, func() { h.Proven.Forget("amy") }, 0, 1},
		{"after its age", "amy", "U*U", []string{stored}, func() { now = now.Add(5 * time.Minute) }, 0, 1},
		{"no owner", "", "U*U", []string{stored}, nil, 0, 1},
		{"no owner again", "", "U*U", []string{stored}, nil, 0, 1},
	}
	for _, step := range steps {
		if step.before != nil {
			step.before()
		}
		count.Store(0)
		matched, _, err := h.VerifyPassword(t.Context(), step.owner, step.presented, step.stored...)
		if matched != step.matched || int(count.Load()) != step.slow || err != nil {
			t.Errorf("%s: %d, %v, after %d slow evaluations; want %d after %d",
				step.name, matched, err, count.Load(), step.matched, step.slow)
		}
	}
}

func TestProvenIsBounded(t *testing.T) {
	p := NewProven(time.Now, rand.Reader, 3, time.Minute)
	for i := range 100 {
		p.remember(strconv.Itoa(i), "x", "stored")
		p.match("0", "x", []string{"stored"}) // in use, so it stays
	}
	if len(p.owners) != 3 || p.recent.Len() != 3 {
		t.Errorf("%d owners, %d entries", len(p.owners), p.recent.Len())
	}
	if p.match("0", "x", []string{"stored"}) != 0 || p.match("99", "x", []string{"stored"}) != 0 {
		t.Error("what was used last is gone")
	}
	if p.match("50", "x", []string{"stored"}) != -1 {
		t.Error("what was used long ago is there")
	}
}

func TestNoProvenForgetsNothing(*testing.T) {
	var p *Proven
	p.Forget("amy")
}
