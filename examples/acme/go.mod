module example.com/acme

go 1.26.0

require github.com/doorcode-auth/doorcode v0.1.0
