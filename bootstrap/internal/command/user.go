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
	"sync"

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
	return group("user", "Manage users",
		p.userCreateSuperuserCommand(), p.userShowCommand(), p.userListCommand(),
		p.userSetActiveCommand(true, "may sign in again", "was active already", &cobra.Command{
			Use: "activate", Short: "Let a user sign in again",
			Long: "Let a user sign in again that was disabled. The sessions of before stay ended.",
		}),
		p.userSetActiveCommand(false, "is disabled, and signed out everywhere", "was disabled already", &cobra.Command{
			Use: "deactivate", Short: "Keep a user from signing in, and sign the user out everywhere",
			Long: "Keep a user from signing in, and sign the user out everywhere: no token of the user works at this\n" +
				"service any more. Services that verify access tokens by their signature alone accept one until it expires.",
		}),
		p.userDeleteCommand(), p.userExportCommand(), p.userCanonicalizeCommand())
}

// account names a user, by one argument or by one flag.
type account struct{ email, phone, id string }

// flags adds --email and --phone.
func (a *account) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&a.email, "email", "", "the user with this `address`")
	cmd.Flags().StringVar(&a.phone, "phone", "", "the user with this `number`, such as +15551234567")
}

// ref reads the arguments or the flag.
func (a *account) ref(args []string) (ref port.AccountRef, err error) {
	given := len(args)
	for _, text := range []string{a.email, a.phone, a.id} {
		if text != "" {
			given++
		}
	}
	switch {
	case given != 1:
		return ref, fmt.Errorf("%w: name one user, by an argument such as ada@example.com, +15551234567 or 42, or by "+
			"one of the flags", errUsage)
	case a.email != "":
		if ref.Identifier, err = domain.ParseEmail(a.email); err != nil {
			return ref, fmt.Errorf("%w: --email wants one bare address, such as ada@example.com", errUsage)
		}
	case a.phone != "":
		if ref.Identifier, err = domain.ParsePhone(a.phone); err != nil {
			return ref, fmt.Errorf("%w: --phone wants a number with country code, such as +15551234567", errUsage)
		}
	case a.id != "":
		if ref.ID, err = strconv.ParseInt(a.id, 10, 64); err != nil || ref.ID < 1 {
			return ref, fmt.Errorf("%w: --id wants the number of a user, such as 42", errUsage)
		}
	default:
		if id, err := strconv.ParseInt(args[0], 10, 64); err == nil && id > 0 && args[0][0] != '+' {
			ref.ID = id
		} else if ref.Identifier, err = domain.ParseIdentifier(args[0]); err != nil {
			return ref, fmt.Errorf("%w: the argument names no user: give an e-mail address such as ada@example.com, "+
				"a phone number with country code such as +15551234567, or the number of a user such as 42", errUsage)
		}
	}
	ref.Identifier = (&phonenumbers.Policy{}).Canonical(ref.Identifier)
	return ref, nil
}

// oneUserCommand completes a command about one existing user.
func (p *program) oneUserCommand(
	cmd *cobra.Command, do func(context.Context, *config.Config, wiring.Stores, port.AccountRef) (output, error),
) *cobra.Command {
	var a account
	cmd.Use += " [ADDRESS | NUMBER | ID]"
	cmd.Args = cobra.ArbitraryArgs // checked by account.ref
	a.flags(cmd)
	cmd.Flags().StringVar(&a.id, "id", "", "the user with this `number` as id")
	return p.command(cmd, func(ctx context.Context, args []string) (output, error) {
		ref, err := a.ref(args)
		if err != nil {
			return output{}, err
		}
		return p.withStores(ctx, func(cfg *config.Config, s wiring.Stores) (output, error) { return do(ctx, cfg, s, ref) })
	})
}

