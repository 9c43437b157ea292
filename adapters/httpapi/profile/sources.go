package profile

import (
	"time"

	"github.com/gin-gonic/gin"

	"github.com/doorcode-auth/doorcode/adapters/httpapi/exchange"
	"github.com/doorcode-auth/doorcode/application/sources"
	"github.com/doorcode-auth/doorcode/domain"
)

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
