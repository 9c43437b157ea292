package admin

// ring keeps notices in order, as many as it has slots.
type ring struct {
	slots []notice
	first int
	count int
}

// push adds a notice to a ring that is not full.
func (r *ring) push(next notice) {
	r.slots[(r.first+r.count)%len(r.slots)] = next
	r.count++
}

// oldest is the one that was added first, of a ring that is not empty.
func (r *ring) oldest() *notice { return &r.slots[r.first] }

// pop takes the oldest out.
func (r *ring) pop() notice {
	oldest := r.slots[r.first]
	r.slots[r.first] = notice{}
	r.first = (r.first + 1) % len(r.slots)
	r.count--
	return oldest
}
