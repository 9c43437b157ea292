// Package accounts has the use cases of operators about the accounts of users: show,
// list, export, enable and disable, delete, and make a superuser. Authorization is the
// caller's: a use case does not check it. Users change their own profile in
// package profile.
package accounts
