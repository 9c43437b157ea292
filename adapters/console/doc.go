// Package console is a channel for whoever runs doorcode on their own machine: it
// prints every message instead of sending it and, if it is told to, appends each
// to a file for programs to read. It serves every channel.
//
// It is no sender for production: who reads the output reads all codes. Whether it
// may run there is for the configuration to decide.
package console
