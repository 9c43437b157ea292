// Package twilio brings codes to phones by SMS and WhatsApp through Twilio's
// Messages, and reads what Twilio reports of them later.
//
// It owns one request and its repetitions: which answer of Twilio means what (one
// table, codes.go), when a message that was surely not taken is tried again, and
// whether a report is Twilio's. It does not write messages, choose channels, keep
// deliveries or serve HTTP.
//
//	        surely not taken, within the retry budget
//	         ┌──────────── wait ◀───────────┐
//	         ▼                              │
//	Send ─▶ call ─▶ no connection, 429, 503 ┘
//	         ├────▶ 201 ─────────────────────▶ accepted
//	         ├────▶ another 4xx, or a code ──▶ refused: see codes.go
//	         └────▶ whatever else ───────────▶ unknown, and never again
package twilio
