package contract

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"sync"
	"testing"
)

// promise is one sentence of a port's doc, in the same words, and its proof.
// The proof takes a testing.TB, so that a sentence can also be held against an
// adapter that breaks it.
type promise[S any] struct {
	says  string
	proof func(t testing.TB, subject S)
}

// prove makes a subtest of every promise.
func prove[S any](t *testing.T, subject S, promises []promise[S]) {
	t.Helper()
	for _, p := range promises {
		t.Run(p.says, func(t *testing.T) { p.proof(t, subject) })
	}
}

// broken lists the promises that the subject does not keep, outside of any test.
func broken[S any](subject S, promises []promise[S]) []string {
	var list []string
	for _, p := range promises {
		r := &recorder{}
		r.run(func() { p.proof(r, subject) })
		if r.Failed() {
			list = append(list, p.says)
		}
	}
	return list
}

// recorder is a testing.TB that records the outcome of a proof.
type recorder struct {
	testing.TB // not there: what is not written below fails the proof
	mu         sync.Mutex
	failed     bool
	log        []string
	cleanups   []func()
	ctx        context.Context // of the proof, as that of a test
}

// run runs a proof as package testing would: to its end, to its FailNow, or to
// its panic, and cleans up behind it.
func (r *recorder) run(proof func()) {
	var cancel context.CancelFunc
	r.ctx, cancel = context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer r.cleanUp()
		defer cancel()
		defer func() {
			if p := recover(); p != nil {
				r.Errorf("panic: %v", p)
			}
		}()
		proof()
	}()
	<-done
}

// cleanUp runs the cleanups, the last one first, and those that they add.
func (r *recorder) cleanUp() {
	for last := r.lastCleanup(); last != nil; last = r.lastCleanup() {
		last()
	}
}

func (r *recorder) lastCleanup() func() {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := len(r.cleanups)
	if n == 0 {
		return nil
	}
	last := r.cleanups[n-1]
	r.cleanups = r.cleanups[:n-1]
	return last
}

func (r *recorder) Helper()                  {}
func (r *recorder) Name() string             { return "promise" }
func (r *recorder) Context() context.Context { return r.ctx }

func (r *recorder) Fail() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failed = true
}

func (r *recorder) FailNow() { r.Fail(); runtime.Goexit() }

func (r *recorder) Failed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failed
}

func (r *recorder) Logf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.log = append(r.log, fmt.Sprintf(format, args...))
}

func (r *recorder) Log(args ...any)                   { r.Logf("%s", fmt.Sprintln(args...)) }
func (r *recorder) Error(args ...any)                 { r.Log(args...); r.Fail() }
func (r *recorder) Errorf(format string, args ...any) { r.Logf(format, args...); r.Fail() }
func (r *recorder) Fatal(args ...any)                 { r.Log(args...); r.FailNow() }
func (r *recorder) Fatalf(format string, args ...any) { r.Logf(format, args...); r.FailNow() }

func (r *recorder) Cleanup(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cleanups = append(r.cleanups, f)
}

func (r *recorder) TempDir() string {
	dir, err := os.MkdirTemp("", "promise")
	if err != nil {
		r.Fatalf("make a temporary directory: %v", err)
	}
	r.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}
