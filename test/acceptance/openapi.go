// Package acceptance looks at the whole service from outside, as its clients do,
// and holds it to what it promises them. It owns the judge of requests and
// answers, openapi.go, which every test that speaks HTTP may use. It does not
// know how anything is done: what a package does inside is for its own tests.
package acceptance

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"

	"github.com/doorcode-auth/doorcode/adapters/httpapi"
)

// Description is the API as openapi.yaml tells it, to hold exchanges against.
type Description struct {
	document *openapi3.T
	router   routers.Router
}

// OpenAPI reads the description that the server has in it. A description that is
// not valid, or an example in it that does not fit its own schema, ends the test.
func OpenAPI(t testing.TB) *Description {
	t.Helper()
	d, err := description()
	if err != nil {
		t.Fatalf("read openapi.yaml: %v", err)
	}
	return d
}

var description = sync.OnceValues(func() (*Description, error) {
	return readDescription(httpapi.OpenAPI())
})

func readDescription(text string) (*Description, error) {
	document, err := openapi3.NewLoader().LoadFromData([]byte(text))
	if err != nil {
		return nil, err
	}
	document.Servers = nil // any host will do
	router, err := legacy.NewRouter(document)
	if err != nil {
		return nil, err
	}
	return &Description{document: document, router: router}, nil
}

// Operations lists what is described, as "POST /api/auth/otp/request/".
func (d *Description) Operations() []string {
	var all []string
	for path, item := range d.document.Paths.Map() {
		for method := range item.Operations() {
			all = append(all, method+" "+path)
		}
	}
	return all
}

// Check fails a test when an exchange is not as described. It leaves the answer's
// body to be read.
func (d *Description) Check(t testing.TB, req *http.Request, resp *http.Response) {
	t.Helper()
	if err := d.Judge(req, resp); err != nil {
		t.Errorf("%s %s: %s is not as openapi.yaml says: %v", req.Method, req.URL, resp.Status, err)
	}
}

// Transport checks every exchange that passes through it.
func (d *Description) Transport(t testing.TB, next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(req *http.Request) (*http.Response, error) {
		resp, err := next.RoundTrip(req)
		if err == nil {
			d.Check(t, req, resp)
		}
		return resp, err
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// Judge says in what an exchange is not as described: a status, a header, a
// member or a value of the answer that is not, or a request that was accepted
// though it should not have been. What is refused may have been anything.
func (d *Description) Judge(req *http.Request, resp *http.Response) error {
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	input := &openapi3filter.RequestValidationInput{
		Request: req,
		Options: &openapi3filter.Options{IncludeResponseStatus: true, MultiError: true, AuthenticationFunc: hasToken},
	}
	if input.Route, input.PathParams, err = d.find(req); err != nil {
		return err
	}
	if resp.StatusCode == http.StatusMethodNotAllowed && input.Route.Path != "" {
		return fmt.Errorf("405 to %s, which is described", input.Route.Method)
	}
	if resp.StatusCode < http.StatusMultipleChoices && input.Route.Path != "" {
		if err := judgeRequest(input); err != nil {
			return err
		}
	}
	if req.Method == http.MethodHead {
		if len(body) > 0 {
			return errors.New("an answer to HEAD has a body")
		}
		return nil
	}
	err = openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: resp.StatusCode, Header: resp.Header,
		Body: io.NopCloser(bytes.NewReader(body)), Options: input.Options,
	})
	return errors.Join(err, unknownMembers(input.Route.Operation, resp, body))
}

// judgeRequest reads the request a second time.
func judgeRequest(input *openapi3filter.RequestValidationInput) error {
	again := input.Request.Clone(context.Background())
	again.Method = input.Route.Method // which is GET for HEAD
	if input.Request.Body != nil && input.Request.Body != http.NoBody {
		if input.Request.GetBody == nil {
			return errors.New("the request's body cannot be read again: make it of a *bytes.Reader or *strings.Reader")
		}
		body, err := input.Request.GetBody()
		if err != nil {
			return err
		}
		again.Body = body
	}
	asked := *input
	asked.Request = again
	if err := openapi3filter.ValidateRequest(context.Background(), &asked); err != nil {
		return fmt.Errorf("the request was accepted: %w", err)
	}
	return nil
}

// find looks up the operation of a request: HEAD is GET, and a slash at the end
// changes nothing. Where there is none, the answer must be one that says so.
func (d *Description) find(req *http.Request) (*routers.Route, map[string]string, error) {
	method := req.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	known := false
	for _, path := range []string{strings.TrimSuffix(req.URL.Path, "/"), strings.TrimSuffix(req.URL.Path, "/") + "/"} {
		if req.URL.RawPath != "" || strings.HasSuffix(req.URL.Path, "//") {
			break // another spelling is another path
		}
		if route, params := d.match(req, method, path); route != nil {
			return route, params, nil
		}
		for _, other := range []string{http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodDelete} {
			route, _ := d.match(req, other, path)
			known = known || route != nil
		}
	}
	route, err := d.stray(method, known)
	return route, nil, err
}

// match looks up an operation by a method and a path as it is described, in which
// nothing is empty.
func (d *Description) match(req *http.Request, method, path string) (*routers.Route, map[string]string) {
	lookup := req.Clone(context.Background())
	lookup.Method, lookup.URL.Path = method, path
	route, params, err := d.router.FindRoute(lookup)
	if err != nil {
		return nil, nil
	}
	for _, value := range params {
		if value == "" {
			return nil, nil
		}
	}
	return route, params
}

// stray is the operation behind all paths and methods that are not described.
func (d *Description) stray(method string, knownPath bool) (*routers.Route, error) {
	status, name := http.StatusNotFound, "NotFound"
	if knownPath {
		status, name = http.StatusMethodNotAllowed, "MethodNotAllowed"
	}
	ref := d.document.Components.Responses[name]
	if ref == nil {
		return nil, fmt.Errorf("components/responses/%s is missing", name)
	}
	if method == http.MethodOptions && knownPath {
		status, ref = http.StatusNoContent, &openapi3.ResponseRef{Value: openapi3.NewResponse()}
	}
	return &routers.Route{
		Spec:      d.document,
		Operation: &openapi3.Operation{Responses: openapi3.NewResponses(openapi3.WithStatus(status, ref))},
	}, nil
}

func hasToken(_ context.Context, input *openapi3filter.AuthenticationInput) error {
	if input.RequestValidationInput.Request.Header.Get("Authorization") == "" {
		return errors.New("without a token")
	}
	return nil
}
