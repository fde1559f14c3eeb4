package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"

	"claviger"
	"claviger/internal/admin"
	"claviger/internal/core"
	"claviger/internal/server"
	"claviger/internal/store"
)

// settingDigest says which demo data was applied last.
const settingDigest = "demo_digest"

// applyDemo applies the demo data, unless that was done already: hashing its
// passwords takes a while. What was changed since then stays as it is.
func applyDemo(ctx context.Context, instance *server.Instance, dialects *dialectSet) error {
	files, err := demoFiles()
	if err != nil {
		return err
	}
	digest, err := demoDigest(ctx, instance, files)
	if err != nil {
		return err
	}
	done, err := instance.Store.Setting(ctx, settingDigest)
	if err != nil && !errors.Is(err, core.ErrNotFound) {
		return err
	}
	if done == digest {
		return nil
	}
	if err := refuseForeign(ctx, instance); err != nil {
		return err
	}
	public, err := publicSecrets()
	if err != nil {
		return err
	}
	_, err = instance.Admin.Apply(ctx, admin.Actor{Name: "dev"}, files, admin.Options{Dialects: dialects.names(), DemoSecrets: public})
	var problems admin.Problems
	if errors.As(err, &problems) {
		return failed("the demo data of this release does not fit what was changed in %s; start anew with another --data, "+
			"or remove that directory:\n%s", instance.Config.Data, problems.Error())
	}
	if err != nil {
		return err
	}
	return instance.Store.Write(ctx, func(tx *store.Tx) error { return tx.PutSetting(settingDigest, digest) })
}

// refuseForeign keeps public secrets out of a database that somebody else fills.
func refuseForeign(ctx context.Context, instance *server.Instance) error {
	_, err := instance.Store.Setting(ctx, admin.SettingDemo)
	if !errors.Is(err, core.ErrNotFound) {
		return err
	}
	organisations, err := instance.Store.Organisations(ctx)
	if err != nil {
		return err
	}
	clients, err := instance.Store.ClientPage(ctx, store.Page{Limit: 1})
	if err == nil && len(organisations)+len(clients) > 0 {
		err = failed("%s holds a database that is not one of \"claviger dev\", which would put public secrets into it; "+
			"choose another directory with --data", instance.Config.Data)
	}
	return err
}

// demoFiles are the files of the demo data, which refer to each other.
func demoFiles() ([]admin.File, error) {
	var files []admin.File
	names, err := fs.Glob(claviger.Dialects, "dialects/*/permissions.yaml")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		data, err := claviger.Dialects.ReadFile(name)
		if err != nil {
			return nil, err
		}
		files = append(files, admin.File{Name: name, Data: data})
	}
	data, err := claviger.Examples.ReadFile(demoFile)
	return append(files, admin.File{Name: demoFile, Data: data}), err
}

const demoFile = "examples/demo.yaml"

// demoDigest changes when the demo data or the schema does.
func demoDigest(ctx context.Context, instance *server.Instance, files []admin.File) (string, error) {
	version, _, err := instance.Store.SchemaVersion(ctx)
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	_, _ = fmt.Fprintln(sum, version) // a hash never fails
	for _, file := range files {
		_, _ = fmt.Fprintln(sum, file.Name, len(file.Data))
		_, _ = sum.Write(file.Data)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// publicSecrets are the secrets of the demo data: a database that holds one of
// them is marked, whoever brought it there.
func publicSecrets() ([]string, error) {
	data, err := claviger.Examples.ReadFile(demoFile)
	if err != nil {
		return nil, err
	}
	return admin.DemoSecrets(admin.File{Name: demoFile, Data: data})
}
