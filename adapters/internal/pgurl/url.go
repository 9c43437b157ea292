// Package pgurl reads connection URLs of PostgreSQL as libpq defines them and writes them
// as the driver lib/pq reads them
// (https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS).
//
// It owns the list of hosts and the names of the parameters. Values are checked by the
// driver, and what a missing parameter means is decided by the adapter that connects.
package pgurl

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Normalize returns a URL for the driver, without the parameters that have no effect. An
// error has the cure and never quotes the URL, which may contain a password.
func Normalize(text string) (string, error) {
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok || scheme != "postgres" && scheme != "postgresql" {
		return "", errors.New("give postgres://user:password@host:port/name")
	}
	end := strings.IndexAny(rest+"/", "/?#")
	authority, rest := rest[:end], rest[end:]
	at := strings.LastIndexByte(authority, '@') + 1
	user, list := authority[:at], authority[at:]
	host, port, err := hosts(list)
	u, parseErr := url.Parse(scheme + "://" + user + rest)
	switch {
	case parseErr != nil, err != nil && strings.Contains(rest, "@"):
		return "", errors.New("give a URL: in a password, write what is no letter or digit as %XX")
	case err != nil:
		return "", err
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return "", errors.New("separate the parameters by &, and write what is no letter or digit as %XX")
	}
	for _, name := range slices.Sorted(maps.Keys(query)) {
		keep, err := check(name, query.Get(name))
		if err != nil {
			return "", err
		}
		if !keep {
			query.Del(name)
		}
	}
	for name, value := range map[string]string{"host": host, "port": port} {
		if value != "" && !query.Has(name) {
			query.Set(name, value)
		}
	}
	u.RawQuery = query.Encode()
	return u.String(), nil
}

const defaultPort = "5432"

// hosts splits host1:port1,host2:port2 into the lists of hosts and of ports. A host is a
// name, an address (of IPv6 in brackets) or an escaped path; a port may be missing.
func hosts(list string) (names, numbers string, err error) {
	errHost := errors.New("give hosts as host1:port1,host2:port2, and an IPv6 address in brackets")
	var all, ports []string
	for part := range strings.SplitSeq(list, ",") {
		host, port, _ := strings.Cut(part, ":")
		if inner, ok := strings.CutPrefix(part, "["); ok {
			if host, port, ok = strings.Cut(inner, "]"); !ok || port != "" && port[0] != ':' {
				return "", "", errHost
			}
			port = strings.TrimPrefix(port, ":")
		}
		if host, err = url.PathUnescape(host); err != nil || strings.Contains(host, ",") {
			return "", "", errHost
		}
		if n, err := strconv.ParseUint(port, 10, 16); port != "" && (err != nil || n == 0) {
			return "", "", errHost
		}
		all, ports = append(all, host), append(ports, port)
	}
	if strings.Join(ports, "") == "" { // a parameter or the environment may have the ports
		return strings.Join(all, ","), "", nil
	}
	for i := range ports {
		if ports[i] == "" {
			ports[i] = defaultPort
		}
	}
	return strings.Join(all, ","), strings.Join(ports, ","), nil
}

// check reports whether a parameter is for the driver or has no effect. An error has the
// cure for one that cannot be honoured.
func check(name, value string) (keep bool, err error) {
	lower := strings.ToLower(name)
	switch {
	case slices.Contains(driverParameters, name),
		slices.Contains(sessionSettings, lower), strings.Contains(name, "."), // custom settings
		strings.HasPrefix(lower, "enable_"), strings.HasPrefix(lower, "log_"):
		return true, nil
	case slices.Contains(withoutEffect[name], value), slices.Contains(withoutEffect[name], "*"):
		return false, nil
	}
	if cure, ok := cures[name]; ok {
		return false, fmt.Errorf("take %s out: %s", name, cure)
	}
	return false, fmt.Errorf("take %s out, which is unknown; "+
		"a setting of the session is options=-c%%20NAME%%3DVALUE", name)
}

