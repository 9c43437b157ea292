// Package sources has the use cases about where users came from: what somebody may
// see of themselves, and what staff may see of everybody. Who comes from where is
// decided when they sign in (application/auth), and the funnel is counted by upkeep;
// here both are only read.
package sources
