package httpapi

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/doorcode-auth/doorcode/domain"
)

// table is an answer with rows, for programs or for a spreadsheet.
type table struct {
	columns []string
	rows    [][]any
}

// csvType is the media type of a table for a spreadsheet.
var csvType = []string{"text/csv; charset=utf-8"}

// tableBody is a table as JSON: an object a row.
type tableBody struct {
	Results    []tableRow `json:"results"`
	NextCursor *string    `json:"next_cursor"` // null after the last page
}

// tableRow is one row: the names of its members, in their order, and their values.
type tableRow struct {
	names  []string
	values []any
}

// MarshalJSON implements json.Marshaler.
func (r tableRow) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, name := range r.names {
		value, err := json.Marshal(r.values[i])
		if err != nil {
			return nil, err
		}
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%q:", name)
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// answerTable answers with a page of an analysis, and where the next one is.
func answerTable(c *gin.Context, q analysis, t table, next *domain.Mark) error {
	after := encodeCursor(next)
	if after != nil {
		query := url.Values{}
		for name, values := range q.query {
			query[name] = values
		}
		query.Set("cursor", *after)
		c.Writer.Header().Set("Link", "<?"+query.Encode()+`>; rel="next"`)
	}
	if q.csv {
		return answerCSV(c, t)
	}
	body := tableBody{Results: make([]tableRow, len(t.rows)), NextCursor: after}
	for i, row := range t.rows {
		body.Results[i] = tableRow{t.columns, row}
	}
	return answer(c, body)
}

// answerCSV answers with a table for a spreadsheet, its columns first.
func answerCSV(c *gin.Context, t table) error {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	if err := w.Write(t.columns); err != nil {
		return fmt.Errorf("encode the answer: %w", err)
	}
	for _, row := range t.rows {
		cells := make([]string, len(row))
		for i, value := range row {
			cells[i] = cell(value)
		}
		if err := w.Write(cells); err != nil {
			return fmt.Errorf("encode the answer: %w", err)
		}
	}
	w.Flush()
	h := c.Writer.Header()
	h["Content-Type"] = csvType
	h.Set("Content-Disposition", `attachment; filename="analytics.csv"`)
	c.Status(http.StatusOK)
	_, _ = c.Writer.Write(b.Bytes()) // fails when the client has gone, and nobody is left to tell
	return nil
}

// cell is a value as text that no spreadsheet takes for a formula: one that looks like
// a formula begins with an apostrophe, also behind white space, which some trim.
func cell(value any) string {
	text, ok := value.(string)
	if !ok {
		return fmt.Sprint(value)
	}
	bare := strings.TrimLeft(text, " \t\r\n\u00a0\ufeff")
	if strings.HasPrefix(text, "\t") || strings.HasPrefix(text, "\r") || strings.HasPrefix(text, "\n") ||
		bare != "" && strings.ContainsRune("=+-@＝＋－＠|%", []rune(bare)[0]) {
		return "'" + text
	}
	return text
}