// driverParameters are those of libpq that the driver knows, and its own.
var driverParameters = []string{
	"host", "hostaddr", "port", "dbname", "database", "user", "password", "passfile", "service", "options",
	"application_name", "fallback_application_name", "connect_timeout", "client_encoding", "datestyle",
	"sslmode", "sslnegotiation", "sslcert", "sslkey", "sslrootcert", "sslsni", "sslinline",
	"ssl_min_protocol_version", "ssl_max_protocol_version", "min_protocol_version", "max_protocol_version",
	"krbsrvname", "krbspn", "target_session_attrs", "load_balance_hosts",
	"binary_parameters", "disable_prepared_binary_result",
}

// sessionSettings are settings of the server that the driver sets for each connection, in
// lower case (https://www.postgresql.org/docs/current/runtime-config-client.html).
var sessionSettings = []string{
	"search_path", "timezone", "role", "row_security", "client_min_messages", "synchronous_commit",
	"statement_timeout", "lock_timeout", "transaction_timeout", "deadlock_timeout",
	"idle_in_transaction_session_timeout", "idle_session_timeout", "client_connection_check_interval",
	"default_transaction_isolation", "default_transaction_read_only", "default_transaction_deferrable",
	"standard_conforming_strings", "extra_float_digits", "bytea_output", "intervalstyle", "session_replication_role",
	"plan_cache_mode", "jit", "work_mem", "maintenance_work_mem", "temp_buffers", "random_page_cost", "seq_page_cost",
	"effective_cache_size", "max_parallel_workers_per_gather", "track_activities",
	"tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_keepalives_count",
}

// withoutEffect are parameters of libpq with the values that change nothing here. Every
// statement has a deadline, whatever the keepalives are.
var withoutEffect = map[string][]string{
	"channel_binding": {"", "disable", "prefer"},
	"gssencmode":      {"", "disable", "prefer"},
	"gssdelegation":   {"", "0"},
	"sslcompression":  {"", "0"},
	"sslcertmode":     {"", "allow"},
	"requiressl":      {"", "0"},
	"keepalives":      {"*"}, "keepalives_idle": {"*"}, "keepalives_interval": {"*"}, "keepalives_count": {"*"},
	"tcp_user_timeout": {"*"},
}

const (
	cureVerify   = "it is not supported; sslmode=verify-full proves the identity of the server"
	cureSSL      = "choose sslmode=require or sslmode=verify-full"
	curePool     = "the pool is set by database.max_connections"
	curePooler   = "poolers are detected, or chosen by database.pooler"
	cureUnable   = "it is not supported"
	cureTimeouts = "each statement has a deadline"
)

// cures are those for parameters of libpq that cannot be honoured, and for common ones of
// other drivers.
var cures = map[string]string{
	"channel_binding": cureVerify, "requirepeer": cureVerify, "require_auth": cureVerify, "sslcertmode": cureUnable,
	"sslcrl": cureUnable, "sslcrldir": cureUnable, "sslpassword": cureUnable, "sslcompression": cureUnable,
	"gssencmode": "GSSAPI encryption is not supported; " + cureSSL, "gsslib": cureUnable, "gssdelegation": cureUnable,
	"replication": cureUnable, "requiressl": cureSSL, "ssl": cureSSL, "sslaccept": cureSSL, "uselibpqcompat": cureSSL,
	"schema":    "the schema is search_path=NAME",
	"pgbouncer": curePooler, "prepareThreshold": curePooler, "prepared_statements": curePooler,
	"statement_cache_size": curePooler, "prefer_simple_protocol": curePooler, "default_query_exec_mode": curePooler,
	"connection_limit": curePool, "pool_timeout": curePool, "pool_max_conns": curePool, "max_connections": curePool,
	"socket_timeout": cureTimeouts, "connection_timeout": "that is connect_timeout=SECONDS",
}
