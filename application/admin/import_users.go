package admin

import (
	"context"
	"iter"
	"time"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// ImportUsers takes over the people of another product.
type ImportUsers struct {
	foreign port.ForeignUsers
	imports port.UserImports
	rules   domain.SourceRules
	clock   port.Clock
	random  port.Random
}

// NewImportUsers makes the use case. The rules say what the sources are.
func NewImportUsers(
	foreign port.ForeignUsers, imports port.UserImports, rules domain.SourceRules, clock port.Clock, random port.Random,
) *ImportUsers {
	return &ImportUsers{foreign, imports, rules, clock, random}
}

// ImportUsersIn is how to take people over, and who hears of it meanwhile.
type ImportUsersIn struct {
	DryRun   bool                    // do everything, and leave nothing behind
	Report   func(ImportReport)      // hears of everything that is not as it was there
	Progress func(done, foreign int) // hears how far it is
}

// ImportUsersOut counts what was done. Everybody there is one of the first five.
type ImportUsersOut struct {
	Foreign   int // people there
	Added     int
	Completed int // were here, and have something more now
	Unchanged int // were here, with everything
	LeftOut   int // each with a report
	Deleted   int // were deleted there: not taken over
	Linked    int // sources linked to somebody
	Reports   int
}

// Do takes over everybody or, when it fails, nobody.
func (uc *ImportUsers) Do(ctx context.Context, in ImportUsersIn) (out ImportUsersOut, err error) {
	count, err := uc.foreign.Count(ctx)
	if err != nil {
		return ImportUsersOut{}, err
	}
	out.Foreign = count.Users
	desk := &importDesk{ImportUsers: uc, now: uc.clock.Now(), out: &out, report: in.Report}
	err = uc.imports.Import(ctx, port.UserImport{
		Users:      desk.people(ctx, in.Progress),
		MaxID:      count.MaxID,
		Username:   func(i domain.Identifier) string { return domain.Username(i, uc.random.Suffix(usernameSuffix)) },
		OnImported: desk.told,
		DryRun:     in.DryRun,
	})
	if err != nil {
		return ImportUsersOut{}, err
	}
	return out, nil
}

// importDesk takes people in one after the other.
type importDesk struct {
	*ImportUsers
	now    time.Time
	out    *ImportUsersOut
	report func(ImportReport)
	at     port.ForeignUser // whom the store is busy with
	given  port.ImportUser  // the same, as given to it
}

// people are those who can be users here: who has proved an address comes before all
// who have not, whatever their ids. Who cannot be a user is told of and passed over.
func (d *importDesk) people(ctx context.Context, progress func(done, foreign int)) iter.Seq2[port.ImportUser, error] {
	return func(yield func(port.ImportUser, error) bool) {
		done := 0
		for _, proved := range []bool{true, false} {
			for foreign, err := range d.foreign.All(ctx) {
				if err != nil {
					yield(port.ImportUser{}, err)
					return
				}
				claims := claimsOf(foreign)
				if claims.proved != proved {
					continue
				}
				if done++; progress != nil {
					progress(done, d.out.Foreign)
				}
				d.at = foreign
				user, ok := d.read(foreign, claims)
				if d.given = user; ok && !yield(user, nil) {
					return
				}
			}
		}
	}
}

// told takes what became of the one who was given last.
func (d *importDesk) told(told port.ImportedUser) {
	switch told.Outcome {
	case port.ImportAdded:
		d.out.Added++
	case port.ImportCompleted:
		d.out.Completed++
	case port.ImportUnchanged:
		d.out.Unchanged++
	case port.ImportSkipped:
		d.out.LeftOut++
	}
	d.out.Linked += told.Linked
	d.compare(told)
}
