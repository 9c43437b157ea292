// Package djangocfg reads the users of a Django-CFG project from its PostgreSQL
// database: the users of its accounts app, their sources and the links between the two.
//
// It reads in one read-only transaction with one snapshot. It does not decide which users
// are imported and does not validate their data: it neither canonicalises addresses nor
// parses URLs.
//
//	django_cfg_accounts_customuser ──┐
//	django_cfg_accounts_             ├─ one snapshot, row by row ──▶ port.ForeignUsers
//	   userregistrationsource ───────┤
//	django_cfg_accounts_             │
//	   registrationsource ───────────┘
package djangocfg
