// Package acceptance tests the whole service from outside, as its clients see it. It owns the validation of
// requests and responses against openapi.yaml, which every test that speaks HTTP may use. It does NOT know how
// anything is implemented: the inside of a package is for its own tests.
package acceptance

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"

	"github.com/doorcode-auth/doorcode/adapters/httpapi"
)

// Description is the API of openapi.yaml, to validate exchanges against.
type Description struct {
	document *openapi3.T
	router   routers.Router
}

// OpenAPI parses the description that is embedded in the server. An invalid description, or an example in it
// that does not match its schema, fails the test.
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

// Operations lists the described operations, as "POST /api/auth/otp/request/".
func (d *Description) Operations() []string {
	var all []string
	for path, item := range d.document.Paths.Map() {
		for method := range item.Operations() {
			all = append(all, method+" "+path)
		}
	}
	return all
}

// Check fails a test when an exchange is not as described. The body of the response can still be read.
func (d *Description) Check(t testing.TB, req *http.Request, resp *http.Response) {
	t.Helper()
	if err := d.Validate(req, resp); err != nil {
		t.Errorf("%s %s: %s is not as in openapi.yaml: %v", req.Method, req.URL, resp.Status, err)
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

// Validate returns what in an exchange is not as described: the status, a header, a member or a value of the
// response, or an invalid request that was accepted. A refused request may have been anything.
func (d *Description) Validate(req *http.Request, resp *http.Response) error {
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return fmt.Errorf("read the response: %w", err)
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
		if err := validateRequest(input); err != nil {
			return err
		}
	}
	if req.Method == http.MethodHead {
		if len(body) > 0 {
			return errors.New("the response to HEAD has a body")
		}
		return nil
	}
	err = openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: resp.StatusCode, Header: resp.Header,
		Body: io.NopCloser(bytes.NewReader(body)), Options: input.Options,
	})
	return errors.Join(err, unknownMembers(input.Route.Operation, resp, body))
}

// validateRequest validates a request whose body was sent before.
func validateRequest(input *openapi3filter.RequestValidationInput) error {
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
	sent := *input
	sent.Request = again
	if err := openapi3filter.ValidateRequest(context.Background(), &sent); err != nil {
		return fmt.Errorf("the request was accepted: %w", err)
	}
	return nil
}

// find looks up the operation of a request: HEAD is GET, and a trailing slash changes nothing. Without one, the
// response must be 404 or 405.
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
	route, err := d.undescribed(method, known)
	return route, nil, err
}

// match looks up an operation by a method and a described path, whose parameters must not be empty.
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

// undescribed is the operation of all paths and methods that are not described.
func (d *Description) undescribed(method string, knownPath bool) (*routers.Route, error) {
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

// unknownMembers returns the members of a response that are not described. The description allows more members,
// so that clients are ready for them; the service must not have any that it does not describe.
func unknownMembers(op *openapi3.Operation, resp *http.Response, body []byte) error {
	ref := op.Responses.Status(resp.StatusCode)
	if ref == nil || ref.Value == nil {
		return nil
	}
	media := ref.Value.Content.Get(resp.Header.Get("Content-Type"))
	if media == nil || media.Schema == nil || media.Schema.Value.Type.Is(openapi3.TypeString) { // a string has no members
		return nil
	}
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		return err
	}
	return errors.Join(membersBeyond([]*openapi3.Schema{media.Schema.Value}, value, "")...)
}

// membersBeyond walks a value along the schemas that it must match.
func membersBeyond(schemas []*openapi3.Schema, value any, at string) (beyond []error) {
	schemas = flatten(schemas)
	switch value := value.(type) {
	case map[string]any:
		for name, member := range value {
			var described []*openapi3.Schema
			for _, s := range schemas {
				if ref := s.Properties[name]; ref != nil {
					described = append(described, ref.Value)
				}
			}
			if described == nil {
				beyond = append(beyond, fmt.Errorf("member %s/%s is not described", at, name))
			}
			beyond = append(beyond, membersBeyond(described, member, at+"/"+name)...)
		}
	case []any:
		var items []*openapi3.Schema
		for _, s := range schemas {
			if s.Items != nil {
				items = append(items, s.Items.Value)
			}
		}
		for i, element := range value {
			beyond = append(beyond, membersBeyond(items, element, fmt.Sprintf("%s/%d", at, i))...)
		}
	}
	return beyond
}

// flatten adds the schemas of allOf and oneOf to schemas.
func flatten(schemas []*openapi3.Schema) []*openapi3.Schema {
	all := slices.Clone(schemas)
	for _, s := range schemas {
		for _, ref := range slices.Concat(s.AllOf, s.OneOf) {
			all = append(all, flatten([]*openapi3.Schema{ref.Value})...)
		}
	}
	return all
}
