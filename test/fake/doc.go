// Package fake has the stand-ins that tests of all sides share: a clock that
// stands still, randomness that repeats, an inbox instead of people. They keep
// the contracts of their ports.
//
// Where a test asks whether something was called, or needs it to fail, it takes a
// mock of test/mocks; where it asks what a store keeps, a real store.
package fake
