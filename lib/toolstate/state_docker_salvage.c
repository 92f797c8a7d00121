#include "toolstate/state_internal.h"

#include <string.h>

/*
 * How an object that was inspected, and a service of a project, are known where
 * nothing around them can be trusted. The former stand in a list that is the
 * document; the latter go by the key before them.
 */

/* What one begins with. */
static const char *const first_keys[] = { "ID", "Id", "Name", "CreatedAt",
	"Driver", "build", "image", "cap_add", "cap_drop", "command", "configs",
	"container_name", "depends_on", "deploy", "entrypoint", "environment",
	"expose", "extra_hosts", "healthcheck", "hostname", NULL };

/* One within which another one stands are two of which something is gone. */
static bool
is_inspected(const struct gv_jsontext_token *map)
{
	static const char *const swarm[] = { "ID", "Version", "CreatedAt",
		"Spec" };
	static const char *const container[] = { "Id", "Config", "HostConfig" };
	static const char *const network[] = { "Id", "Driver", "IPAM" };

	return gv_state_docker_is_inspected(map) &&
	    !gv_state_has_within(map, swarm, 4, 2) &&
	    !gv_state_has_within(map, container, 3, 2) &&
	    !gv_state_has_within(map, network, 3, 2);
}

/* Of a project. Networks and volumes are as they like. */
static bool
is_service(const struct gv_jsontext_token *map)
{
	return gv_state_find(map, "image").kind == GV_JSONTEXT_TEXT ||
	    gv_state_find(map, "build").kind != GV_JSONTEXT_NULL;
}

static bool
docker_is_resource(const struct gv_jsontext_token *map)
{
	return is_inspected(map) || is_service(map);
}

/* A project; a list begins by its bracket. */
static bool
docker_begins(const char *p, size_t len, bool first)
{
	static const char *const names[] = { "services", "name" };
	static const char *const next[] = { "services", "networks" };
	struct gv_jsontext_token t;
	struct gv_jsontext j;
	size_t which;

	which = gv_state_first_key(p, len, names, 2, &j, &t);
	if (which != 1)
		return first && which == 0;
	return t.kind == GV_JSONTEXT_TEXT && gv_jsontext_next(&j, &t) > 0 &&
	    gv_state_key(&t, next, 2) < 2;
}

static const struct gv_state_body bodies[] = {
	{ .resources = NULL },
	{ .resources = "services", .is_map = true, .is_bound = true },
};

const struct gv_state_salvage gv_state_docker_salvage = {
	.bodies = bodies,
	.n_bodies = sizeof(bodies) / sizeof(bodies[0]),
	.plain = &bodies[0],
	.indent = 4,
	.is_loose = true,
	.first = first_keys,
	.is_resource = docker_is_resource,
	.begins = docker_begins,
};
