package main

// operation is what a cell of the table does over and over.
type operation string

const (
	request   operation = "request"         // a code for a new address
	verify    operation = "verify"          // the right code of a challenge made before
	newcomer  operation = "login new"       // request and verify, of a new user
	returning operation = "login returning" // the same, of a known user
	refresh   operation = "refresh"         // the next tokens of a session
	whoAmI    operation = "who-am-I"        // GET /api/profile/
)

// operations is the order of a round: each leaves what a later one needs.
var operations = []operation{request, verify, newcomer, returning, refresh, whoAmI}

// goals are the shares of pgbench's rate that the product should reach over
// HTTP.
var goals = map[operation]float64{
	request: 0.25, verify: 0.45, newcomer: 0.30, returning: 0.30,
	refresh: 0.33, whoAmI: 0.20,
}

// storeGoal is the share that the stores should reach without HTTP.
const storeGoal = 0.70

// The goals of a start and of memory.
const (
	coldStartPostgres = 40 // milliseconds
	coldStartSQLite   = 20
	idleMemory        = 25 // MiB
	loadMemory        = 48
	binarySize        = 35
)
