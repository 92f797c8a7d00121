#include "toolstate/state_internal.h"

#include <string.h>

/*
 * How a resource and a document of Terraform are known where nothing around
 * them can be trusted. A key and its quotes cannot stand in a text, where they
 * would be escaped, so few bytes are enough for a first look.
 */

static const char *
skip_blanks(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\n' || *p == '\t' || *p == '\r'))
		p++;
	return p;
}

/* The key in quotes at `p`: where it begins, *after its last quote; NULL. */
static const char *
read_key(const char *p, const char *end, const char **after)
{
	const char *quote;

	if (p == end || *p != '"')
		return NULL;
	p++;
	quote = memchr(p, '"', (size_t)(end - p));
	*after = quote;
	return quote ? p : NULL;
}

static bool
is_key(const char *key, const char *after, const char *name)
{
	const size_t len = strlen(name);

	return (size_t)(after - key) == len && memcmp(key, name, len) == 0;
}

static bool
terraform_looks(const char *p, size_t len, size_t before, bool *is_sorted)
{
	static const char *const names[] = { "module", "mode", "type", "name",
		"provider", "each", "instances" };
	const char *end = p + len, *after;
	const char *key = read_key(skip_blanks(p + 1, end), end, &after);
	size_t i;

	(void)before;
	for (i = 0; key && i < sizeof(names) / sizeof(names[0]); i++) {
		*is_sorted = i >= 5;
		if (is_key(key, after, names[i]))
			return true;
	}
	return false;
}

/* Which of the names a map has, a bit each; *list is the value of the last
 * one. */
static unsigned
look_at_keys(struct gv_jsontext_token *list, const char *p, size_t len)
{
	static const char *const names[] = { "mode", "type", "name",
		"instances" };
	struct gv_jsontext_token t;
	struct gv_jsontext j;
	unsigned seen = 0;
	size_t i;

	gv_jsontext_init(&j, p, len);
	if (gv_jsontext_next(&j, &t) <= 0 || t.kind != GV_JSONTEXT_MAP)
		return 0;
	while (gv_jsontext_value(&j, &t) > 0 && t.kind != GV_JSONTEXT_MAP_END) {
		i = gv_state_key(&t, names, 4);
		if (i == 3 && t.kind == GV_JSONTEXT_LIST)
			*list = t;
		if ((i < 3 && t.kind == GV_JSONTEXT_TEXT && t.len) ||
		    (i == 3 && t.kind == GV_JSONTEXT_LIST))
			seen |= 1U << i;
	}
	return seen;
}

#define ALL 0xfU

/* A resource among the instances of another one: what was between is gone. */
static bool
terraform_is_resource(const struct gv_jsontext_token *map)
{
	struct gv_jsontext_token list = { 0 }, in, t;
	struct gv_jsontext j;

	if (look_at_keys(&list, map->p, map->len) != ALL)
		return false;
	gv_jsontext_init(&j, list.p, list.len);
	(void)gv_jsontext_next(&j, &t);
	while (
	    gv_jsontext_value(&j, &t) > 0 && t.kind != GV_JSONTEXT_LIST_END) {
		if (t.kind != GV_JSONTEXT_MAP ||
		    look_at_keys(&in, t.p, t.len) == ALL)
			return false;
	}
	return true;
}

/* Behind the key and the colon that stand at `p`; NULL. */
static const char *
skip_key(const char *p, const char *end, const char *name)
{
	const char *after, *key = read_key(skip_blanks(p, end), end, &after);

	if (key == NULL || !is_key(key, after, name))
		return NULL;
	p = skip_blanks(after + 1, end);
	return p < end && *p == ':' ? skip_blanks(p + 1, end) : NULL;
}

static bool
terraform_begins(const char *p, size_t len, bool first)
{
	static const char *const sorted[] = { "check_results", "lineage" };
	static const char *const next[] = { "terraform_version", "serial",
		"lineage" };
	const char *end = p + len, *digits;
	size_t i;

	for (i = 0; first && i < 2; i++)
		if (skip_key(p + 1, end, sorted[i]))
			return true;
	digits = p = skip_key(p + 1, end, "version");
	while (p && p < end && *p >= '0' && *p <= '9')
		p++;
	if (p == digits)
		return false;
	p = skip_blanks(p, end);
	if (p == end || *p != ',')
		return false;
	for (i = 0; i < 3; i++)
		if (skip_key(p + 1, end, next[i]))
			return true;
	return false;
}

static const char *const terraform_needs[] = { "version", "lineage", NULL };

static const struct gv_state_body terraform_body = {
	.needs = { terraform_needs },
	.resources = "resources",
	.outputs = "outputs",
};

const struct gv_state_salvage gv_state_terraform_salvage = {
	.bodies = &terraform_body,
	.n_bodies = 1,
	.serial = "serial",
	.least = 4,
	.most = 4,
	.indent = 2,
	.looks = terraform_looks,
	.is_resource = terraform_is_resource,
	.begins = terraform_begins,
};
