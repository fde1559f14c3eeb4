package main

// recent keeps which keys (1 to n) were asked for last, and when.
type recent struct {
	slot       []int32 // by key; 0: not kept
	key        []int32 // by slot
	at         []float64
	prev, next []int32 // a ring through slot 0; next[0] is the latest
	used, room int
}

func newRecent(n, room int) *recent {
	size := room + 1
	return &recent{slot: make([]int32, n+1), key: make([]int32, size), at: make([]float64, size),
		prev: make([]int32, size), next: make([]int32, size), room: room}
}

// ask notes that key is asked for now; it returns when that was so before, if the
// key is still kept.
func (r *recent) ask(key int, now float64) (before float64, kept bool) {
	slot := r.slot[key]
	switch {
	case slot != 0:
		before, kept = r.at[slot], true
		r.unlink(slot)
	case r.used < r.room:
		r.used++
		slot = int32(r.used)
	default:
		slot = r.prev[0]
		r.unlink(slot)
		r.slot[r.key[slot]] = 0
	}
	r.slot[key], r.key[slot], r.at[slot] = slot, int32(key), now
	r.link(slot)
	return before, kept
}

// forget makes a key out of date where it is.
func (r *recent) forget(key int) {
	if slot := r.slot[key]; slot != 0 {
		r.at[slot] = -1
	}
}

func (r *recent) unlink(slot int32) {
	r.next[r.prev[slot]], r.prev[r.next[slot]] = r.next[slot], r.prev[slot]
}

func (r *recent) link(slot int32) {
	r.prev[slot], r.next[slot] = 0, r.next[0]
	r.prev[r.next[0]] = slot
	r.next[0] = slot
}
