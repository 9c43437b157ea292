package contract

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/doorcode-auth/doorcode/application/port"
)

// foreignProduct keeps the promises, until a test breaks one.
type foreignProduct struct {
	people []port.ForeignUser
	count  func(people []port.ForeignUser) port.ForeignCount
	order  func(a, b port.ForeignUser) int
	give   func(u *port.ForeignUser)
	deaf   bool // to the end of a context
}

func (p *foreignProduct) Count(context.Context) (port.ForeignCount, error) {
	return p.count(p.people), nil
}

func (p *foreignProduct) All(ctx context.Context) iter.Seq2[port.ForeignUser, error] {
	return func(yield func(port.ForeignUser, error) bool) {
		if ctx.Err() != nil && !p.deaf {
			yield(port.ForeignUser{}, ctx.Err())
			return
		}
		for _, u := range slices.SortedFunc(slices.Values(p.people), p.order) {
			if p.give(&u); !yield(u, nil) {
				return
			}
		}
	}
}

func countAll(people []port.ForeignUser) (count port.ForeignCount) {
	for _, u := range people {
		count.Users++
		if u.ID <= port.MaxUserID {
			count.MaxID = max(count.MaxID, u.ID)
		}
	}
	return count
}

func byID(a, b port.ForeignUser) int { return cmp.Compare(a.ID, b.ID) }

// productWith makes products, each broken in the same way.
func productWith(spoil func(p *foreignProduct), meanwhile func(p *foreignProduct)) OpenForeignUsers {
	return func(_ testing.TB, people []port.ForeignUser) ForeignProduct {
		p := &foreignProduct{people: people, count: countAll, order: byID, give: func(*port.ForeignUser) {}}
		spoil(p)
		return ForeignProduct{ForeignUsers: p, Meanwhile: func(testing.TB) { meanwhile(p) }}
	}
}

func nothing(*foreignProduct) {}

func TestForeignUsers_seesWhatIsBroken(t *testing.T) {
	t.Parallel()
	require.Empty(t, broken(productWith(nothing, nothing), foreignUserPromises()))
	breakers := map[string]OpenForeignUsers{
		"Count must return the": productWith(func(p *foreignProduct) {
			p.count = func(people []port.ForeignUser) port.ForeignCount {
				return port.ForeignCount{Users: len(people), MaxID: people[len(people)-1].ID}
			}
		}, nothing),
		"All must yield every": productWith(func(p *foreignProduct) {
			p.give = func(u *port.ForeignUser) { u.Links = slices.Clone(u.Links); slices.Reverse(u.Links) }
		}, nothing),
		"All and Count must": productWith(nothing,
			func(p *foreignProduct) { p.people = append(p.people, port.ForeignUser{ID: 3}) }),
		"All must yield a": productWith(func(p *foreignProduct) { p.deaf = true }, nothing),
	}
	for _, p := range foreignUserPromises() {
		for begin, open := range breakers {
			if strings.HasPrefix(p.says, begin) {
				require.Equal(t, []string{p.says}, broken(open, []promise[OpenForeignUsers]{p}))
				delete(breakers, begin)
			}
		}
	}
	require.Empty(t, breakers)
}
