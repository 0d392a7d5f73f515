package ari

import (
	"context"
	"fmt"
	"net/http"
)

// Live lists the ids of all channels that are in Asterisk now, whichever
// application or dialplan they are in.
func (c *Client) Live(ctx context.Context) (map[string]bool, error) {
	var channels []struct {
		ID string `json:"id"`
	}
	if err := c.request(ctx, http.MethodGet, "/channels", nil, &channels); err != nil {
		return nil, fmt.Errorf("live channels: %w", err)
	}
	live := make(map[string]bool, len(channels))
	for _, channel := range channels {
		live[channel.ID] = true
	}
	return live, nil
}
