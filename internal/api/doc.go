// Package api is the REST face of the management operations, below /admin/v1: it
// reads requests, calls internal/admin, and shows what comes back. Its description
// (OpenAPI 3.1) is generated from the handlers.
//
// It knows who calls and with which scope, pages, versions (ETag) and repeated
// requests. What somebody may do, it leaves to the operations.
package api
