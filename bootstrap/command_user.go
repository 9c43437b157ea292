package bootstrap

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/doorcode-auth/doorcode/adapters/phonenumbers"
	"github.com/doorcode-auth/doorcode/adapters/system"
	"github.com/doorcode-auth/doorcode/application/accounts"
	"github.com/doorcode-auth/doorcode/application/notices"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// UserFlags are those of the user commands. The person is named by one of the first
// three.
type UserFlags struct {
	Email    string // --email
	Phone    string // --phone
	ID       string // --id
	Yes      bool   // --yes, of user delete: do not ask
	After    string // --after, of user list: the id that the page before names
	Search   string // --search, of user list
	Inactive bool   // --inactive, of user list
	Staff    bool   // --staff, of user list
}

// CreateSuperuser makes somebody staff and superuser, whether they have a user or not.
func (c *Command) CreateSuperuser(ctx context.Context) error {
	name, err := c.User.name()
	if err == nil && name.ID != 0 {
		err = fmt.Errorf("%w: --id names a user who is there: name a superuser by --email or --phone", ErrUsage)
	}
	if err != nil {
		return err
	}
	return c.withAccounts(ctx, func(cfg *Config, s stores) error {
		phones, err := phonenumbers.New(phoneNumbersConfig(cfg))
		if err != nil {
			return err
		}
		out, err := accounts.NewCreateSuperuser(accounts.Ports{
			Accounts: s.Accounts, PhoneNumbers: phones, Clock: system.Clock{}, Random: system.Random{},
		}, cfg.Phone.PlaceholderDomain).
			Do(ctx, accounts.CreateSuperuserIn{Identifier: name.Identifier})
		if err != nil {
			return c.inWords(err)
		}
		if c.JSON {
			return c.printJSON(map[string]any{"user": jsonUser(out.User), "is_new": out.IsNew})
		}
		text := calledInFull(out.User) + " is a superuser now.\n"
		if out.IsNew {
			text = "New user " + text
		}
		return c.print(text + "They sign in with a code, like anybody else.\n")
	})
}

// ShowUser prints a user with their sessions and sources.
func (c *Command) ShowUser(ctx context.Context) error {
	return c.withNamed(ctx, func(_ *Config, s stores, name port.AccountRef) error {
		out, err := accounts.NewShowAccount(s.Accounts).Do(ctx, accounts.ShowAccountIn{Name: name})
		switch {
		case err != nil:
			return c.inWords(err)
		case c.JSON:
			return c.printJSON(jsonAccount(out.Account))
		default:
			return c.print(accountPage(out.Account))
		}
	})
}

// ExportUser prints everything that is kept under a user's name, as JSON.
func (c *Command) ExportUser(ctx context.Context) error {
	return c.withNamed(ctx, func(_ *Config, s stores, name port.AccountRef) error {
		out, err := accounts.NewExportAccount(s.Accounts, system.Clock{}).Do(ctx, accounts.ExportAccountIn{Name: name})
		if err != nil {
			return c.inWords(err)
		}
		document := jsonAccount(out.Account)
		document.ExportedAt = &out.At
		return c.printJSON(document)
	})
}

// ListUsers prints a page of users.
func (c *Command) ListUsers(ctx context.Context) error {
	in := accounts.ListAccountsIn{Search: c.User.Search, Limit: c.Limit}
	if c.User.named() {
		return fmt.Errorf("%w: user list lists people: find some with --search", ErrUsage)
	}
	if c.User.After != "" {
		after, err := strconv.ParseInt(c.User.After, 10, 64)
		if err != nil {
			return fmt.Errorf("%w: --after wants the number that the page before names", ErrUsage)
		}
		in.AfterID = after
	}
	if c.User.Inactive {
		in.Active = new(bool)
	}
	if c.User.Staff {
		in.Staff = &c.User.Staff
	}
	return c.withAccounts(ctx, func(_ *Config, s stores) error {
		out, err := accounts.NewListAccounts(s.Accounts).Do(ctx, in)
		switch {
		case err != nil:
			return c.inWords(err)
		case c.JSON:
			return c.printJSON(jsonUsers(out))
		default:
			return c.print(usersPage(out))
		}
	})
}

