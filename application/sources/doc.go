// Package sources has the use cases about registration sources: users list their own,
// and staff queries counts of all. Package auth links sources at sign-in, and package
// upkeep counts the funnel; this package only reads.
package sources
