// Package djangocfg reads the people of a Django-CFG project from its PostgreSQL
// database: the users of its accounts app, the sources these came from and the links
// between the two.
//
// It only reads, in one transaction that sees one moment and can change nothing. It
// does not decide who of them becomes a user here, or what of theirs is good: it
// neither canonicalises an address nor looks at a URL.
//
//	django_cfg_accounts_customuser ──┐
//	django_cfg_accounts_             ├─ one snapshot, row by row ──▶ port.ForeignUsers
//	   userregistrationsource ───────┤
//	django_cfg_accounts_             │
//	   registrationsource ───────────┘
package djangocfg