// ActivateUser lets a user sign in again.
func (c *Command) ActivateUser(ctx context.Context) error {
	return c.setActive(ctx, true, "may sign in again", "was active already")
}

// DeactivateUser keeps a user from signing in, and ends their sessions.
func (c *Command) DeactivateUser(ctx context.Context) error {
	return c.setActive(ctx, false, "is disabled, and signed out everywhere", "was disabled already")
}

// setActive prints what it has changed, or that it was so already.
func (c *Command) setActive(ctx context.Context, active bool, now, already string) error {
	return c.withNamed(ctx, func(cfg *Config, s stores, name port.AccountRef) error {
		return c.tellingAdmins(ctx, cfg, s, func(notices *notices.Queue) error {
			out, err := accounts.NewSetAccountActive(s.Accounts, system.Clock{}, notices).
				Do(ctx, accounts.SetAccountActiveIn{Name: name, Active: active})
			user := "User " + calledInFull(out.User) + " "
			switch {
			case err != nil:
				return c.inWords(err)
			case c.JSON:
				return c.printJSON(map[string]any{"user": jsonUser(out.User), "changed": out.Changed})
			case out.Changed:
				return c.print(user + now + ".\n")
			default:
				return c.print(user + already + ".\n")
			}
		})
	})
}

// DeleteUser removes a user for good, after asking.
func (c *Command) DeleteUser(ctx context.Context) error {
	return c.withNamed(ctx, func(_ *Config, s stores, name port.AccountRef) error {
		found, err := accounts.NewShowAccount(s.Accounts).Do(ctx, accounts.ShowAccountIn{Name: name})
		if err != nil {
			return c.inWords(err)
		}
		user := found.Account.User
		if !c.User.Yes && !c.agreed("Delete user "+calledInFull(user)+" with all that is kept of them? Type yes: ") {
			return errors.New("nothing was deleted (type yes when asked, or give --yes)")
		}
		// Who was shown, and nobody who has the name since.
		if _, err := accounts.NewDeleteAccount(s.Accounts).Do(ctx, accounts.DeleteAccountIn{Name: port.AccountRef{ID: user.ID}}); err != nil {
			return c.inWords(err)
		}
		if c.JSON {
			return c.printJSON(map[string]any{"id": user.ID, "uuid": user.UUID, "deleted": true})
		}
		return c.print("User " + calledInFull(user) + " is deleted.\n")
	})
}

// agreed asks on the standard error, and reads one line.
func (c *Command) agreed(question string) bool {
	say(c.stderr(), question)
	line, _ := bufio.NewReader(io.LimitReader(cmp.Or[io.Reader](c.Stdin, os.Stdin), maxAnswer)).ReadString('\n')
	return strings.EqualFold(strings.TrimSpace(line), "yes")
}

const maxAnswer = 1 << 10

// add makes flags of them.
func (f *UserFlags) add(flags *flag.FlagSet) {
	flags.StringVar(&f.Email, "email", "", "`address` of a person (user)")
	flags.StringVar(&f.Phone, "phone", "", "`number` of a person's phone (user)")
	flags.StringVar(&f.ID, "id", "", "`number` of a user (user)")
	flags.BoolVar(&f.Yes, "yes", false, "do not ask (user delete)")
	flags.StringVar(&f.After, "after", "", "the `id` that the page before names (user list)")
	flags.StringVar(&f.Search, "search", "", "`part` of an address, number, username or name (user list)")
	flags.BoolVar(&f.Inactive, "inactive", false, "only who is disabled (user list)")
	flags.BoolVar(&f.Staff, "staff", false, "only staff (user list)")
}

