package admin

// DemoSecrets returns the secrets and passwords that a file gives in the clear:
// those of the demo data are public, and Options wants to know them.
func DemoSecrets(file File) ([]string, error) {
	d, err := parse(file)
	if err != nil {
		return nil, err
	}
	var secrets []string
	add := func(values ...text) {
		for _, v := range values {
			if v.Value != "" {
				secrets = append(secrets, v.Value)
			}
		}
	}
	for _, o := range d.Organisations {
		for _, user := range o.Value.ServiceAccounts {
			add(user.Value.Password)
		}
		for _, key := range o.Value.APIKeys {
			add(key.Value.Secret)
		}
	}
	for _, person := range d.People {
		add(person.Value.Password)
	}
	for _, client := range d.Clients {
		add(client.Value.Secret)
	}
	return secrets, nil
}
