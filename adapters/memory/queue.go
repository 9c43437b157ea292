package memory

// queue is a binary heap of buckets, the one that will be full first in front.
// Each bucket knows its place, so that it can be moved when it is used.
type queue []*bucket

// add puts a bucket at the end; settle then finds its place.
func (q *queue) add(b *bucket) {
	b.place = len(*q)
	*q = append(*q, b)
}

// removeFirst takes out the bucket in front.
func (q *queue) removeFirst() *bucket {
	h := *q
	first, last := h[0], len(h)-1
	h[0], h[last] = h[last], nil
	*q = h[:last]
	if last > 0 {
		h[0].place = 0
		q.settle(h[0])
	}
	return first
}

// settle moves a bucket to where it belongs.
func (q *queue) settle(b *bucket) {
	for b.place > 0 {
		parent := (*q)[(b.place-1)/2]
		if parent.fullAt <= b.fullAt {
			break
		}
		q.swap(parent, b)
	}
	for {
		child := q.firstChild(b.place)
		if child == nil || child.fullAt >= b.fullAt {
			return
		}
		q.swap(b, child)
	}
}

// firstChild is the child that will be full first, nil without children.
func (q *queue) firstChild(place int) *bucket {
	left, right := 2*place+1, 2*place+2
	switch h := *q; {
	case left >= len(h):
		return nil
	case right < len(h) && h[right].fullAt < h[left].fullAt:
		return h[right]
	default:
		return h[left]
	}
}

func (q *queue) swap(a, b *bucket) {
	a.place, b.place = b.place, a.place
	(*q)[a.place], (*q)[b.place] = a, b
}
