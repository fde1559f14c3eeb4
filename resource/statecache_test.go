package resource

import (
	"context"
	"fmt"
	"testing"
	"time"
)

// Many keys, right ones or wrong ones, do not fill the memory.
func TestStatesStayBounded(t *testing.T) {
	asked := 0
	cache := newStateCache[int](time.Now)
	get := func(n int) {
		_, err := cache.get(t.Context(), stateKeyOf(fmt.Sprint(n)), func(context.Context) (int, time.Duration, error) {
			asked++
			return n, time.Hour, nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for n := range maxStates + maxStates/2 {
		get(n)
	}
	cache.mu.Lock()
	if kept := len(cache.young) + len(cache.old); kept > maxStates || len(cache.asking) > 0 {
		t.Errorf("%d states are kept, %d questions", kept, len(cache.asking))
	}
	cache.mu.Unlock()
	before := asked
	if get(maxStates + maxStates/2 - 1); asked != before {
		t.Error("the latest is forgotten")
	}
	if get(0); asked != before+1 {
		t.Error("the first of 15,000 is kept")
	}
}

// Parts are not just put one after the other: nobody's id runs into another's.
func TestStateKeysOfDifferentParts(t *testing.T) {
	if stateKeyOf("ab", "c") == stateKeyOf("a", "bc") || stateKeyOf("a", "") == stateKeyOf("", "a") {
		t.Error("two questions have one key")
	}
}
