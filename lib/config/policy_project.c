#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/path.h"
#include "config/policy_hold_internal.h"
#include "config/policy_internal.h"
#include "format/yaml.h"

#define MAX_TEXTS 32
#define MAX_TEXT  100 /* bytes of a text */

const char *const gv_policy_project_keys[] = { "client", "name", "parts",
	"phase", "related", "stack", "tags", NULL };

static int
read_text(const char **out, const struct gv_policy_place *at)
{
	int r = gv_policy_read_text(out, at);

	return r == 0 && strlen(*out) > MAX_TEXT
	    ? gv_policy_wrong(at, "a text of at most 100 bytes")
	    : r;
}

static int
add(struct gv_policy_texts *out, const struct gv_policy_place *at)
{
	const char *text;
	int r = read_text(&text, at);

	if (r < 0)
		return r;
	if (out->n == MAX_TEXTS)
		return gv_err(GV_EREFUSED, "%s:%u: %s has more than %d entries",
		    at->file, at->value->line, at->key->text, MAX_TEXTS);
	return gv_policy_add_text(out, text);
}

/* One text, or a list of them. */
static int
read_texts(struct gv_policy_texts *out, const struct gv_policy_place *at)
{
	const struct gv_yaml_node *v = at->value;
	struct gv_policy_place one = *at;
	size_t i;
	int r = 0;

	if (v->kind != GV_YAML_LIST)
		return add(out, at);
	for (i = 0; r == 0 && i < v->n; i++) {
		one.value = v->values[i];
		r = add(out, &one);
	}
	return r;
}

/* Folders of the repository, since one changes to them. */
static int
read_parts(struct gv_policy_texts *out, const struct gv_policy_place *at)
{
	size_t i;
	int r = read_texts(out, at);

	for (i = 0; r == 0 && i < out->n; i++)
		if (!gv_path_is_all_safe(out->items[i]))
			r = gv_policy_wrong(
			    at, "folders of this repository, such as apps/web");
	return r;
}

static int
read_key(void *data, const struct gv_policy_place *at)
{
	struct gv_policy_project *out = data;
	const char *key = at->key->text;

	if (!gv_policy_is_known(gv_policy_project_keys, key))
		return gv_policy_unknown_key(at, gv_policy_project_keys);
	if (strcmp(key, "name") == 0)
		return read_text(&out->name, at);
	if (strcmp(key, "client") == 0)
		return read_text(&out->client, at);
	if (strcmp(key, "phase") == 0)
		return read_text(&out->phase, at);
	if (strcmp(key, "parts") == 0)
		return read_parts(&out->parts, at);
	if (strcmp(key, "related") == 0)
		return read_texts(&out->related, at);
	return read_texts(
	    strcmp(key, "stack") == 0 ? &out->stack : &out->tags, at);
}

int
gv_policy_read_project(
    struct gv_policy_project *out, const struct gv_policy_place *section)
{
	return gv_policy_each(
	    section, "a map such as {name: shop, client: acme}", read_key, out);
}

void
gv_policy_hold_project(struct gv_policy_hold *h)
{
	struct gv_policy_project *out = &h->out->project;

	free(out->stack.items);
	free(out->parts.items);
	free(out->related.items);
	free(out->tags.items);
	*out = h->present->project;
	h->present->project = (struct gv_policy_project){ .name = NULL };
}
