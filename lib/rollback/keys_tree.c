#include "rollback/keys_internal.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "format/jsontext.h"
#include "format/yamlwalk.h"
#include "infra/hcl.h"

/*
 * What has values within values. Lists and maps that nothing is in are values
 * themselves; what else they are is told by what is in them.
 */

/* ---- lists and maps ------------------------------------------------------ */

static struct gv_keys_level *
innermost(struct gv_keys_path *p)
{
	return p->depth ? &p->levels[p->depth - 1] : NULL;
}

/* A value comes: of a list its number is its name. */
static int
begin_value(struct gv_keys_path *p)
{
	struct gv_keys_level *l = innermost(p);
	char number[24];
	int n, r = 0;

	if (l == NULL)
		return 0;
	if (!l->is_map) {
		n = snprintf(number, sizeof(number), "%zu", l->n);
		r = gv_keys_path_set(p, number, (size_t)n);
	}
	l->has_key = false;
	l->n++;
	return r;
}

static int
tell_value(struct gv_keys_path *p, size_t at, size_t len)
{
	int r = begin_value(p);

	return r < 0 ? r : gv_keys_path_tell(p, at, len);
}

static int
enter(struct gv_keys_path *p, size_t at, bool is_map)
{
	int r = begin_value(p);

	return r < 0 ? r : gv_keys_path_enter(p, at, is_map);
}

static int
leave(struct gv_keys_path *p, size_t end)
{
	const struct gv_keys_level *l = &p->levels[--p->depth];

	gv_secret_truncate(&p->text, l->len);
	return l->n || end < l->at ? 0
				   : gv_keys_path_tell(p, l->at, end - l->at);
}

/* ---- JSON ---------------------------------------------------------------- */

static int
set_json_key(struct gv_keys_path *p, const struct gv_jsontext_token *t)
{
	char name[GV_KEYS_NAME_MAX];
	size_t n;
	int r;

	if (!t->has_key)
		return 0;
	if (!t->key_escaped)
		return gv_keys_path_set(p, t->key, t->key_len);
	if (t->key_len > sizeof(name))
		return GV_EREFUSED;
	n = gv_jsontext_decode(name, t->key, t->key_len);
	r = gv_keys_path_set(p, name, n);
	explicit_bzero(name, sizeof(name));
	return r;
}

static int
on_token(
    struct gv_keys_path *p, const char *text, const struct gv_jsontext_token *t)
{
	const size_t at = (size_t)(t->p - text);
	int r;

	if (t->kind == GV_JSONTEXT_LIST_END || t->kind == GV_JSONTEXT_MAP_END)
		return leave(p, at + t->len);
	r = set_json_key(p, t);
	if (r < 0)
		return r;
	switch (t->kind) {
	case GV_JSONTEXT_LIST:
	case GV_JSONTEXT_MAP:
		return enter(p, at, t->kind == GV_JSONTEXT_MAP);
	case GV_JSONTEXT_TEXT: /* "1" is not 1 */
		return tell_value(p, at - 1, t->len + 2);
	default:
		return tell_value(p, at, t->len);
	}
}

int
gv_keys_read_json(struct gv_keys *out, const char *text, size_t len)
{
	struct gv_keys_path p = { .out = out };
	struct gv_jsontext_token t;
	struct gv_jsontext j;
	int r;

	gv_jsontext_init(&j, text, len);
	while ((r = gv_jsontext_next(&j, &t)) > 0) {
		r = on_token(&p, text, &t);
		if (r < 0)
			break;
	}
	gv_secret_release(&p.text);
	return r;
}

/* ---- YAML ---------------------------------------------------------------- */

struct yaml {
	struct gv_keys_path path;
	const char *text;
	size_t documents;
};

/* "&anchor !tag name" */
static void
skip_properties(const char **p, size_t *len)
{
	size_t n;

	while (*len && (**p == '&' || **p == '!')) {
		for (n = 0; n < *len && !strchr(" \t\r\n", (*p)[n]);)
			n++;
		while (n < *len && strchr(" \t\r\n", (*p)[n]))
			n++;
		*p += n;
		*len -= n;
	}
}

