// Package system implements port.Clock and port.Random with the clock and the random
// generator of the machine. It is the only package of the product that uses them.
package system