func (f UserFlags) named() bool { return f.Email != "" || f.Phone != "" || f.ID != "" }

// name is who is named.
func (f UserFlags) name() (name port.AccountRef, err error) {
	given := 0
	for _, text := range []string{f.Email, f.Phone, f.ID} {
		if text != "" {
			given++
		}
	}
	switch {
	case given != 1:
		return name, fmt.Errorf("%w: name the person by one of --email, --phone and --id", ErrUsage)
	case f.Email != "":
		if name.Identifier, err = domain.ParseEmail(f.Email); err != nil {
			return name, fmt.Errorf("%w: --email wants one bare address, such as ada@example.com", ErrUsage)
		}
	case f.Phone != "":
		if name.Identifier, err = domain.ParsePhone(f.Phone); err != nil {
			return name, fmt.Errorf("%w: --phone wants a number with country code, such as +15551234567", ErrUsage)
		}
	default:
		if name.ID, err = strconv.ParseInt(f.ID, 10, 64); err != nil || name.ID < 1 {
			return name, fmt.Errorf("%w: --id wants the number of a user, such as 42", ErrUsage)
		}
	}
	return name, nil
}

// withNamed is withAccounts for what is about the person who is named.
func (c *Command) withNamed(ctx context.Context, do func(*Config, stores, port.AccountRef) error) error {
	name, err := c.User.name()
	if err != nil {
		return err
	}
	return c.withAccounts(ctx, func(cfg *Config, s stores) error { return do(cfg, s, name) })
}

// withAccounts does something with the database, beside a server if there is one.
func (c *Command) withAccounts(ctx context.Context, do func(*Config, stores) error) error {
	cfg, err := c.configure(ctx)
	if err != nil {
		return err
	}
	if cfg.Database.URL.IsSQLite() && cfg.Database.URL.Path() == sqliteMemory {
		return errors.New("the database is in the memory of the service, where no command can reach it: name a file or a server in DOORCODE_DATABASE_URL")
	}
	s, closeStores, err := openStores(ctx, cfg)
	if err != nil {
		return err
	}
	defer closeStores()
	return do(cfg, s)
}

// tellingAdmins does something that admins hear of, and gives them a moment to: what
// cannot be told by then is a warning.
func (c *Command) tellingAdmins(ctx context.Context, cfg *Config, s stores, do func(*notices.Queue) error) error {
	notifier, err := newAdminNotifier(cfg)
	if err != nil {
		return err
	}
	notices := notices.NewQueue(notifier, s.Users, system.Clock{}, func(err error) {
		say(c.stderr(), "warning: admins not told: "+err.Error()+"\n")
	})
	running, end := context.WithCancel(context.WithoutCancel(ctx))
	told := make(chan struct{})
	go func() {
		defer close(told)
		notices.Run(running)
	}()
	err = do(notices)
	end()
	<-told
	return err
}

// inWords is a fault of a use case for whoever has called a command.
func (c *Command) inWords(err error) error {
	fault := domain.AsError(err)
	switch {
	case fault.Kind == domain.NotFound:
		return errors.New("there is no such user (doorcode user list shows who is there)")
	case errors.Is(err, port.ErrUnverified):
		return errors.New("nothing was changed: the user with this address has not proved that it is theirs, and has another one, which may be somebody " +
			"else's (have the person sign in with this address once, or delete that user: doorcode user show)")
	case errors.Is(err, domain.ErrInvalidEmail):
		return fmt.Errorf("%w: --email wants an address that mail can be sent to", ErrUsage)
	case errors.Is(err, domain.ErrInvalidPhone):
		return fmt.Errorf("%w: --phone wants a number that a code may be sent to (see phone.countries)", ErrUsage)
	case fault.Kind == domain.Invalid && fault.Field != "":
		return fmt.Errorf("%w: --%s: %s", ErrUsage, fault.Field, fault.Cure)
	default:
		return err
	}
}
