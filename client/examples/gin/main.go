// Command gin is a service with gin that accepts doorcode's access tokens. It owns
// one protected route. It is a module of its own, so that the client module does not
// depend on gin.
//
//	go run . -issuer http://localhost:8000
//	curl localhost:8080/me -H "Authorization: Bearer $ACCESS"
package main

import (
	"flag"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/doorcode-auth/doorcode/client"
)

func main() {
	issuer := flag.String("issuer", "http://localhost:8000", "the jwt.issuer of doorcode, where its keys are, too")
	addr := flag.String("addr", "localhost:8080", "where to listen")
	flag.Parse()

	verifier, err := client.New(client.Config{Issuer: *issuer})
	if err != nil {
		log.Fatal(err)
	}
	gin.SetMode(gin.ReleaseMode)
	router := gin.New()
	router.GET("/me", protect(verifier), showMe)

	listener, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	log.Printf("listens on http://%s", listener.Addr())
	server := &http.Server{Handler: router, ReadHeaderTimeout: 10 * time.Second}
	log.Fatal(server.Serve(listener))
}

// protect is Verifier.Protect in gin's form.
func protect(v *client.Verifier) gin.HandlerFunc {
	return func(c *gin.Context) {
		claims, err := v.VerifyRequest(c.Request)
		if err != nil {
			client.WriteError(c.Writer, err)
			c.Abort()
			return
		}
		c.Request = c.Request.WithContext(client.NewContext(c.Request.Context(), claims))
	}
}

func showMe(c *gin.Context) {
	claims, _ := client.FromContext(c.Request.Context())
	c.JSON(http.StatusOK, gin.H{"uuid": claims.Subject, "session_id": claims.SessionID, "amr": claims.AMR})
}
