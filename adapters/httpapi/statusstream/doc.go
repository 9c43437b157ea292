// Package statusstream streams the delivery status of challenges as server-sent
// events. It polls a challenge once for all its streams, and bounds their number. It
// knows no route and no use case: New takes the function that reads a status.
//
//	Serve ─▶ watch of a challenge ─▶ poll (shared)
//	  └───▶ sseWriter ─▶ client
package statusstream
