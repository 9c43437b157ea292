// Command standin stands in for the API of Acme on one's own machine: it prints each
// page and takes it. It checks no key and sends no page.
package main

import (
	"fmt"
	"io"
	"log"
	"net/http"
)

func main() {
	http.HandleFunc("POST /v1/pages", func(w http.ResponseWriter, r *http.Request) {
		page, _ := io.ReadAll(io.LimitReader(r.Body, 1<<16))
		fmt.Printf("%s\n", page)
		w.WriteHeader(http.StatusAccepted)
		fmt.Fprint(w, `{"id":"page-1"}`)
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:9000", nil))
}
