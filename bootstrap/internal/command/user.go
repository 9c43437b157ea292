package command

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/doorcode-auth/doorcode/adapters/phonenumbers"
	"github.com/doorcode-auth/doorcode/adapters/system"
	"github.com/doorcode-auth/doorcode/application/accounts"
	"github.com/doorcode-auth/doorcode/application/notices"
	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/bootstrap/internal/config"
	"github.com/doorcode-auth/doorcode/bootstrap/internal/wiring"
	"github.com/doorcode-auth/doorcode/domain"
)

func (p *program) userCommand() *cobra.Command {
	return group("user", "Look after people",
		p.userCreateSuperuserCommand(), p.userShowCommand(), p.userListCommand(), p.userActivateCommand(),
		p.userDeactivateCommand(), p.userDeleteCommand(), p.userExportCommand())
}

// account names a user, by one argument or by one flag.
type account struct{ email, phone, id string }

// flags adds --email and --phone.
func (a *account) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&a.email, "email", "", "the person with this `address`")
	cmd.Flags().StringVar(&a.phone, "phone", "", "the person with this `number`, such as +15551234567")
}

// name reads the argument or the flag. args has at most the one argument.
func (a *account) name(args ...string) (name port.AccountRef, err error) {
	given := len(args)
	for _, text := range []string{a.email, a.phone, a.id} {
		if text != "" {
			given++
		}
	}
	switch {
	case given != 1:
		return name, fmt.Errorf("%w: name the person by one of --email, --phone and --id, or by one argument that is any "+
			"of these", errUsage)
	case a.email != "":
		if name.Identifier, err = domain.ParseEmail(a.email); err != nil {
			return name, fmt.Errorf("%w: --email wants one bare address, such as ada@example.com", errUsage)
		}
	case a.phone != "":
		if name.Identifier, err = domain.ParsePhone(a.phone); err != nil {
			return name, fmt.Errorf("%w: --phone wants a number with country code, such as +15551234567", errUsage)
		}
	case a.id != "":
		if name.ID, err = strconv.ParseInt(a.id, 10, 64); err != nil || name.ID < 1 {
			return name, fmt.Errorf("%w: --id wants the number of a user, such as 42", errUsage)
		}
	default:
		if id, err := strconv.ParseInt(args[0], 10, 64); err == nil && id > 0 && args[0][0] != '+' {
			name.ID = id
		} else if name.Identifier, err = domain.ParseIdentifier(args[0]); err != nil {
			return name, fmt.Errorf("%w: this is no person's name: give an e-mail address such as ada@example.com, "+
				"a phone number with country code such as +15551234567, or the number of a user such as 42", errUsage)
		}
	}
	name.Identifier = (&phonenumbers.Policy{}).Canonical(name.Identifier)
	return name, nil
}

// userAction is the part that all commands about one existing user have.
type userAction struct {
	output
	account
}

// command makes a command that takes a user.
func (u *userAction) command(
	cmd *cobra.Command, do func(ctx context.Context, cfg *config.Config, s wiring.Stores, name port.AccountRef) error,
) *cobra.Command {
	cmd.Use += " [ADDRESS | NUMBER | ID]"
	leafWithArguments(cmd, func(ctx context.Context, args []string) error {
		name, err := u.name(args...)
		if err != nil {
			return err
		}
		return u.withStores(ctx, func(cfg *config.Config, s wiring.Stores) error { return do(ctx, cfg, s, name) })
	})
	u.account.flags(cmd)
	cmd.Flags().StringVar(&u.id, "id", "", "the person with this `number` of a user")
	return u.flag(cmd)
}

// userCreateSuperuser makes an existing or a new user staff and superuser.
type userCreateSuperuser struct {
	output
	account
}

func (p *program) userCreateSuperuserCommand() *cobra.Command {
	u := &userCreateSuperuser{output: output{program: p}}
	cmd := leaf(&cobra.Command{
		Use:   "create-superuser",
		Short: "Make somebody staff and superuser, new or not",
		Long: "Make somebody staff and superuser. Whoever has no user yet gets one. They sign in with a code, like " +
			"anybody else.",
	}, u.run)
	u.account.flags(cmd)
	return u.flag(cmd)
}

func (u *userCreateSuperuser) run(ctx context.Context) error {
	name, err := u.name()
	if err != nil {
		return err
	}
	return u.withStores(ctx, func(cfg *config.Config, s wiring.Stores) error {
		phones, err := phonenumbers.New(config.PhoneNumbers(cfg))
		if err != nil {
			return err
		}
		out, err := accounts.NewCreateSuperuser(accounts.Ports{
			Accounts: s.Accounts, PhoneNumbers: phones, Clock: system.Clock{}, Random: system.Random{},
		}, cfg.Phone.PlaceholderDomain).Do(ctx, accounts.CreateSuperuserIn{Identifier: name.Identifier})
		if err != nil {
			return commandError(err)
		}
		if u.json {
			return u.printJSON(map[string]any{"user": jsonUser(out.User), "is_new": out.IsNew})
		}
		text := fullName(out.User) + " is a superuser now.\n"
		if out.IsNew {
			text = "New user " + text
		}
		return u.print(text + "They sign in with a code, like anybody else.\n")
	})
}