func (p *program) userCreateSuperuserCommand() *cobra.Command {
	var a account
	cmd := &cobra.Command{
		Use:   "create-superuser [ADDRESS | NUMBER]",
		Args:  cobra.ArbitraryArgs, // checked by account.ref
		Short: "Make an existing or a new user staff and superuser",
		Long: "Make a user staff and superuser. An address without a user gets one. Superusers sign in with a code, like\n" +
			"every user.",
	}
	a.flags(cmd)
	return p.command(cmd, func(ctx context.Context, args []string) (output, error) {
		ref, err := a.ref(args)
		if err == nil && ref.ID != 0 {
			err = fmt.Errorf("%w: name the superuser by an e-mail address or a phone number, not by an id", errUsage)
		}
		if err != nil {
			return output{}, err
		}
		return p.withStores(ctx, func(cfg *config.Config, s wiring.Stores) (output, error) {
			phones, err := phonenumbers.New(config.PhoneNumbers(cfg))
			if err != nil {
				return output{}, err
			}
			promote := accounts.NewCreateSuperuser(accounts.Ports{
				Accounts: s.Accounts, PhoneNumbers: phones, Clock: system.Clock{}, Random: system.Random{},
			}, cfg.Phone.PlaceholderDomain, cfg.Environment != config.Production)
			out, err := promote.Do(ctx, accounts.CreateSuperuserIn{Identifier: ref.Identifier})
			text := fullName(out.User) + " is a superuser now.\nSuperusers sign in with a code, like every user.\n"
			if out.IsNew {
				text = "New user " + text
			}
			return output{text, map[string]any{"user": jsonUser(out.User), "is_new": out.IsNew}}, err
		})
	})
}

func (p *program) userShowCommand() *cobra.Command {
	return p.oneUserCommand(&cobra.Command{Use: "show", Short: "Show a user with sessions and sources"},
		func(ctx context.Context, _ *config.Config, s wiring.Stores, ref port.AccountRef) (output, error) {
			out, err := accounts.NewShowAccount(s.Accounts).Do(ctx, accounts.ShowAccountIn{Name: ref})
			return output{accountPage(out.Account), jsonAccount(out.Account)}, err
		})
}

func (p *program) userExportCommand() *cobra.Command {
	return p.oneUserCommand(&cobra.Command{
		Use: "export", Short: "Print all stored data of a user",
		Long: "Print all stored data of a user, as JSON whatever the format.",
	}, func(ctx context.Context, _ *config.Config, s wiring.Stores, ref port.AccountRef) (output, error) {
		p.json = true
		out, err := accounts.NewExportAccount(s.Accounts, system.Clock{}).Do(ctx, accounts.ExportAccountIn{Name: ref})
		document := jsonAccount(out.Account)
		document.ExportedAt = &out.At
		return output{json: document}, err
	})
}

func (p *program) userCanonicalizeCommand() *cobra.Command {
	in := accounts.CanonicalizeIdentifiersIn{}
	cmd := &cobra.Command{
		Use: "canonicalize", Short: "List and correct addresses and numbers that are stored in an old form",
		Long: "List addresses and numbers that are stored in a form that is no longer canonical, such as +4407400123456 for\n" +
			"+447400123456: their users get no code by them. --apply corrects them, unless another user has the canonical\n" +
			"form: users are never merged.",
	}
	cmd.Flags().BoolVar(&in.Apply, "apply", false, "correct what is listed")
	return p.command(cmd, func(ctx context.Context, _ []string) (output, error) {
		return p.withStores(ctx, func(_ *config.Config, s wiring.Stores) (output, error) {
			out, err := accounts.NewCanonicalizeIdentifiers(accounts.CanonicalizePorts{
				Accounts: s.Accounts, UserIdentifiers: s.UserIdentifiers, PhoneNumbers: &phonenumbers.Policy{},
			}).Do(ctx, in)
			return canonicalizePage(out, in.Apply), err
		})
	})
}

