package httpapi

import (
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
	change, err := bindProfileChange(c)
	if err != nil {
		return err
	}
	out, err := a.app.ChangeProfile.Do(c.Request.Context(), profile.ChangeProfileIn{Actor: actor, Change: change})
	if err != nil {
		return err
	}
	return answer(c, a.profile(&out.User))
}

// bindProfileChange takes from a profile the members that may be changed. The
// others, such as is_staff, are ignored like unknown ones. Texts that cannot be
// taken are told together with wrong types.
func bindProfileChange(c *gin.Context) (domain.ProfileChange, error) {
	b, err := readBody(c.Request)
	if err != nil {
		return domain.ProfileChange{}, err
	}
	details := b.inner("profile")
	change := domain.ProfileChange{
		FirstName: b.text("first_name"), LastName: b.text("last_name"),
		Company: details.text("company"), Position: details.text("position"),
	}
	if _, err := change.Clean(); err != nil {
		b.refuseFields(err)
	}
	return change, b.err()
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
