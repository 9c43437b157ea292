// Package admin has what is done for and by whoever runs the service: it tells them
// what has happened, and has their use cases about the accounts of others. It owns the
// queue between the use cases and port.AdminNotifier, what of many things is told as
// one, and what is dropped when there is too much.
//
// It does not know how admins are told, nor what a notice says: that is the
// adapter's. No notice is stored, and no request ever waits for one. Nor does it know
// who may do what to accounts: whoever calls does.
//
//	use cases ──Raise, CountFailure──▶ queue, bursts ──one worker──▶ port.AdminNotifier
//	                                   in memory,       reads the users,
//	                                   bounded          waits, tries again
package admin
