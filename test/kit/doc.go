// Package kit runs the whole service for tests that look at it from outside: on
// a real database, behind a real socket, with an inbox instead of people.
//
//	kit.OnBothStores(t, func(t *testing.T, db kit.Database) {
//		s := kit.Start(t, db, kit.Options{})
//		ada := s.SignIn(t, "ada@example.com")
//		s.Profile(t, ada.Access).Want(t, http.StatusOK)
//	})
//
// It owns three things. A Database is fresh and a test's own. A Service runs in
// this process, so that a test may set its clock and swap its ports; two services
// on one database are two instances. A Process is the program itself, for tests
// that kill it. Every exchange is held against openapi.yaml, and no service may
// panic.
//
// It does NOT know what the service promises: that is what the tests are for.
package kit
