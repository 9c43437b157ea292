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
// No message quotes a value: a key and its origin are enough to find it, and a
// value in the wrong place may be a secret.
package settings
