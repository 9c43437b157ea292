package contract

import (
	"context"
	"iter"
	"slices"
	"testing"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

type importer func(ctx context.Context, in port.UserImport) error

func (f importer) Import(ctx context.Context, in port.UserImport) error { return f(ctx, in) }

// importOtherwise changes what is asked of Import.
func importOtherwise(change func(in *port.UserImport, all Stores)) breaker {
	return func(s *Stores) {
		all := *s
		s.UserImports = importer(func(ctx context.Context, in port.UserImport) error {
			change(&in, all)
			return all.UserImports.Import(ctx, in)
		})
	}
}

// importOthers changes the people of the stream.
func importOthers(change func(u *port.ImportUser, all Stores)) breaker {
	return importOtherwise(func(in *port.UserImport, all Stores) {
		people := in.Users
		in.Users = func(yield func(port.ImportUser, error) bool) {
			for u, err := range people {
				if change(&u, all); !yield(u, err) {
					return
				}
			}
		}
	})
}

// importOneByOne makes an import of each.
func importOneByOne(s *Stores) {
	good := s.UserImports
	s.UserImports = importer(func(ctx context.Context, in port.UserImport) error {
		people := in.Users
		for u, err := range people {
			if err != nil {
				return err
			}
			in.Users = streamOf([]port.ImportUser{u}, nil)
			if err := good.Import(ctx, in); err != nil {
				return err
			}
		}
		return nil
	})
}

func withoutNumber(u *port.ImportUser, _ Stores) { u.ID = 0 }

// raiseRights overwrites the rights of existing users.
func raiseRights(s *Stores) {
	all := *s
	s.UserImports = importer(func(ctx context.Context, in port.UserImport) error {
		if err := all.UserImports.Import(ctx, in); err != nil {
			return err
		}
		for u := range in.Users {
			if id, err := domain.ParseEmail(u.Email); err == nil && u.IsStaff {
				if _, _, err := all.Accounts.Promote(ctx, port.Promotion{Identifier: id}); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

func TestUserImports_seesWhatIsBroken(t *testing.T) {
	t.Parallel()
	seesBreakers(t, userImportPromises(), map[string]breaker{
		"Import must import all users": importOneByOne,
		"A user with free":             importOthers(withoutNumber),
		"An existing user of the":      raiseRights,
		"These must be withheld": importOthers(func(u *port.ImportUser, _ Stores) {
			u.EmailVerified,
				u.PhoneVerified = u.Email != "", u.Phone != ""
		}),
		"An unverified address beside": importOthers(func(u *port.ImportUser, _ Stores) { u.PhoneVerified = true }),
		"A user with two":              importOthers(func(u *port.ImportUser, _ Stores) { u.Phone = "" }),
		"An address of an earlier":     importOneByOne,
		"The same stream again": importOthers(func(u *port.ImportUser, all Stores) {
			users, _ := all.Accounts.List(context.Background(), port.AccountQuery{Limit: 1, Search: "bob"})
			if len(users) > 0 {
				u.Company = "again"
			}
		}),
		"A user that signs in for the": importOtherwise(func(in *port.UserImport, _ Stores) { in.MaxID = 0 }),
		"A dry run must":               importOtherwise(func(in *port.UserImport, _ Stores) { in.DryRun = false }),
		"It must not buffer the stream": importOtherwise(func(in *port.UserImport, _ Stores) {
			in.Users = collected(in.Users)
		}),
	})
}

// collected reads all users before it yields one.
func collected(people iter.Seq2[port.ImportUser, error]) iter.Seq2[port.ImportUser, error] {
	var all []port.ImportUser
	for u, err := range people {
		if err != nil {
			return streamOf(all, err)
		}
		all = append(all, u)
	}
	return streamOf(slices.Clip(all), nil)
}