/* Without its quotes, where it is the same without. */
static void
unquote(const char **p, size_t *len)
{
	size_t i;

	if (*len < 2 || (**p != '"' && **p != '\''))
		return;
	for (i = 1; i + 1 < *len; i++)
		if (strchr("\\'\"\n", (*p)[i]))
			return;
	(*p)++;
	*len -= 2;
}

static int
set_yaml_key(struct yaml *y, const struct gv_yamlwalk_node *node)
{
	const char *p = y->text + node->at;
	size_t len = node->len;

	if (node->kind != GV_YAMLWALK_SCALAR)
		return GV_EREFUSED;
	skip_properties(&p, &len);
	unquote(&p, &len);
	innermost(&y->path)->has_key = true;
	return gv_keys_path_set(&y->path, p, len);
}

/* Each has its number before all, which goes again if it is the only one. */
static int
begin_document(struct yaml *y)
{
	char number[24];
	int n = snprintf(number, sizeof(number), "%zu", y->documents++);

	return gv_keys_path_set(&y->path, number, (size_t)n);
}

static int
on_node(void *ctx, const struct gv_yamlwalk_node *node)
{
	struct yaml *y = ctx;
	const struct gv_keys_level *l = innermost(&y->path);

	if (node->kind == GV_YAMLWALK_DOCUMENT)
		return begin_document(y);
	if (node->kind == GV_YAMLWALK_END)
		return leave(&y->path, node->at + node->len);
	if (l && l->is_map && !l->has_key)
		return set_yaml_key(y, node);
	if (node->kind == GV_YAMLWALK_LIST || node->kind == GV_YAMLWALK_MAP)
		return enter(&y->path, node->at, node->kind == GV_YAMLWALK_MAP);
	return tell_value(&y->path, node->at, node->len);
}

static void
drop_number(struct gv_keys *k)
{
	static const char number[] = "0.";
	const size_t len = sizeof(number) - 1;
	size_t i, n = 0;

	for (i = 0; i < k->n; i++) {
		struct gv_keys_key *key = &k->keys[i];

		if (key->name_len < len)
			continue;
		key->name += len;
		key->name_len -= len;
		k->keys[n++] = *key;
	}
	k->n = n;
}

int
gv_keys_read_yaml(struct gv_keys *out, const char *text, size_t len)
{
	struct yaml y = { .path = { .out = out }, .text = text };
	int r = gv_yamlwalk(text, len, &gv_secret_memory, on_node, &y);

	if (r == 0 && y.documents == 1)
		drop_number(out);
	gv_secret_release(&y.path.text);
	return r;
}

/* ---- HCL ----------------------------------------------------------------- */

struct hcl {
	struct gv_keys_path path;
	const char *text;
};

static int
on_argument(struct hcl *h, struct gv_hcl_span name, struct gv_hcl_span value)
{
	size_t before = h->path.text.len;
	int r = gv_keys_path_add(&h->path, name.p, name.len);

	if (r == 0)
		r = gv_keys_path_tell(
		    &h->path, (size_t)(value.p - h->text), value.len);
	gv_secret_truncate(&h->path.text, before);
	return r;
}

static int
on_step(void *ctx, enum gv_hcl_step step, struct gv_hcl_span name,
    struct gv_hcl_span value)
{
	struct hcl *h = ctx;
	struct gv_keys_path *p = &h->path;
	int r;

	switch (step) {
	case GV_HCL_OPEN:
		r = gv_keys_path_enter(p, 0, true);
		return r < 0 ? r : gv_keys_path_add(p, name.p, name.len);
	case GV_HCL_LABEL:
		return gv_keys_path_add(p, name.p, name.len);
	case GV_HCL_ARGUMENT:
		return on_argument(h, name, value);
	case GV_HCL_CLOSE:
		gv_secret_truncate(&p->text, p->levels[--p->depth].len);
		return 0;
	}
	return 0;
}

int
gv_keys_read_hcl(struct gv_keys *out, const char *text, size_t len)
{
	struct hcl h = { .path = { .out = out }, .text = text };
	int r = gv_hcl_walk(text, len, on_step, &h);

	gv_secret_release(&h.path.text);
	return r;
}
