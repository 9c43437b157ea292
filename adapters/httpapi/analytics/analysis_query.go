package analytics

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/doorcode-auth/doorcode/adapters/httpapi/exchange"
	"github.com/doorcode-auth/doorcode/domain"
)

// analysis is a parsed query, and the format of its answer.
type analysis struct {
	domain.Analysis

	of    string // what is counted: "sources"
	csv   bool
	query url.Values
}

// maxCursorKey bounds the key in a cursor: no row has a longer one.
const maxCursorKey = 1024

// The years of times in a query.
const (
	firstYear = 1970
	lastYear  = 9999
)

// bindAnalysis parses a query. All that is wrong is reported at once; unknown parameters
// are ignored.
func bindAnalysis(c *gin.Context, of string) (analysis, error) {
	values, err := url.ParseQuery(c.Request.URL.RawQuery)
	if err != nil {
		return analysis{}, exchange.BadMembers{{Detail: "The query must be readable: check the % in it"}}
	}
	p := parameters{values: values}
	a := analysis{of: of, query: values}
	a.Since = p.time("since")
	a.Until = p.time("until")
	a.GroupBy = domain.GroupBy(p.text("group_by"))
	a.Limit = p.count("limit")
	a.After = p.mark("cursor", a)
	a.csv = p.oneOf("format", "json", "csv") == "csv"
	if len(p.problems) > 0 {
		return analysis{}, p.problems
	}
	return a, nil
}

// parameters are those of a query, and the problems with them.
type parameters struct {
	values   url.Values
	problems exchange.BadMembers
}

func (p *parameters) refuse(name, cure string) {
	p.problems = append(p.problems, exchange.BadMember{Pointer: "/" + name, Detail: cure})
}

// text is a parameter, "" if it is absent. Two of one name are an error.
func (p *parameters) text(name string) string {
	switch values := p.values[name]; len(values) {
	case 0:
		return ""
	case 1:
		return values[0]
	default:
		p.refuse(name, "Must be there once")
		return ""
	}
}

func (p *parameters) oneOf(name string, normal string, others ...string) string {
	text := p.text(name)
	if text == "" {
		return normal
	}
	if text == normal || slices.Contains(others, text) {
		return text
	}
	p.refuse(name, "Must be "+normal+" or "+strings.Join(others, " or "))
	return normal
}

func (p *parameters) count(name string) int {
	text := p.text(name)
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		p.refuse(name, "Must be a whole number from 1")
		return 0
	}
	return n
}

// time is a parameter that is a time, or a date for its beginning in UTC.
func (p *parameters) time(name string) time.Time {
	text := p.text(name)
	if text == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		t, err = time.Parse(time.RFC3339, strings.Replace(text, " ", "+", 1)) // in a query + is a space
	}
	if t = t.UTC(); err != nil || t.Year() < firstYear || t.Year() > lastYear {
		p.refuse(name, "Must be a date such as 2026-03-14, or a time such as 2026-03-14T12:00:00Z, from 1970 on")
		return time.Time{}
	}
	return t
}

// cursor is a mark as clients hold it: the analysis, and the last row of a page. It is
// opaque, and may change with any version.
type cursor struct {
	Of    string         `json:"of"`
	By    domain.GroupBy `json:"by"`
	Count int64          `json:"n"`
	Key   string         `json:"k"`
}

// cursor encodes the mark at the end of a page; it is nil for the last page.
func (a analysis) cursor(m *domain.Cursor) *string {
	if m == nil {
		return nil
	}
	data, _ := json.Marshal(cursor{a.of, a.GroupBy, m.Count, m.Key}) // cannot fail
	text := base64.RawURLEncoding.EncodeToString(data)
	return &text
}

func (p *parameters) mark(name string, a analysis) *domain.Cursor {
	text := p.text(name)
	if text == "" {
		return nil
	}
	data, err := base64.RawURLEncoding.Strict().DecodeString(text)
	var c cursor
	if err == nil {
		err = json.Unmarshal(data, &c)
	}
	m := domain.Cursor{Count: c.Count, Key: c.Key}
	if err != nil || m.Count < 0 || len(m.Key) > maxCursorKey || !utf8.ValidString(m.Key) ||
		strings.ContainsRune(m.Key, 0) || *a.cursor(&m) != text {
		p.refuse(name, "Must be the next_cursor of the page before, or left out")
		return nil
	}
	return &m
}
