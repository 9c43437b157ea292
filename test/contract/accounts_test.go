package contract

import (
	"context"
	"slices"
	"testing"

	"github.com/doorcode-auth/doorcode/application/port"
	"github.com/doorcode-auth/doorcode/domain"
)

// accounts are good ones, until a test breaks a method.
type accounts struct {
	port.Accounts
	find      func(ctx context.Context, name port.AccountRef) (domain.Account, bool, error)
	list      func(ctx context.Context, q port.AccountQuery) ([]domain.User, error)
	promote   func(ctx context.Context, p port.Promotion) (domain.User, bool, error)
	setActive func(ctx context.Context, name port.AccountRef, active bool) (domain.User, bool, bool, error)
	remove    func(ctx context.Context, name port.AccountRef) (bool, error)
}

func (a *accounts) Find(ctx context.Context, name port.AccountRef) (domain.Account, bool, error) {
	return a.find(ctx, name)
}

func (a *accounts) List(ctx context.Context, q port.AccountQuery) ([]domain.User, error) {
	return a.list(ctx, q)
}

func (a *accounts) Promote(ctx context.Context, p port.Promotion) (domain.User, bool, error) {
	return a.promote(ctx, p)
}

func (a *accounts) SetActive(ctx context.Context, name port.AccountRef, active bool) (domain.User, bool, bool, error) {
	return a.setActive(ctx, name, active)
}

func (a *accounts) Delete(ctx context.Context, name port.AccountRef) (bool, error) {
	return a.remove(ctx, name)
}

// breakAccounts gives the other stores too, for what goes around the good one.
func breakAccounts(spoil func(a *accounts, all Stores)) breaker {
	return func(s *Stores) {
		good := s.Accounts
		bad := &accounts{good, good.Find, good.List, good.Promote, good.SetActive, good.Delete}
		spoil(bad, *s)
		s.Accounts = bad
	}
}

// findOtherwise changes what is found.
func findOtherwise(change func(account *domain.Account)) breaker {
	return breakAccounts(func(a *accounts, _ Stores) {
		a.find = func(ctx context.Context, name port.AccountRef) (domain.Account, bool, error) {
			account, found, err := a.Accounts.Find(ctx, name)
			change(&account)
			return account, found, err
		}
	})
}

// promoteOtherwise changes what is asked of Promote, about an existing user or not.
func promoteOtherwise(change func(p *port.Promotion, isNew bool) error) breaker {
	return breakAccounts(func(a *accounts, _ Stores) {
		a.promote = func(ctx context.Context, p port.Promotion) (domain.User, bool, error) {
			_, found, _ := a.Accounts.Find(ctx, port.AccountRef{Identifier: p.Identifier})
			if err := change(&p, !found); err != nil {
				return domain.User{}, false, err
			}
			user, _, err := a.Accounts.Promote(ctx, p)
			return user, !found, err
		}
	})
}

func TestAccounts_seesWhatIsBroken(t *testing.T) {
	t.Parallel()
	seesBreakers(t, accountPromises(), map[string]breaker{
		"The effect of each": breakAccounts(func(a *accounts, _ Stores) {
			a.remove = func(ctx context.Context, name port.AccountRef) (bool, error) {
				if err := hangsUp(ctx); err != nil {
					return false, err
				}
				return a.Accounts.Delete(ctx, name)
			}
		}),
		"Find must return the": findOtherwise(func(account *domain.Account) {
			if !account.User.IsActive {
				account.Sources = nil
			}
		}),
		"The sessions must be": findOtherwise(func(account *domain.Account) { slices.Reverse(account.Sessions) }),
		"List must return the": breakAccounts(func(a *accounts, _ Stores) {
			a.list = func(ctx context.Context, q port.AccountQuery) ([]domain.User, error) {
				q.Staff = nil
				return a.Accounts.List(ctx, q)
			}
		}),
		"Promote must make the": promoteOtherwise(func(p *port.Promotion, isNew bool) error {
			if !isNew {
				return errBroken
			}
			return nil
		}),
		"Without such a user": promoteOtherwise(func(p *port.Promotion, isNew bool) error {
			if isNew {
				return errBroken
			}
			return nil
		}),
		"An unverified identifier beside": breakAccounts(func(a *accounts, all Stores) {
			a.promote = func(ctx context.Context, p port.Promotion) (domain.User, bool, error) {
				if account, found, _ := a.Accounts.Find(ctx, port.AccountRef{Identifier: p.Identifier}); found {
					all.SetUser(&recorder{}, account.User.ID, true, true)
				}
				return a.Accounts.Promote(ctx, p)
			}
		}),
		// in two acts
		"It must be one transaction, whatever": promoteOtherwise(func(*port.Promotion, bool) error { return nil }),
		"A taken username must": promoteOtherwise(func(p *port.Promotion, isNew bool) error {
			p.NewUser.Username += "-2"
			return nil
		}),
	})
}

func TestAccounts_seesWhatIsBroken_inEnds(t *testing.T) {
	t.Parallel()
	seesBreakers(t, accountEndPromises(), map[string]breaker{
		"SetActive must enable or": breakAccounts(func(a *accounts, _ Stores) {
			a.setActive = func(ctx context.Context, name port.AccountRef, active bool) (domain.User, bool, bool, error) {
				user, _, found, err := a.Accounts.SetActive(ctx, name, active)
				return user, found, found, err
			}
		}),
		"A disabled user must": breakAccounts(keepsSessions),
		"A parallel sign-in or refresh": breakAccounts(func(a *accounts, all Stores) { // in two acts
			keepsSessions(a, all)
			keeping := a.setActive
			a.setActive = func(ctx context.Context, name port.AccountRef, active bool) (domain.User, bool, bool, error) {
				account, _, _ := a.Accounts.Find(ctx, name)
				for _, s := range account.Sessions {
					_, _, _ = all.Sessions.End(ctx, domain.Actor{UserUUID: account.User.UUID, SessionID: s.ID},
						port.SessionFilter{Only: s.ID})
				}
				return keeping(ctx, name, active)
			}
		}),
		"Delete must delete the": breakAccounts(func(a *accounts, _ Stores) {
			a.remove = func(ctx context.Context, name port.AccountRef) (bool, error) {
				_, _, found, err := a.Accounts.SetActive(ctx, name, false)
				return found, err
			}
		}),
		"A later or parallel": breakAccounts(func(a *accounts, _ Stores) {
			a.remove = func(ctx context.Context, name port.AccountRef) (bool, error) {
				_, _, found, err := a.Accounts.SetActive(ctx, name, true)
				return found, err
			}
		}),
	})
}

// keepsSessions disables people and leaves their sessions as they are.
func keepsSessions(a *accounts, all Stores) {
	a.setActive = func(ctx context.Context, name port.AccountRef, active bool) (domain.User, bool, bool, error) {
		account, found, err := a.Accounts.Find(ctx, name)
		if !found || err != nil {
			return domain.User{}, false, found, err
		}
		all.SetUser(&recorder{}, account.User.ID, active, true)
		changed := account.User.IsActive != active
		account.User.IsActive = active
		return account.User, changed, true, nil
	}
}
