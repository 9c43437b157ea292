package main

import (
	"bytes"
	"errors"
	"strconv"

	"github.com/doorcode-auth/doorcode/test/bench/load"
)

// person is a user that has signed in at one server.
type person struct {
	address string
	tokens
}

// challenge is a code that was sent and not yet used.
type challenge struct {
	address string
	letter
}

// crowd are the people of one server: what plays need to begin with, and what
// they leave to others. One goroutine at a time plays with it.
type crowd struct {
	name       string // in the addresses, so that no two crowds are the same people
	inbox      *inbox
	born       int         // addresses ever made
	challenges []challenge // to be verified
	people     []person    // with a sign-in left
}

// stranger makes an address that was not used before.
func (c *crowd) stranger() string {
	c.born++
	return c.name + strconv.Itoa(c.born) + "@bench.example"
}

// returning takes a user that has signed in once. Each comes back at most once:
// an address is sent at most three codes an hour.
func (c *crowd) returning() (person, bool) {
	if len(c.people) == 0 {
		return person{}, false
	}
	p := c.people[0]
	c.people = c.people[1:]
	return p, true
}

// requestPlay asks for codes for new addresses.
type requestPlay struct {
	crowd   *crowd
	asked   []string // by connection
	yetToDo int      // negative is without end
}

func newRequestPlay(c *crowd, connections, most int) *requestPlay {
	return &requestPlay{crowd: c, asked: make([]string, connections), yetToDo: most}
}

func (p *requestPlay) Start(connection int, buf []byte) ([]byte, bool) {
	if p.yetToDo == 0 {
		return nil, false
	}
	p.yetToDo--
	p.asked[connection] = p.crowd.stranger()
	return appendRequestOTP(buf, p.asked[connection]), true
}

func (p *requestPlay) Follow(connection int, _, _ []byte) ([]byte, error) {
	address := p.asked[connection]
	l, err := p.crowd.inbox.take(address)
	if err != nil {
		return nil, err
	}
	p.crowd.challenges = append(p.crowd.challenges, challenge{address, l})
	return nil, nil
}

// verifyPlay verifies challenges made before.
type verifyPlay struct {
	crowd   *crowd
	trusted []string // by connection
}

func newVerifyPlay(c *crowd, connections int) *verifyPlay {
	return &verifyPlay{crowd: c, trusted: make([]string, connections)}
}

func (p *verifyPlay) Start(connection int, buf []byte) ([]byte, bool) {
	if len(p.crowd.challenges) == 0 {
		return nil, false
	}
	last := len(p.crowd.challenges) - 1
	c := p.crowd.challenges[last]
	p.crowd.challenges = p.crowd.challenges[:last]
	p.trusted[connection] = c.address
	return appendVerifyOTP(buf, c.letter), true
}

func (p *verifyPlay) Follow(connection int, body, _ []byte) ([]byte, error) {
	given, err := readTokens(body)
	if err != nil {
		return nil, err
	}
	p.crowd.people = append(p.crowd.people, person{p.trusted[connection], given})
	return nil, nil
}

// loginPlay signs people in: it asks for a code and verifies it.
type loginPlay struct {
	crowd   *crowd
	returns bool     // of users with an earlier sign-in, else of new ones
	asked   []string // by connection; "" when the code is being verified
	who     []string
	yetToDo int
}

func newLoginPlay(c *crowd, returns bool, connections, most int) *loginPlay {
	return &loginPlay{
		crowd: c, returns: returns, yetToDo: most,
		asked: make([]string, connections), who: make([]string, connections),
	}
}

func (p *loginPlay) Start(connection int, buf []byte) ([]byte, bool) {
	if p.yetToDo == 0 {
		return nil, false
	}
	p.yetToDo--
	address := ""
	if p.returns {
		somebody, ok := p.crowd.returning()
		if !ok {
			return nil, false
		}
		address = somebody.address
	} else {
		address = p.crowd.stranger()
	}
	p.asked[connection], p.who[connection] = address, address
	return appendRequestOTP(buf, address), true
}

func (p *loginPlay) Follow(connection int, body, buf []byte) ([]byte, error) {
	if address := p.asked[connection]; address != "" {
		p.asked[connection] = ""
		l, err := p.crowd.inbox.take(address)
		if err != nil {
			return nil, err
		}
		return appendVerifyOTP(buf, l), nil
	}
	given, err := readTokens(body)
	if err != nil {
		return nil, err
	}
	if !p.returns {
		p.crowd.people = append(p.crowd.people, person{p.who[connection], given})
	}
	return nil, nil
}

// refreshPlay refreshes sessions of many people. Each person is one connection's,
// which has them in turn: two parallel refreshes of one session get the same
// tokens twice.
type refreshPlay struct {
	people      []person // of the crowd, with their latest tokens
	connections int
	turns       []int // by connection
}

func newRefreshPlay(c *crowd, connections int) *refreshPlay {
	return &refreshPlay{
		people: c.people[:min(len(c.people), audience)], connections: connections,
		turns: make([]int, connections),
	}
}

// who is the person whose turn it is.
func (p *refreshPlay) who(connection int) *person {
	own := (len(p.people) - connection + p.connections - 1) / p.connections
	return &p.people[connection+(p.turns[connection]%own)*p.connections]
}

func (p *refreshPlay) Start(connection int, buf []byte) ([]byte, bool) {
	if connection >= len(p.people) {
		return nil, false
	}
	return appendRefresh(buf, p.who(connection).refresh), true
}

func (p *refreshPlay) Follow(connection int, body, _ []byte) ([]byte, error) {
	given, err := readTokens(body)
	if err != nil {
		return nil, err
	}
	somebody := p.who(connection)
	p.turns[connection]++
	if given.refresh == somebody.refresh {
		return nil, errors.New("the refresh token is the old one")
	}
	somebody.tokens = given
	return nil, nil
}

// whoAmIPlay shows tokens of many people in turn.
type whoAmIPlay struct {
	requests [][]byte
	next     int
}

// audience is how many people the who-am-I of a run is about.
const audience = 2000

func newWhoAmIPlay(c *crowd) *whoAmIPlay {
	p := &whoAmIPlay{}
	for _, somebody := range c.people[:min(len(c.people), audience)] {
		p.requests = append(p.requests, appendWhoAmI(nil, somebody.access))
	}
	return p
}

func (p *whoAmIPlay) Start(_ int, buf []byte) ([]byte, bool) {
	if len(p.requests) == 0 {
		return nil, false
	}
	p.next = (p.next + 1) % len(p.requests)
	return append(buf, p.requests[p.next]...), true
}

func (p *whoAmIPlay) Follow(_ int, body, _ []byte) ([]byte, error) {
	if !bytes.Contains(body, []byte(`"uuid":"`)) {
		return nil, errors.New("the profile has no uuid")
	}
	return nil, nil
}

var (
	_ load.Play = (*requestPlay)(nil)
	_ load.Play = (*verifyPlay)(nil)
	_ load.Play = (*loginPlay)(nil)
	_ load.Play = (*refreshPlay)(nil)
	_ load.Play = (*whoAmIPlay)(nil)
)
