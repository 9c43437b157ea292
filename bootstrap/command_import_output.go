package bootstrap

import (
	"fmt"
	"strings"

	"github.com/doorcode-auth/doorcode/application/importing"
)

// importPrinter prints what an import tells: reports as they come, or all in one JSON
// object.
type importPrinter struct {
	*Command
	reports []importReportJSON
	err     error // of printing
}

// importJSON is what an import has done. Everybody there is one of the five that follow
// people.
type importJSON struct {
	DryRun    bool               `json:"dry_run"`
	People    int                `json:"people"`
	Added     int                `json:"added"`
	Completed int                `json:"completed"`
	Unchanged int                `json:"unchanged"`
	LeftOut   int                `json:"left_out"`
	Deleted   int                `json:"deleted"`
	Linked    int                `json:"linked"`
	Reports   []importReportJSON `json:"reports"`
}

type importReportJSON struct {
	DjangoID int64  `json:"django_id"`
	UserID   int64  `json:"user_id,omitempty"`
	Field    string `json:"field,omitempty"`
	Code     string `json:"code"`
	Done     string `json:"done"`
	Cure     string `json:"cure,omitempty"`
}

func (p *importPrinter) report(r importing.Report) {
	if p.JSON {
		p.reports = append(p.reports, importReportJSON{r.ForeignID, r.UserID, r.Field, r.Code, r.Done, r.Cure})
		return
	}
	var line strings.Builder
	fmt.Fprintf(&line, "Django user %d", r.ForeignID)
	if r.Field != "" {
		line.WriteString(", " + r.Field)
	}
	line.WriteString(": " + r.Done)
	if r.UserID != 0 {
		fmt.Fprintf(&line, " (user %d here)", r.UserID)
	}
	if r.Cure != "" {
		line.WriteString("; cure: " + r.Cure)
	}
	if err := p.print(line.String() + " [" + r.Code + "]\n"); p.err == nil {
		p.err = err
	}
}

// progress tells whoever waits long how far it is.
func (p *importPrinter) progress(done, all int) {
	const often = 10_000
	if done%often == 0 {
		say(p.stderr(), fmt.Sprintf("%d of %d people\n", done, all))
	}
}

func (p *importPrinter) result(out importing.ImportUsersOut) error {
	if p.JSON {
		return p.printJSON(importJSON{
			p.Import.DryRun, out.Foreign, out.Added, out.Completed, out.Unchanged, out.LeftOut, out.Deleted, out.Linked,
			append([]importReportJSON{}, p.reports...),
		})
	}
	if p.err != nil {
		return p.err
	}
	text := fmt.Sprintf("%d people: %d added, %d completed, %d unchanged, %d left out, %d deleted there. %d links to sources. %d lines above to look at.\n",
		out.Foreign, out.Added, out.Completed, out.Unchanged, out.LeftOut, out.Deleted, out.Linked, out.Reports)
	switch {
	case p.Import.DryRun:
		text += "This was a dry run: nothing was stored.\n"
	case out.Added+out.Completed == 0:
		text += "Nothing has changed.\n"
	}
	return p.print(text)
}
