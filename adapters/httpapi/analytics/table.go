package analytics

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"

	"github.com/gin-gonic/gin"

	"github.com/doorcode-auth/doorcode/adapters/httpapi/exchange"
	"github.com/doorcode-auth/doorcode/domain"
)

// table is an answer with rows, as JSON or as CSV.
type table struct {
	columns []string
	rows    [][]any
}

// csvType is the media type of CSV.
var csvType = []string{"text/csv; charset=utf-8"}

// tableBody is a table as JSON: one object per row.
type tableBody struct {
	Results    []tableRow `json:"results"`
	NextCursor *string    `json:"next_cursor"` // null after the last page
}

// tableRow is an object with its members in this order.
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

// answerTable answers with a page of an analysis, and with the cursor of the next one.
func answerTable(c *gin.Context, q analysis, t table, next *domain.Cursor) error {
	after := q.cursor(next)
	if after != nil {
		query := maps.Clone(q.query)
		query.Set("cursor", *after)
		c.Writer.Header().Set("Link", "<?"+query.Encode()+`>; rel="next"`)
	}
	if q.csv {
		return answerCSV(c, q.of, t)
	}
	body := tableBody{Results: make([]tableRow, len(t.rows)), NextCursor: after}
	for i, row := range t.rows {
		body.Results[i] = tableRow{t.columns, row}
	}
	return exchange.Answer(c, body)
}

// answerCSV answers with a table as CSV, with a header line.
func answerCSV(c *gin.Context, name string, t table) error {
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
	h.Set("Content-Disposition", `attachment; filename="`+name+`.csv"`)
	c.Status(http.StatusOK)
	_, _ = c.Writer.Write(b.Bytes())
	return nil
}

// formula matches where a spreadsheet could find a formula: at the start of a text, or
// after a possible end of a cell, and after white space, which some trim.
var formula = regexp.MustCompile(`(^|[;,"\t\r\n])([\s\x{a0}\x{feff}]*[=+\-@＝＋－＠|%]|[\t\r\n])`)

// cell is a value as text, with an apostrophe before each possible formula (CSV
// injection).
func cell(value any) string {
	text, ok := value.(string)
	if !ok {
		return fmt.Sprint(value)
	}
	return formula.ReplaceAllString(text, "$1'$2")
}
