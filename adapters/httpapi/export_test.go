package httpapi

// Routes lists what an API's router knows, as "GET /healthz".
func Routes(a *API) (all []string) {
	for _, r := range a.engine.Routes() {
		all = append(all, r.Method+" "+r.Path)
	}
	return all
}