// userShow prints a user with sessions and sources.
type userShow struct{ userAction }

func (p *program) userShowCommand() *cobra.Command {
	u := &userShow{userAction{output: output{program: p}}}
	return u.command(&cobra.Command{Use: "show", Short: "Show somebody with their sessions and where they came from"},
		u.run)
}

func (u *userShow) run(ctx context.Context, _ *config.Config, s wiring.Stores, name port.AccountRef) error {
	out, err := accounts.NewShowAccount(s.Accounts).Do(ctx, accounts.ShowAccountIn{Name: name})
	switch {
	case err != nil:
		return commandError(err)
	case u.json:
		return u.printJSON(jsonAccount(out.Account))
	default:
		return u.print(accountPage(out.Account))
	}
}

// userExport prints all stored data of a user, as JSON.
type userExport struct{ userAction }

func (p *program) userExportCommand() *cobra.Command {
	u := &userExport{userAction{output: output{program: p}}}
	return u.command(&cobra.Command{
		Use: "export", Short: "Print everything that is kept under somebody's name",
		Long: "Print everything that is kept under somebody's name, as JSON, whatever the format.",
	}, u.run)
}

func (u *userExport) run(ctx context.Context, _ *config.Config, s wiring.Stores, name port.AccountRef) error {
	out, err := accounts.NewExportAccount(s.Accounts, system.Clock{}).Do(ctx, accounts.ExportAccountIn{Name: name})
	if err != nil {
		return commandError(err)
	}
	document := jsonAccount(out.Account)
	document.ExportedAt = &out.At
	return u.printJSON(document)
}

// userList prints a page of users.
type userList struct {
	output
	limit           int
	after           int64
	search          string
	inactive, staff bool
}

func (p *program) userListCommand() *cobra.Command {
	u := &userList{output: output{program: p}}
	list := leaf(&cobra.Command{
		Use: "list", Short: "List people, page by page",
		Long: "List people in the order of their ids, page by page.",
	}, u.run)
	limitFlag(list, &u.limit, 50) // of the use case
	flags := list.Flags()
	flags.Func("after", "the `id` that the page before names", unquoted(func(text string) (err error) {
		if u.after, err = strconv.ParseInt(cmp.Or(text, "0"), 10, 64); err != nil {
			return errors.New("--after wants the number that the page before names")
		}
		return nil
	}))
	flags.StringVar(&u.search, "search", "", "part of the address, number, username or name")
	flags.BoolVar(&u.inactive, "inactive", false, "only who is disabled")
	flags.BoolVar(&u.staff, "staff", false, "only staff")
	return u.flag(list)
}

// limitFlag adds --limit. usual is the default that its help names.
func limitFlag(cmd *cobra.Command, limit *int, usual int) {
	const most = 1000
	use := fmt.Sprintf("how `many` at most, up to %d (default %d)", most, usual)
	cmd.Flags().Func("limit", use, unquoted(func(text string) error {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > most {
			return fmt.Errorf("--limit wants a whole number from 1 to %d", most)
		}
		*limit = n
		return nil
	}))
}

func (u *userList) run(ctx context.Context) error {
	in := accounts.ListAccountsIn{Search: u.search, Limit: u.limit, AfterID: u.after}
	if u.inactive {
		in.Active = new(bool)
	}
	if u.staff {
		in.Staff = &u.staff
	}
	return u.withStores(ctx, func(_ *config.Config, s wiring.Stores) error {
		out, err := accounts.NewListAccounts(s.Accounts).Do(ctx, in)
		switch {
		case err != nil:
			return commandError(err)
		case u.json:
			return u.printJSON(jsonUsers(out))
		default:
			return u.print(usersPage(out))
		}
	})
}

// userSetActive activates or deactivates a user.
type userSetActive struct {
	userAction
	active           bool
	changed, already string // what is printed
}

func (p *program) userActivateCommand() *cobra.Command {
	u := &userSetActive{userAction{output: output{program: p}}, true, "may sign in again", "was active already"}
	return u.command(&cobra.Command{
		Use: "activate", Short: "Let somebody sign in again",
		Long: "Let somebody sign in again who was disabled. What they were signed in with before stays ended.",
	}, u.run)
}

func (p *program) userDeactivateCommand() *cobra.Command {
	u := &userSetActive{
		userAction{output: output{program: p}}, false, "is disabled, and signed out everywhere", "was disabled already",
	}
	return u.command(&cobra.Command{
		Use: "deactivate", Short: "Keep somebody from signing in, and sign them out everywhere",
		Long: "Keep somebody from signing in, and sign them out everywhere: no token of theirs works at this service any " +
			"more. Services\n" +
			"that read access tokens by their signature alone learn of it when the token expires.",
	}, u.run)
}

