package acceptance

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
)

// unknownMembers tells the members of an answer that are not described. The
// description itself leaves them open, so that clients are ready for more; we
// must not give more without saying so.
func unknownMembers(op *openapi3.Operation, resp *http.Response, body []byte) error {
	ref := op.Responses.Status(resp.StatusCode)
	if ref == nil || ref.Value == nil {
		return nil
	}
	media := ref.Value.Content.Get(resp.Header.Get("Content-Type"))
	if media == nil || media.Schema == nil || media.Schema.Value.Type.Is(openapi3.TypeString) { // a text has no members
		return nil
	}
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		return err
	}
	return errors.Join(membersBeyond([]*openapi3.Schema{media.Schema.Value}, value, "")...)
}

// membersBeyond walks a value beside the schemas that it must fit.
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

// flatten adds to schemas those that they are all of, and those that they may be
// one of.
func flatten(schemas []*openapi3.Schema) []*openapi3.Schema {
	all := slices.Clone(schemas)
	for _, s := range schemas {
		for _, ref := range slices.Concat(s.AllOf, s.OneOf) {
			all = append(all, flatten([]*openapi3.Schema{ref.Value})...)
		}
	}
	return all
}
