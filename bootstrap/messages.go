package bootstrap

import (
	"errors"

	"github.com/doorcode-auth/doorcode/adapters/message"
)

// checkMessages finds what is wrong with templates of one's own. With a mistake about
// what they are written with, nothing can be said about them.
func (c *Config) checkMessages(to *checker) {
	if c.Message.Dir == "" {
		return
	}
	_, err := message.New(messageConfig(c))
	var mistakes message.Mistakes
	if !errors.As(err, &mistakes) {
		return // product.name or the sender, which has been told
	}
	for _, m := range mistakes {
		to.found = append(to.found, Mistake{
			Key: "message.dir", Origin: c.keys.Origin("message.dir"), Value: m.File, Problem: m.Problem, Cure: m.Cure,
		})
	}
}
