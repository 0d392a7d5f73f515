package config

import _ "embed"

// Example is a configuration file with every key, explained, and its default.
//
//go:embed example.yaml
var Example string
