package sqlstore

import (
	"strings"

	"github.com/doorcode-auth/doorcode/domain"
)

// FunnelPass is one of the ways in which counting goes over what is stored.
type FunnelPass int

// The passes.
const (
	FunnelUsers  FunnelPass = iota // who came into being, and so with which challenge
	FunnelRecent                   // challenges by their age, and those that they replaced
	FunnelLate                     // challenges of which something was told late
)

// FunnelPageSize is how many keys a page has: how much one commit counts.
const FunnelPageSize = 500

// FunnelDialect is what dialects say in their own ways.
type FunnelDialect struct {
	Day  string // of d.created_at
	Seen string // what follows the deliveries d that a pass over what is late looks at
	Lock string // what follows the deliveries d of which something is to be counted
}

// News begins a statement about the page of a pass after the key $1: page has the
// keys of the page, and news one row for each challenge that has come further than
// was counted, in the order of their keys:
//
//	challenge_id, id   the delivery that it began with
//	counted, stage     how many of its stages were counted, and are to be
//	day, source_id, source_category, source_channel, country
//
// The stages follow each other: each implies those before it.
func (d FunnelDialect) News(pass FunnelPass) string {
	text := recentPage + toldStages + verifiedStages + stagesEnd
	seen := ""
	switch pass {
	case FunnelUsers:
		text = newcomersPage
	case FunnelLate:
		text, seen = latePage+toldStages+stagesEnd, d.Seen
	}
	return strings.NewReplacer("DAY", d.Day, "SEEN", seen, "LOCK", d.Lock).Replace(text + funnelNews)
}

const newcomersPage = `
WITH page AS MATERIALIZED (
	SELECT uuid AS key, challenge_id
	  FROM users
	 WHERE uuid > $1
	 ORDER BY uuid
	 LIMIT 500
), reached AS (
	SELECT challenge_id, 5 AS stage
	  FROM page
	 WHERE challenge_id IS NOT NULL
)`

const recentPage = `
WITH page AS MATERIALIZED (
	SELECT DISTINCT challenge_id AS key
	  FROM deliveries
	 WHERE challenge_id > $1
	 ORDER BY challenge_id
	 LIMIT 500
)`

const latePage = `
WITH page AS MATERIALIZED (
	SELECT DISTINCT challenge_id AS key
	  FROM deliveries
	 WHERE late AND challenge_id > $1
	 ORDER BY challenge_id
	 LIMIT 500
)`

// toldStages are what is known of the messages of the challenges on a page. A
// provider that reports on a message has taken it, whatever has become of it.
const toldStages = `, seen AS MATERIALIZED (
	SELECT d.challenge_id, d.id, d.progress, d.result, d.previous_id
	  FROM page JOIN deliveries AS d ON d.challenge_id = page.key SEEN
), reached AS (
	SELECT challenge_id, max(stage) AS stage
	  FROM (
		SELECT challenge_id,
		       CASE WHEN progress >= 4 THEN 3
		            WHEN progress >= 2 AND result NOT IN (` + refusals + `) THEN 2
		            ELSE 1 END AS stage
		  FROM seen`

// verifiedStages are those of challenges that were used, in their place or before
// another took it.
const verifiedStages = `
		 UNION ALL
		SELECT page.key, 4
		  FROM page JOIN otp_secrets AS s ON s.challenge_id = page.key
		 WHERE s.used_at IS NOT NULL
		 UNION ALL
		SELECT previous_id, 4
		  FROM seen
		 WHERE previous_id IS NOT NULL`

const stagesEnd = `
	  ) AS stages
	 GROUP BY challenge_id
)`

// A source that is not there when its challenge is first counted is another, and the
// challenge stays with that one, which nobody can register through.
const funnelNews = `, news AS (
	SELECT d.challenge_id, d.id, d.counted, r.stage, DAY AS day,
	       CASE WHEN d.source_id <> ''
	                 AND NOT EXISTS (SELECT 1 FROM registration_sources AS s WHERE s.id = d.source_id)
	            THEN '` + domain.SourceOther + `' ELSE d.source_id END AS source_id,
	       d.source_category, d.source_channel, d.country
	  FROM reached AS r JOIN deliveries AS d ON d.challenge_id = r.challenge_id
	 WHERE d.source_category <> '' AND d.counted < r.stage
	 ORDER BY d.challenge_id, d.id LOCK
)`

// refusals are the results of which domain.SendResult.Refused is true.
const refusals = `'` + string(domain.SendInvalidRecipient+`', '`+domain.SendNotOnChannel+`', '`+domain.SendRejected+`', '`+
	domain.SendUnsupported+`', '`+domain.SendRateLimited+`', '`+domain.SendAuthenticationFailed+`', '`+domain.SendUnreachable) + `'`

// FunnelColumns are the columns of funnel.
const FunnelColumns = `day, source_id, category, channel, country, requested, sent, delivered, verified, registered`

// AddToFunnel adds what an INSERT into funnel AS f would store to what is there.
const AddToFunnel = `
    ON CONFLICT (day, source_id, category, channel, country) DO UPDATE
   SET requested  = f.requested + EXCLUDED.requested,
       sent       = f.sent + EXCLUDED.sent,
       delivered  = f.delivered + EXCLUDED.delivered,
       verified   = f.verified + EXCLUDED.verified,
       registered = f.registered + EXCLUDED.registered`

// PageEnd are the columns rows and last of a FunnelPage.
const PageEnd = `(SELECT count(*) FROM page) AS rows, (SELECT key FROM page ORDER BY key DESC LIMIT 1) AS last`
