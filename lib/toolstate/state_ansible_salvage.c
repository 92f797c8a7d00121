#include "toolstate/state_internal.h"

#include <string.h>

/*
 * How a host of an inventory is known where nothing around it can be trusted.
 * It may have any variables; one of the first is mostly one of Ansible's own.
 * A host that has none is found only where it stands before the damage.
 */

#define FIRST 8 /* variables that are looked at */

static bool
is_own(const struct gv_jsontext_token *t)
{
	static const char begin[] = "ansible_";

	return t->has_key && t->key_len >= sizeof(begin) - 1 &&
	    memcmp(t->key, begin, sizeof(begin) - 1) == 0;
}

/* The variables of a group, and the map of all hosts, are no host. */
static bool
is_host_key(const struct gv_jsontext_token *map)
{
	static const char *const others[] = { "vars", "hostvars", "_meta" };

	return gv_state_key(map, others, 3) == 3;
}

static bool
ansible_looks(const char *p, size_t len, size_t before, bool *is_sorted)
{
	struct gv_jsontext_token map = { .p = p }, t;
	struct gv_jsontext j;
	size_t i;

	*is_sorted = false;
	gv_jsontext_init(&j, p, len);
	if (gv_jsontext_next(&j, &t) <= 0 || t.kind != GV_JSONTEXT_MAP ||
	    !gv_state_key_before(&map, before) || !is_host_key(&map))
		return false;
	for (i = 0; i < FIRST && gv_jsontext_next(&j, &t) > 0; i++) {
		if (is_own(&t))
			return true;
		/* what is larger is not gone past: each brace is looked at */
		if (t.kind == GV_JSONTEXT_MAP || t.kind == GV_JSONTEXT_LIST)
			return false;
	}
	return false;
}

static bool
ansible_is_resource(const struct gv_jsontext_token *map)
{
	return map->kind == GV_JSONTEXT_MAP &&
	    gv_state_find(map, "hostvars").kind == GV_JSONTEXT_NULL;
}

static bool
ansible_begins(const char *p, size_t len, bool first)
{
	static const char *const names[] = { "_meta", "hostvars" };
	struct gv_jsontext_token t;
	struct gv_jsontext j;

	(void)first;
	return gv_state_first_key(p, len, names, 1, &j, &t) == 0 &&
	    t.kind == GV_JSONTEXT_MAP && gv_jsontext_next(&j, &t) > 0 &&
	    gv_state_key(&t, names, 2) == 1 && t.kind == GV_JSONTEXT_MAP;
}

static const struct gv_state_body inventory = {
	.path = { "_meta" },
	.resources = "hostvars",
	.is_map = true,
	.is_bound = true,
};

const struct gv_state_salvage gv_state_ansible_salvage = {
	.bodies = &inventory,
	.n_bodies = 1,
	.indent = 4,
	.is_loose = true,
	.looks = ansible_looks,
	.is_resource = ansible_is_resource,
	.begins = ansible_begins,
};
