package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/doorcode-auth/doorcode/bootstrap"
)

func userCommand(c *bootstrap.Command) *cobra.Command {
	about := func(name, short, long string, do func(context.Context) error) *cobra.Command {
		cmd := does(&cobra.Command{Use: name, Short: short, Long: long}, do)
		cmd.Flags().StringVar(&c.User.Email, "email", "", "the person with this `address`")
		cmd.Flags().StringVar(&c.User.Phone, "phone", "", "the person with this `number`, such as +15551234567")
		return prints(c, cmd)
	}
	aboutKnown := func(name, short, long string, do func(context.Context) error) *cobra.Command {
		cmd := about(name, short, long, do)
		cmd.Flags().StringVar(&c.User.ID, "id", "", "the person with this `number` of a user")
		return cmd
	}
	remove := aboutKnown("delete", "Delete somebody for good",
		"Delete somebody for good, with their sessions and where they came from. Who signs in with the same address later is\nsomebody new.", c.DeleteUser)
	remove.Flags().BoolVar(&c.User.Yes, "yes", false, "do not ask")
	return group("user", "Look after people",
		about("create-superuser", "Make somebody staff and superuser, new or not",
			"Make somebody staff and superuser. Whoever has no user yet gets one. They sign in with a code, like anybody else.", c.CreateSuperuser),
		aboutKnown("show", "Show somebody with their sessions and where they came from", "", c.ShowUser),
		listUsersCommand(c),
		aboutKnown("activate", "Let somebody sign in again",
			"Let somebody sign in again who was disabled. What they were signed in with before stays ended.", c.ActivateUser),
		aboutKnown("deactivate", "Keep somebody from signing in, and sign them out everywhere",
			"Keep somebody from signing in, and sign them out everywhere: no token of theirs works at this service any more. Services\nthat read access tokens by their signature alone learn of it when the token expires.", c.DeactivateUser),
		remove,
		aboutKnown("export", "Print everything that is kept under somebody's name",
			"Print everything that is kept under somebody's name, as JSON, whatever the format.", c.ExportUser),
	)
}

func listUsersCommand(c *bootstrap.Command) *cobra.Command {
	list := does(&cobra.Command{
		Use: "list", Short: "List people, page by page",
		Long: "List people in the order of their ids, page by page.",
	}, c.ListUsers)
	flags := list.Flags()
	flags.Func("limit", "how `many` at most, up to 1000 (default 50)", unquoted(c.SetLimit))
	flags.StringVar(&c.User.After, "after", "", "the `id` that the page before names")
	flags.StringVar(&c.User.Search, "search", "", "part of the address, number, username or name")
	flags.BoolVar(&c.User.Inactive, "inactive", false, "only who is disabled")
	flags.BoolVar(&c.User.Staff, "staff", false, "only staff")
	return prints(c, list)
}