func (p *program) userListCommand() *cobra.Command {
	in := accounts.ListAccountsIn{}
	var inactive, staff bool
	cmd := &cobra.Command{
		Use: "list", Short: "List users, page by page",
		Long: "List users in the order of their ids, page by page.",
	}
	limitFlag(cmd, &in.Limit, accounts.DefaultAccounts)
	cmd.Flags().Func("after", "the `id` that the page before names", unquoted(func(text string) (err error) {
		if in.AfterID, err = strconv.ParseInt(cmp.Or(text, "0"), 10, 64); err != nil {
			return errors.New("--after wants the number that the page before names")
		}
		return nil
	}))
	cmd.Flags().StringVar(&in.Search, "search", "", "part of the address, number, username or name")
	cmd.Flags().BoolVar(&inactive, "inactive", false, "only disabled users")
	cmd.Flags().BoolVar(&staff, "staff", false, "only staff")
	return p.command(cmd, func(ctx context.Context, _ []string) (output, error) {
		if inactive {
			in.Active = new(bool)
		}
		if staff {
			in.Staff = &staff
		}
		return p.withStores(ctx, func(_ *config.Config, s wiring.Stores) (output, error) {
			out, err := accounts.NewListAccounts(s.Accounts).Do(ctx, in)
			return usersPage(out), err
		})
	})
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

// userSetActiveCommand activates or deactivates a user, and prints what has changed.
func (p *program) userSetActiveCommand(active bool, changed, unchanged string, cmd *cobra.Command) *cobra.Command {
	return p.oneUserCommand(cmd,
		func(ctx context.Context, cfg *config.Config, s wiring.Stores, ref port.AccountRef) (output, error) {
			notifier, err := wiring.NewAdminNotifier(cfg)
			if err != nil {
				return output{}, err
			}
			queue := notices.NewQueue(notifier, s.Users, system.Clock{}, func(err error) {
				wiring.Print(p.stderr, "warning: admins not told: "+err.Error()+"\n")
			})
			running, end := context.WithCancel(context.WithoutCancel(ctx))
			var flushed sync.WaitGroup
			flushed.Go(func() { queue.Run(running) })
			out, err := accounts.NewSetAccountActive(s.Accounts, system.Clock{}, queue).
				Do(ctx, accounts.SetAccountActiveIn{Name: ref, Active: active})
			end()
			flushed.Wait()
			outcome := unchanged
			if out.Changed {
				outcome = changed
			}
			return output{
				"User " + fullName(out.User) + " " + outcome + ".\n",
				map[string]any{"user": jsonUser(out.User), "changed": out.Changed},
			}, err
		})
}

func (p *program) userDeleteCommand() *cobra.Command {
	var yes bool
	cmd := p.oneUserCommand(&cobra.Command{
		Use: "delete", Short: "Delete a user for good",
		Long: "Delete a user for good, with sessions and sources. A later sign-in with the same address makes a new user.",
	}, func(ctx context.Context, _ *config.Config, s wiring.Stores, ref port.AccountRef) (output, error) {
		found, err := accounts.NewShowAccount(s.Accounts).Do(ctx, accounts.ShowAccountIn{Name: ref})
		if err != nil {
			return output{}, err
		}
		user := found.Account.User
		if !yes && !p.confirmed("Delete user "+fullName(user)+" with all that is kept of them? Type yes: ") {
			return output{}, errors.New("nothing was deleted (type yes when asked, or give --yes)")
		}
		// By id: another user may have got the address meanwhile.
		_, err = accounts.NewDeleteAccount(s.Accounts).Do(ctx, accounts.DeleteAccountIn{Name: port.AccountRef{ID: user.ID}})
		return output{
			"User " + fullName(user) + " is deleted.\n",
			map[string]any{"id": user.ID, "uuid": user.UUID, "deleted": true},
		}, err
	})
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return cmd
}

// confirmed asks on standard error, and reads one line.
func (p *program) confirmed(question string) bool {
	const maxAnswer = 1 << 10
	wiring.Print(p.stderr, question)
	line, _ := bufio.NewReader(io.LimitReader(p.stdin, maxAnswer)).ReadString('\n')
	return strings.EqualFold(strings.TrimSpace(line), "yes")
}

// withStores opens the database, beside a running service if there is one.
func (p *program) withStores(
	ctx context.Context, do func(*config.Config, wiring.Stores) (output, error),
) (output, error) {
	cfg, err := p.configure(ctx)
	if err != nil {
		return output{}, err
	}
	if cfg.Database.URL.InMemory() {
		return output{}, errors.New("the database is in the memory of the service, where no command can reach it: " +
			"name a file or a server in DOORCODE_DATABASE_URL")
	}
	s, closeStores, err := wiring.OpenStores(ctx, cfg)
	if err != nil {
		return output{}, err
	}
	defer closeStores()
	out, err := do(cfg, s)
	if err != nil {
		return output{}, commandError(err)
	}
	return out, nil
}

// commandError is a fault of a use case in the terms of the command line.
func commandError(err error) error {
	fault := domain.AsError(err)
	switch {
	case fault.Kind == domain.NotFound:
		return errors.New("there is no such user (doorcode user list shows all users)")
	case errors.Is(err, port.ErrUnverified):
		return errors.New("nothing was changed: this address of the user is not verified, and the user has another one, " +
			"which may be another person's (have the user sign in with this address once, or delete that user: doorcode " +
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