func (u *userSetActive) run(ctx context.Context, cfg *config.Config, s wiring.Stores, name port.AccountRef) error {
	return u.notifyingAdmins(ctx, cfg, s, func(queue *notices.Queue) error {
		out, err := accounts.NewSetAccountActive(s.Accounts, system.Clock{}, queue).
			Do(ctx, accounts.SetAccountActiveIn{Name: name, Active: u.active})
		user := "User " + fullName(out.User) + " "
		switch {
		case err != nil:
			return commandError(err)
		case u.json:
			return u.printJSON(map[string]any{"user": jsonUser(out.User), "changed": out.Changed})
		case out.Changed:
			return u.print(user + u.changed + ".\n")
		default:
			return u.print(user + u.already + ".\n")
		}
	})
}

// userDelete removes a user for good, after asking.
type userDelete struct {
	userAction
	yes bool
}

func (p *program) userDeleteCommand() *cobra.Command {
	u := &userDelete{userAction: userAction{output: output{program: p}}}
	cmd := u.command(&cobra.Command{
		Use: "delete", Short: "Delete somebody for good",
		Long: "Delete somebody for good, with their sessions and where they came from. Who signs in with the same address " +
			"later is\n" +
			"somebody new.",
	}, u.run)
	cmd.Flags().BoolVar(&u.yes, "yes", false, "do not ask")
	return cmd
}

func (u *userDelete) run(ctx context.Context, _ *config.Config, s wiring.Stores, name port.AccountRef) error {
	found, err := accounts.NewShowAccount(s.Accounts).Do(ctx, accounts.ShowAccountIn{Name: name})
	if err != nil {
		return commandError(err)
	}
	user := found.Account.User
	if !u.yes && !u.confirmed("Delete user "+fullName(user)+" with all that is kept of them? Type yes: ") {
		return errors.New("nothing was deleted (type yes when asked, or give --yes)")
	}
	// By id: another user may have got the name meanwhile.
	if _, err := accounts.NewDeleteAccount(s.Accounts).Do(ctx,
		accounts.DeleteAccountIn{Name: port.AccountRef{ID: user.ID}}); err != nil {
		return commandError(err)
	}
	if u.json {
		return u.printJSON(map[string]any{"id": user.ID, "uuid": user.UUID, "deleted": true})
	}
	return u.print("User " + fullName(user) + " is deleted.\n")
}

// confirmed asks on standard error, and reads one line.
func (p *program) confirmed(question string) bool {
	const maxAnswer = 1 << 10
	wiring.Print(p.stderr, question)
	line, _ := bufio.NewReader(io.LimitReader(p.stdin, maxAnswer)).ReadString('\n')
	return strings.EqualFold(strings.TrimSpace(line), "yes")
}

// withStores opens the database, beside a running service if there is one.
func (p *program) withStores(ctx context.Context, do func(*config.Config, wiring.Stores) error) error {
	cfg, err := p.configure(ctx)
	if err != nil {
		return err
	}
	if cfg.Database.URL.InMemory() {
		return errors.New("the database is in the memory of the service, where no command can reach it: " +
			"name a file or a server in DOORCODE_DATABASE_URL")
	}
	s, closeStores, err := wiring.OpenStores(ctx, cfg)
	if err != nil {
		return err
	}
	defer closeStores()
	return do(cfg, s)
}

// notifyingAdmins runs an action that admins are notified of, and flushes the
// notifications. What cannot be delivered is a warning.
func (p *program) notifyingAdmins(
	ctx context.Context, cfg *config.Config, s wiring.Stores, do func(*notices.Queue) error,
) error {
	notifier, err := wiring.NewAdminNotifier(cfg)
	if err != nil {
		return err
	}
	queue := notices.NewQueue(notifier, s.Users, system.Clock{}, func(err error) {
		wiring.Print(p.stderr, "warning: admins not told: "+err.Error()+"\n")
	})
	running, end := context.WithCancel(context.WithoutCancel(ctx))
	flushed := make(chan struct{})
	go func() {
		defer close(flushed)
		queue.Run(running)
	}()
	err = do(queue)
	end()
	<-flushed
	return err
}

// commandError is a fault of a use case in the terms of the command line.
func commandError(err error) error {
	fault := domain.AsError(err)
	switch {
	case fault.Kind == domain.NotFound:
		return errors.New("there is no such user (doorcode user list shows who is there)")
	case errors.Is(err, port.ErrUnverified):
		return errors.New("nothing was changed: the user with this address has not proved that it is theirs, and has " +
			"another one, " +
			"which may be somebody else's (have the person sign in with this address once, or delete that user: doorcode " +
			"user show)")
	case errors.Is(err, domain.ErrInvalidEmail):
		return fmt.Errorf("%w: --email wants an address that mail can be sent to", errUsage)
	case errors.Is(err, domain.ErrInvalidPhone):
		return fmt.Errorf("%w: --phone wants a number that a code may be sent to (see phone.countries)", errUsage)
	case fault.Kind == domain.Invalid && fault.Field != "":
		return fmt.Errorf("%w: --%s: %s", errUsage, fault.Field, fault.Cure)
	default:
		return err
	}
}
