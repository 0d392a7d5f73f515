package ari

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/CyCoreSystems/ari/v6"
)

// System is the Asterisk at the other end.
type System struct {
	Name     string // systemname in asterisk.conf, often ""
	EntityID string // of the machine, made from a hardware address
	Version  string
}

// ID is what tells this Asterisk from others: its name, or its entity id.
func (s System) ID() string {
	if s.Name != "" {
		return s.Name
	}
	return s.EntityID
}

// Info asks Asterisk who it is. Like all requests it works without Run.
func (c *Client) Info(ctx context.Context) (System, error) {
	var info ari.AsteriskInfo
	if err := c.request(ctx, http.MethodGet, "/asterisk/info", nil, &info); err != nil {
		return System{}, fmt.Errorf("asterisk info: %w", err)
	}
	return System{Name: info.ConfigInfo.Name, EntityID: info.SystemInfo.EntityID, Version: info.SystemInfo.Version}, nil
}

// SetGlobal sets a global variable of the dialplan. It is tried once: who
// refreshes a variable does it again anyway.
func (c *Client) SetGlobal(ctx context.Context, name, value string) error {
	set := struct {
		Variable string `json:"variable"`
		Value    string `json:"value"`
	}{name, value}
	if err := c.request(ctx, http.MethodPost, "/asterisk/variable", set, nil); err != nil {
		return fmt.Errorf("set global variable %s: %w", name, err)
	}
	return nil
}

// Global reads a global variable of the dialplan; "" where it is not set.
func (c *Client) Global(ctx context.Context, name string) (string, error) {
	var got struct {
		Value string `json:"value"`
	}
	if err := c.request(ctx, http.MethodGet, "/asterisk/variable?variable="+url.QueryEscape(name), nil, &got); err != nil {
		return "", fmt.Errorf("global variable %s: %w", name, err)
	}
	return got.Value, nil
}

// Modules lists what Asterisk has loaded, and of each, by its name with .so,
// whether it runs.
func (c *Client) Modules(ctx context.Context) (map[string]bool, error) {
	var got []struct {
		Name   string `json:"name"`
		Status string `json:"status"`
	}
	if err := c.request(ctx, http.MethodGet, "/asterisk/modules", nil, &got); err != nil {
		return nil, fmt.Errorf("modules: %w", err)
	}
	running := make(map[string]bool, len(got))
	for _, m := range got {
		running[m.Name] = m.Status == "Running"
	}
	return running, nil
}

// Channels lists the channels that are in our application now.
func (c *Client) Channels(ctx context.Context) ([]string, error) {
	var app ari.ApplicationData
	if err := c.request(ctx, http.MethodGet, c.appPath(), nil, &app); err != nil {
		return nil, fmt.Errorf("channels: %w", err)
	}
	return app.ChannelIDs, nil
}

// channel asks for one channel. It is gone if the error's status is 404.
func (c *Client) channel(ctx context.Context, id string) (*ari.ChannelData, error) {
	data := new(ari.ChannelData)
	err := c.request(ctx, http.MethodGet, "/channels/"+url.PathEscape(id), nil, data)
	return data, err
}

// setFilter asks for the events that are wanted and no others.
func (c *Client) setFilter(ctx context.Context, wanted []string) error {
	type eventType struct {
		Type string `json:"type"`
	}
	var filter struct {
		Allowed []eventType `json:"allowed"`
	}
	for _, name := range wanted {
		filter.Allowed = append(filter.Allowed, eventType{name})
	}
	err := c.request(ctx, http.MethodPut, c.appPath()+"/eventFilter", filter, nil)
	if err != nil {
		return fmt.Errorf("event filter (is res_ari_applications loaded?): %w", err)
	}
	return nil
}

func (c *Client) appPath() string { return "/applications/" + url.PathEscape(c.cfg.App) }
