package admin

// ring is a queue of fixed size, whose oldest makes room for the newest. Its slots
// are its size.
type ring struct {
	slots []notice
	first int
	count int
}

// put adds a notice. In a full ring the oldest makes room, and comes back.
func (r *ring) put(next notice) (oldest notice, full bool) {
	if full = r.count == len(r.slots); full {
		oldest = r.slots[r.first]
		r.first = (r.first + 1) % len(r.slots)
		r.count--
	}
	r.slots[(r.first+r.count)%len(r.slots)] = next
	r.count++
	return oldest, full
}

// take takes the oldest notices, at most so many.
func (r *ring) take(most int) []notice {
	taken := make([]notice, 0, min(most, r.count))
	for len(taken) < cap(taken) {
		taken = append(taken, r.slots[r.first])
		r.slots[r.first] = notice{}
		r.first = (r.first + 1) % len(r.slots)
		r.count--
	}
	return taken
}
