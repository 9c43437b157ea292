package httpapi

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/doorcode-auth/doorcode/application/auth"
	"github.com/doorcode-auth/doorcode/application/profile"
	"github.com/doorcode-auth/doorcode/domain"
)

// showProfile answers GET /api/profile.
func (a *API) showProfile(c *gin.Context) error {
	actor, err := a.actor(c)
	if err != nil {
		return err
	}
	out, err := a.app.ShowProfile.Do(c.Request.Context(), profile.ShowProfileIn{Actor: actor})
	if err != nil {
		return err
	}
	return answer(c, a.profile(&out.User))
}

// changeProfile answers PATCH /api/profile.
func (a *API) changeProfile(c *gin.Context) error {
	actor, err := a.actor(c)
	if err != nil {
		return err
	}
	change, err := a.bindProfileChange(c, actor)
	if err != nil {
		return err
	}
	out, err := a.app.ChangeProfile.Do(c.Request.Context(), profile.ChangeProfileIn{Actor: actor, Change: change})
	if err != nil {
		return err
	}
	return answer(c, a.profile(&out.User))
}

// bindProfileChange takes from a profile the members that may be changed. The others
// may say what they say now, so that a client can send all of it back; unknown ones are
// ignored. Texts that cannot be taken are told together with wrong types.
func (a *API) bindProfileChange(c *gin.Context, actor domain.Actor) (domain.ProfileChange, error) {
	b, err := readBody(c.Request)
	if err != nil {
		return domain.ProfileChange{}, err
	}
	details := b.inner("profile")
	change := domain.ProfileChange{
		FirstName: b.text("first_name"), LastName: b.text("last_name"),
		Company: details.text("company"), Position: details.text("position"),
	}
	clean, err := change.Clean()
	if err != nil {
		b.refuseFields(err)
	}
	if slices.ContainsFunc(shownOnly, b.given) {
		out, err := a.app.ShowProfile.Do(c.Request.Context(), profile.ShowProfileIn{Actor: actor})
		if err != nil {
			return domain.ProfileChange{}, err
		}
		if err := a.refuseShownOnly(b, out.User, clean); err != nil {
			return domain.ProfileChange{}, err
		}
	}
	return change, b.err()
}

// shownOnly are the members of a profile that are not changed here. last_login is none
// of them: it moves with every sign-in, so what a client has read is soon another time.
var shownOnly = []string{
	"id", "uuid", "email", "email_verified", "phone", "phone_verified", "username", "full_name", "is_staff", "date_joined",
}

// refuseShownOnly notes every member that is to be what it is not, now or after the
// change: full_name follows the names.
func (a *API) refuseShownOnly(b body, user domain.User, change domain.ProfileChange) error {
	now, err := asJSON(a.profile(&user))
	if err != nil {
		return err
	}
	user.FirstName, user.LastName = valueOr(change.FirstName, user.FirstName), valueOr(change.LastName, user.LastName)
	then, err := asJSON(a.profile(&user))
	if err != nil {
		return err
	}
	for _, name := range shownOnly {
		if given := b.object.member(name); b.given(name) && !given.is(now.member(name)) && !given.is(then.member(name)) {
			b.refuse(name, "Cannot be changed here")
		}
	}
	return nil
}

// asJSON is a body of ours as we read those of others.
func asJSON(shown any) (jsonValue, error) {
	text, err := json.Marshal(shown)
	if err != nil {
		return jsonValue{}, err
	}
	return parseJSON(text)
}

func valueOr(text *string, otherwise string) string {
	if text != nil {
		return *text
	}
	return otherwise
}

// actor is who the request's access token names.
func (a *API) actor(c *gin.Context) (domain.Actor, error) {
	token, err := a.accessToken(c.Request.Header)
	if err != nil {
		return domain.Actor{}, err
	}
	out, err := a.app.ReadToken.Do(c.Request.Context(), auth.ReadTokenIn{Token: token})
	if err != nil {
		return domain.Actor{}, err
	}
	exchangeOf(c).event.of(out.Actor)
	return out.Actor, nil
}

// accessToken is the token of the header for it (RFC 6750), "" if there is none.
// Two headers are two people.
func (a *API) accessToken(h http.Header) (string, error) {
	lines := h[a.config.AuthHeader]
	if len(lines) > 1 {
		return "", domain.ErrTokenNotValid
	}
	if len(lines) == 0 {
		return "", nil
	}
	scheme, token, _ := strings.Cut(lines[0], " ")
	if !slices.ContainsFunc(a.config.AuthSchemes, func(ours string) bool { return strings.EqualFold(scheme, ours) }) {
		return "", nil
	}
	return strings.TrimLeft(token, " "), nil
}
