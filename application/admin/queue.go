package admin

import "github.com/doorcode-auth/doorcode/domain"

// queue is what waits to be told, in the order of its coming. Anybody can ask for codes
// as often as they like, so where there is no room, what makes room is the oldest of
// such requests, and anything else only where none is left.
type queue struct {
	asked ring // requests for a code
	rest  ring
	came  uint64 // how many notices have come
}

// newQueue makes a queue with room for so many notices.
func newQueue(room int) queue {
	return queue{asked: ring{slots: make([]notice, room)}, rest: ring{slots: make([]notice, room)}}
}

// put adds a notice. In a full queue one makes room, and comes back: the new one itself,
// if it is the only request for a code.
func (q *queue) put(next notice) (dropped notice, full bool) {
	q.came++
	next.turn = q.came
	line := &q.rest
	if next.event.Name == domain.EventLoginRequested {
		line = &q.asked
	}
	switch full = q.asked.count+q.rest.count == len(q.rest.slots); {
	case !full:
	case q.asked.count > 0:
		dropped = q.asked.pop()
	case line == &q.asked:
		return next, full
	default:
		dropped = q.rest.pop()
	}
	line.push(next)
	return dropped, full
}

// take takes the oldest notices, at most so many.
func (q *queue) take(most int) []notice {
	taken := make([]notice, 0, min(most, q.asked.count+q.rest.count))
	for len(taken) < cap(taken) {
		line := &q.rest
		if line.count == 0 || q.asked.count > 0 && q.asked.oldest().turn < line.oldest().turn {
			line = &q.asked
		}
		taken = append(taken, line.pop())
	}
	return taken
}
