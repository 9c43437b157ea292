package notices

import "github.com/doorcode-auth/doorcode/domain"

// backlog is a bounded FIFO queue of two classes. Clients can request codes as often
// as they like, so a full backlog drops the oldest request first, and anything else
// only when it holds no request.
type backlog struct {
	requests ring // login_requested
	others   ring
	pushed   uint64 // notices so far
}

func newBacklog(size int) backlog {
	return backlog{requests: ring{slots: make([]notice, size)}, others: ring{slots: make([]notice, size)}}
}

// push appends a notice. A full backlog drops one and returns it: n itself, if it is
// the only request.
func (b *backlog) push(n notice) (dropped notice, full bool) {
	b.pushed++
	n.seq = b.pushed
	class := &b.others
	if n.event.Name == domain.EventLoginRequested {
		class = &b.requests
	}
	switch full = b.requests.count+b.others.count == len(b.others.slots); {
	case !full:
	case b.requests.count > 0:
		dropped = b.requests.pop()
	case class == &b.requests:
		return n, full
	default:
		dropped = b.others.pop()
	}
	class.push(n)
	return dropped, full
}

// pop removes the oldest notices, at most limit.
func (b *backlog) pop(limit int) []notice {
	popped := make([]notice, 0, min(limit, b.requests.count+b.others.count))
	for len(popped) < cap(popped) {
		class := &b.others
		if class.count == 0 || b.requests.count > 0 && b.requests.oldest().seq < class.oldest().seq {
			class = &b.requests
		}
		popped = append(popped, class.pop())
	}
	return popped
}

// ring is a ring buffer of as many notices as it has slots.
type ring struct {
	slots []notice
	first int
	count int
}

// push appends to a ring that is not full.
func (r *ring) push(n notice) {
	r.slots[(r.first+r.count)%len(r.slots)] = n
	r.count++
}

// oldest is the head of a ring that is not empty.
func (r *ring) oldest() *notice { return &r.slots[r.first] }

// pop removes the head of a ring that is not empty.
func (r *ring) pop() notice {
	oldest := r.slots[r.first]
	r.slots[r.first] = notice{}
	r.first = (r.first + 1) % len(r.slots)
	r.count--
	return oldest
}
