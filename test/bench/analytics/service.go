package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/doorcode-auth/doorcode/domain"
	"github.com/doorcode-auth/doorcode/test/bench/shipped"
	"github.com/doorcode-auth/doorcode/test/kit/proc"
)

// service is the product as a process, and the token of a staff user.
type service struct {
	base  string
	token string
}

// askService starts the product on the database and asks it.
func askService(ctx context.Context, database string, w world, r *report) (err error) {
	dir, err := os.MkdirTemp("", "doorcode-analytics-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	program := filepath.Join(dir, "doorcode")
	if err := shipped.Build(ctx, "github.com/doorcode-auth/doorcode/cmd/doorcode", program); err != nil {
		return err
	}
	address, err := proc.FreeAddress()
	if err != nil {
		return err
	}
	codes := filepath.Join(dir, "codes.jsonl")
	environment := []string{
		"DOORCODE_SECRET_KEY=the benchmark's key, which keeps nothing secret", "DOORCODE_DATABASE_URL=" + database,
		"DOORCODE_HTTP_ADDR=" + address, "DOORCODE_CONSOLE_FILE=" + codes, "DOORCODE_HTTP_DRAIN=0s",
	}
	const root = "root@example.com"
	if err := command(ctx, dir, program, environment, "user", "create-superuser", "--email", root); err != nil {
		return err
	}
	server, err := proc.Start(proc.Config{
		Program: program, Args: []string{"serve"}, Dir: dir, Env: environment, Log: io.Discard, Address: address,
		Ready: "/readyz",
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	if _, err := server.AwaitReady(ctx); err != nil {
		return err
	}
	s := &service{base: "http://" + address}
	if err := s.signIn(ctx, root, codes); err != nil {
		return err
	}
	return s.askAll(ctx, w, r)
}

// askAll asks what the routes can be asked.
func (s *service) askAll(ctx context.Context, w world, r *report) error {
	for when, since := range times(w) {
		query := url.Values{}
		if !since.IsZero() {
			query.Set("since", since.Format(time.RFC3339Nano))
		}
		if err := s.askPages(ctx, r, "/registrations "+when, "/api/admin/analytics/registrations/", query); err != nil {
			return err
		}
		for path, groups := range map[string][]domain.GroupBy{"sources": userGroups[1:], "funnel": funnelGroups} {
			for _, by := range groups {
				query.Set("group_by", string(by))
				if by == "" {
					query.Del("group_by")
				}
				name := fmt.Sprintf("/%s by %s %s", path, by, when)
				if err := s.askPages(ctx, r, name, "/api/admin/analytics/"+path+"/", query); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// askPages asks for the first page and, if there are more, for the second.
func (s *service) askPages(ctx context.Context, r *report, name, path string, query url.Values) error {
	cursor := ""
	ask := func(query url.Values) func(context.Context) (int, error) {
		return func(ctx context.Context) (int, error) {
			var answer struct {
				Results []json.RawMessage `json:"results"`
				Next    *string           `json:"next_cursor"`
			}
			err := s.call(ctx, http.MethodGet, path+"?"+query.Encode(), nil, &answer)
			if cursor = ""; answer.Next != nil {
				cursor = *answer.Next
			}
			return len(answer.Results), err
		}
	}
	if err := r.measure(ctx, "HTTP "+name, ask(query)); err != nil || cursor == "" {
		return err
	}
	next := url.Values{"cursor": {cursor}}
	for key, values := range query {
		next[key] = values
	}
	return r.measure(ctx, "HTTP "+name+", page 2", ask(next))
}

// signIn signs a user in, by the code in the file.
func (s *service) signIn(ctx context.Context, who, codes string) error {
	body := map[string]string{"identifier": who}
	if err := s.call(ctx, http.MethodPost, "/api/auth/otp/request/", body, nil); err != nil {
		return err
	}
	lines, err := os.ReadFile(codes)
	if err != nil {
		return err
	}
	lines = bytes.TrimSpace(lines)
	var message struct {
		Code string `json:"code"`
	}
	if err := json.Unmarshal(lines[bytes.LastIndexByte(lines, '\n')+1:], &message); err != nil {
		return fmt.Errorf("read the code: %w", err)
	}
	var answer struct {
		Tokens struct {
			Access string `json:"access"`
		} `json:"tokens"`
	}
	err = s.call(ctx, http.MethodPost, "/api/auth/otp/verify/",
		map[string]string{"identifier": who, "otp_code": message.Code}, &answer)
	s.token = answer.Tokens.Access
	return err
}

// call makes one request, and wants it to be answered with 200.
func (s *service) call(ctx context.Context, method, path string, body, answer any) error {
	var data []byte
	if body != nil {
		data, _ = json.Marshal(body) // of texts
	}
	request, err := http.NewRequestWithContext(ctx, method, s.base+path, bytes.NewReader(data))
	if err != nil {
		return err
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if s.token != "" {
		request.Header.Set("Authorization", "Bearer "+s.token)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	switch {
	case err != nil:
		return err
	case response.StatusCode != http.StatusOK:
		return fmt.Errorf("%s %s: %d %s", method, path, response.StatusCode, content)
	case answer == nil:
		return nil
	default:
		return json.Unmarshal(content, answer)
	}
}
