package servertest

import (
	"context"
	"io/fs"

	"claviger"
	"claviger/internal/admin"
	"claviger/internal/server"
)

// applyDemo applies the permissions of the dialects and the demo data, as
// `claviger dev` does.
func applyDemo(ctx context.Context, instance *server.Instance) error {
	permissions, err := fs.ReadFile(claviger.Dialects, "dialects/centrapay/permissions.yaml")
	if err != nil {
		return err
	}
	demo, err := fs.ReadFile(claviger.Examples, "examples/demo.yaml")
	if err != nil {
		return err
	}
	_, err = instance.Admin.Apply(ctx, admin.Actor{Name: "dev"}, []admin.File{
		{Name: "dialects/centrapay/permissions.yaml", Data: permissions}, {Name: "examples/demo.yaml", Data: demo},
	}, admin.Options{Dialects: []string{"centrapay", "jpay", "powerepos", "scratchpower", "spendesk"}})
	return err
}
