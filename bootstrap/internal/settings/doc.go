// Package settings fills configuration structs from layers of keys and values.
// It owns how a field becomes a key, how text becomes a value, which layer wins,
// and what is said about a mistake. It does NOT know any key of doorcode, and
// reads neither the environment nor a file that it is not handed.
//
//	struct fields ──▶ Set of leaves ◀── layers, the strongest first:
//	                       │            flags, variables, a YAML file, ...
//	                       ▼
//	      the fields filled, and the origin of each value;
//	      or every mistake at once, each with its cure
//
// A message quotes a value that was refused only where it cannot well be a secret
// in the wrong place: not of a key that is secret, not as long as a good key, not
// with a password as URLs have them. What names no key is never quoted.
package settings
