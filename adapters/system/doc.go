// Package system plugs in the machine: its clock and its randomness. It is the
// only package that ships and asks either; everybody else takes port.Clock and
// port.Random.
package system
