package main

import (
	"context"
	"crypto/rand"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

//go:embed data.yaml
var data string

//go:embed claviger.yaml
var configuration string

// installation is a Claviger of the bench, with its own database.
type installation struct {
	*process
	engine string // "sqlite" or "postgres"
	dir    string
	url    string // of the database
	binary string
	env    []string
	wire   *wire

	clientSecret string // of every client
	keySecret    string // of the API key that is presented alone
	appSecret    string // of the API key that is presented with its id
	password     string // of the service account: as a person chooses it
}

// install makes a database and fills it by the means that an operator has.
func install(ctx context.Context, engine, dir, url, binary string) (*installation, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	i := &installation{
		engine: engine, dir: dir, url: url, binary: binary,
		clientSecret: rand.Text(), keySecret: rand.Text(), appSecret: rand.Text(), password: "weaver 42 lanterns",
	}
	base := fmt.Sprintf("http://127.0.0.1:%d", port)
	i.env = append(bareEnvironment(),
		"CLAVIGER_CONFIG="+filepath.Join(dir, "claviger.yaml"), "CLAVIGER_DATA="+filepath.Join(dir, "data"),
		"CLAVIGER_LISTEN="+strings.TrimPrefix(base, "http://"), "CLAVIGER_ISSUER="+base, "CLAVIGER_DATABASE_URL="+url,
		"CLAVIGER_RATE_LIMITS=off")
	i.wire = newWire(base)
	values := strings.NewReplacer("$CLIENT_SECRET", i.clientSecret, "$KEY_SECRET", i.keySecret, "$APP_SECRET", i.appSecret, "$PASSWORD", i.password)
	if err := os.MkdirAll(filepath.Join(dir, "data"), 0o700); err != nil {
		return nil, err
	}
	for name, text := range map[string]string{"claviger.yaml": configuration, "data.yaml": values.Replace(data)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	for _, args := range [][]string{
		{"key", "create-master"}, {"migrate"},
		{"apply", "-f", "dialects/centrapay/permissions.yaml", "-f", filepath.Join(dir, "data.yaml")},
	} {
		if err := i.run(ctx, args...); err != nil {
			return nil, err
		}
	}
	return i, nil
}

func (i *installation) run(ctx context.Context, args ...string) error {
	command := exec.CommandContext(ctx, i.binary, args...)
	command.Env = i.env
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("claviger %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}

// start serves, until stop.
func (i *installation) start(ctx context.Context) (err error) {
	i.process, err = start(ctx, "claviger on "+i.engine, i.wire.base, i.env, i.binary, "serve", "--allow-no-rate-limits")
	return err
}

// bareEnvironment is without the settings that this process was given.
func bareEnvironment() []string {
	var env []string
	for _, name := range []string{"PATH", "HOME", "TMPDIR"} {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return env
}
