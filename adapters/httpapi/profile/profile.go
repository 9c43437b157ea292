// Package profile serves the routes of a user's own profile and sources, and renders
// users for other areas.
package profile

import (
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/doorcode-auth/doorcode/adapters/httpapi/exchange"
	"github.com/doorcode-auth/doorcode/adapters/httpapi/strictjson"
	"github.com/doorcode-auth/doorcode/application"
	"github.com/doorcode-auth/doorcode/application/profile"
	"github.com/doorcode-auth/doorcode/application/sources"
	"github.com/doorcode-auth/doorcode/domain"
)

type area struct {
	show    *profile.ShowProfile
	change  *profile.ChangeProfile
	sources *sources.ListSources
	users   Renderer
}

// Routes are the routes of the area.
func Routes(app *application.Application, users Renderer) []exchange.Route {
	a := &area{show: app.ShowProfile, change: app.ChangeProfile, sources: app.ListSources, users: users}
	return []exchange.Route{
		{Method: http.MethodGet, Path: "/api/profile", Handle: a.showProfile},
		{Method: http.MethodPatch, Path: "/api/profile", Handle: a.changeProfile},
		{Method: http.MethodGet, Path: "/api/profile/sources", Handle: a.listSources},
	}
}

// showProfile answers GET /api/profile.
func (a *area) showProfile(c *gin.Context) error {
	out, err := a.show.Do(c.Request.Context(), profile.ShowProfileIn{Actor: exchange.Of(c).Actor})
	if err != nil {
		return err
	}
	return exchange.Answer(c, a.users.profile(&out.User))
}

// changeProfile answers PATCH /api/profile.
func (a *area) changeProfile(c *gin.Context) error {
	actor := exchange.Of(c).Actor
	change, err := a.bindProfileChange(c, actor)
	if err != nil {
		return err
	}
	out, err := a.change.Do(c.Request.Context(), profile.ChangeProfileIn{Actor: actor, Change: change})
	if err != nil {
		return err
	}
	return exchange.Answer(c, a.users.profile(&out.User))
}

// bindProfileChange reads the members that may be changed. The others may repeat their
// present values, so that a client can send a whole profile back; unknown ones are
// ignored. Invalid texts are reported together with wrong types.
func (a *area) bindProfileChange(c *gin.Context, actor domain.Actor) (domain.ProfileChange, error) {
	b, err := exchange.ReadBody(c.Request)
	if err != nil {
		return domain.ProfileChange{}, err
	}
	details := b.Inner("profile")
	change := domain.ProfileChange{
		FirstName: b.Text("first_name"), LastName: b.Text("last_name"),
		Company: details.Text("company"), Position: details.Text("position"),
	}
	clean, err := change.Clean()
	if err != nil {
		b.RefuseFields(err)
	}
	if slices.ContainsFunc(shownOnly, b.Given) {
		out, err := a.show.Do(c.Request.Context(), profile.ShowProfileIn{Actor: actor})
		if err != nil {
			return domain.ProfileChange{}, err
		}
		if err := a.refuseShownOnly(b, out.User, clean); err != nil {
			return domain.ProfileChange{}, err
		}
	}
	return change, b.Err()
}

// shownOnly are the members of a profile that are not changed here. last_login is ignored
// instead: it changes with every sign-in, so a client soon has an old value.
var shownOnly = []string{
	"id", "uuid", "email", "email_verified", "phone", "phone_verified", "username", "full_name", "is_staff", "date_joined",
}

// refuseShownOnly refuses each member that differs from its value before and after the
// change: full_name follows the names.
func (a *area) refuseShownOnly(b exchange.Body, user domain.User, change domain.ProfileChange) error {
	now, err := asJSON(a.users.profile(&user))
	if err != nil {
		return err
	}
	user.FirstName, user.LastName = valueOr(change.FirstName, user.FirstName), valueOr(change.LastName, user.LastName)
	then, err := asJSON(a.users.profile(&user))
	if err != nil {
		return err
	}
	for _, name := range shownOnly {
		if given := b.Value(name); b.Given(name) && !given.Equal(now.Member(name)) && !given.Equal(then.Member(name)) {
			b.Refuse(name, "Cannot be changed here")
		}
	}
	return nil
}

// asJSON is an answer, parsed like the body of a request.
func asJSON(shown any) (strictjson.Value, error) {
	text, err := json.Marshal(shown)
	if err != nil {
		return strictjson.Value{}, err
	}
	return strictjson.Parse(text)
}

func valueOr(text *string, otherwise string) string {
	if text != nil {
		return *text
	}
	return otherwise
}

// userSourceBody is a source as its user sees it.
type userSourceBody struct {
	Source            sourceBody `json:"source"`
	FirstRegistration bool       `json:"first_registration"`
	RegisteredAt      time.Time  `json:"registered_at"`
	URL               string     `json:"url"`
}

type sourceBody struct {
	ID          string                `json:"id"`
	DisplayName string                `json:"display_name"`
	Category    domain.SourceCategory `json:"category"`
	Channel     domain.SourceChannel  `json:"channel"`
}

type userSourcesBody struct {
	Results []userSourceBody `json:"results"`
}

// listSources answers GET /api/profile/sources.
func (a *area) listSources(c *gin.Context) error {
	out, err := a.sources.Do(c.Request.Context(), sources.ListSourcesIn{Actor: exchange.Of(c).Actor})
	if err != nil {
		return err
	}
	return exchange.Answer(c, userSources(out.Sources))
}

func userSources(all []domain.UserSource) userSourcesBody {
	body := userSourcesBody{Results: make([]userSourceBody, len(all))}
	for i, s := range all {
		body.Results[i] = userSourceBody{
			Source:            sourceBody{s.Source.ID, s.Source.DisplayName, s.Source.Category, s.Source.Channel},
			FirstRegistration: s.First, RegisteredAt: s.RegisteredAt.UTC(), URL: s.Source.URL,
		}
	}
	return body
}
