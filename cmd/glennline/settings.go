package main

import (
	"os"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"glennline/config"
	"glennline/petition"
)

// settings reads the configuration with the global flags over it, and judges it.
func (g *globals) settings() (config.File, error) {
	var overrides []config.Override
	if g.data != "" {
		overrides = append(overrides, config.Override{Key: "data", Value: g.data, Source: "--data"})
	}
	file, err := config.Load(g.config, os.Environ(), overrides)
	if err != nil {
		return file, usage(err)
	}
	return file, usage(file.Validate())
}

// thresholds say whether a voice is in a recording.
func thresholds(file config.File) petition.Thresholds {
	return petition.Thresholds{
		SpeechSeconds: file.Voice.MinSpeech.Seconds(),
		LevelDBFS:     float64(file.Voice.MinLevelDBFS),
		BlankSeconds:  file.Voice.BlankBelow.Seconds(),
	}
}

// newLogger talks on standard error.
func newLogger(c config.Log) *zap.Logger {
	level, err := zapcore.ParseLevel(c.Level)
	if err != nil {
		level = zapcore.InfoLevel
	}
	enc := zap.NewProductionEncoderConfig()
	enc.EncodeTime = zapcore.ISO8601TimeEncoder
	enc.EncodeDuration = zapcore.StringDurationEncoder
	encoder := zapcore.NewJSONEncoder(enc)
	if c.Format == "console" {
		enc.EncodeLevel = zapcore.CapitalLevelEncoder
		encoder = zapcore.NewConsoleEncoder(enc)
	}
	return zap.New(zapcore.NewCore(encoder, zapcore.Lock(os.Stderr), level))
}
