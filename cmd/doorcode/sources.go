package main

import (
	"github.com/spf13/cobra"

	"github.com/doorcode-auth/doorcode/bootstrap"
)

func sourcesCommand(c *bootstrap.Command) *cobra.Command {
	explain := &cobra.Command{
		Use:   "explain URL",
		Short: "Say how the URL of a source is classified, and by which rule",
		Long: "Say how the URL of a source is classified, and by which rule: those of the product and of sources.rules. Nothing is\n" +
			"kept, and nobody is asked. docs/sources.md tells how rules are written. Exits with 1 for what is no source.",
		RunE: func(cmd *cobra.Command, args []string) error {
			c.Args = args
			return c.ExplainSource(cmd.Context())
		},
	}
	return group("sources", "Look at where people come from", topSourcesCommand(c), sourcesReportCommand(c), prints(c, explain))
}

func topSourcesCommand(c *bootstrap.Command) *cobra.Command {
	top := does(&cobra.Command{
		Use:   "top",
		Short: "Print where most users first came from",
		Long:  "Print where most users first came from, of those who joined in a time.",
	}, c.SourcesTop)
	top.Flags().Func("limit", "how `many` at most, up to 1000 (default 20)", unquoted(c.SetLimit))
	timeFlags(c, top, "the beginning")
	return prints(c, top)
}

func sourcesReportCommand(c *bootstrap.Command) *cobra.Command {
	report := does(&cobra.Command{
		Use:   "report",
		Short: "Print who registered in a time, where they came from, and how far challenges came",
		Long: "Print who registered in a time, day by day, by category, channel and source, and how far challenges came. The funnel\n" +
			"counts whole days, and may miss what has happened in the last upkeep.interval.",
	}, c.SourcesReport)
	timeFlags(c, report, "30d")
	return prints(c, report)
}

// timeFlags add the two ends of a time.
func timeFlags(c *bootstrap.Command, cmd *cobra.Command, since string) {
	cmd.Flags().StringVar(&c.Since, "since", "", "30d, 4w or 12h ago, a date or a `time` (default "+since+")")
	cmd.Flags().StringVar(&c.Until, "until", "", "not from this `time` on, said like --since (default now)")
}
