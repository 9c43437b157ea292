// Package wiring puts an adapter into every port and the use cases over them, and
// runs the service that results. It knows all adapters; what an operator may decide
// is in package config, and the command line in package command.
//
//	config.Config ──▶ Ports ──▶ App ──▶ Run, or Handler and Background
//	                    ▲
//	                    └── a field may be swapped here
package wiring
