#include <string.h>

#include "base/buf.h"
#include "image/image.h"
#include "layer/layer_emit.h"
#include "layer/layer_path.h"

/* ---- looking up ---------------------------------------------------------- */

static int
compare_key(const struct gv_image_value *v, const char *key, size_t len)
{
	const size_t both = v->key_len < len ? v->key_len : len;
	const int d = memcmp(v->key, key, both);

	return d ? d : (v->key_len > len) - (v->key_len < len);
}

static const struct gv_image_value *
by_key(const struct gv_image_value *map, const char *key, size_t len)
{
	uint32_t from = 0, to, i;
	int d;

	if (map->kind != GV_LAYER_MAP)
		return NULL;
	for (to = map->n; from < to;) {
		i = from + (to - from) / 2;
		d = compare_key(map->items[map->order[i]], key, len);
		if (d == 0)
			return map->items[map->order[i]];
		if (d < 0)
			from = i + 1;
		else
			to = i;
	}
	return NULL;
}

static const struct gv_image_value *
by_step(const struct gv_image_value *v, const struct gv_layer_step *step)
{
	size_t i;

	if (!step->is_element && v->kind == GV_LAYER_MAP)
		return by_key(v, step->p, step->len);
	if (v->kind != GV_LAYER_LIST || !gv_layer_step_element(&i, step))
		return NULL;
	return i < v->n ? v->items[i] : NULL;
}

const struct gv_image_value *
gv_image_value(const struct gv_image_value *v, const char *path)
{
	const struct gv_image_value *dotted = NULL, *d;
	struct gv_buf buf = GV_BUF_INIT;
	struct gv_layer_step step;

	while (v && *path) {
		/* what is left as one key, if nothing better is found */
		d = by_key(v, path, strlen(path));
		if (d && dotted == NULL)
			dotted = d;
		gv_buf_reset(&buf);
		if (!gv_layer_next_step(&step, &path, &buf)) {
			v = NULL;
			break;
		}
		v = by_step(v, &step);
	}
	gv_buf_release(&buf);
	return v ? v : dotted;
}

/* ---- texts --------------------------------------------------------------- */

static void
add_scalar(struct gv_buf *out, const struct gv_image_value *v, bool reveals)
{
	if (v->veil && !(reveals && v->json))
		gv_buf_addf(out, "\"%s\"", v->veil);
	else
		gv_buf_add(out, v->json, v->json_len);
}

void
gv_image_add_json(
    struct gv_buf *out, const struct gv_image_value *v, bool reveals)
{
	const bool is_map = v->kind == GV_LAYER_MAP;
	uint32_t i;

	if (!is_map && v->kind != GV_LAYER_LIST) {
		add_scalar(out, v, reveals);
		return;
	}
	gv_buf_addch(out, is_map ? '{' : '[');
	for (i = 0; i < v->n; i++) {
		if (i)
			gv_buf_addch(out, ',');
		if (is_map) {
			gv_layer_add_string(
			    out, v->items[i]->key, v->items[i]->key_len);
			gv_buf_addch(out, ':');
		}
		gv_image_add_json(out, v->items[i], reveals);
	}
	gv_buf_addch(out, is_map ? '}' : ']');
}

size_t
gv_image_count_veiled(const struct gv_image_value *v)
{
	size_t n = 0;
	uint32_t i;

	if (!v->has_veil)
		return 0;
	if (v->n == 0)
		return 1;
	for (i = 0; i < v->n; i++)
		n += gv_image_count_veiled(v->items[i]);
	return n;
}

/* ---- Spring -------------------------------------------------------------- */

/* Spring sets keys that are numbers in brackets, and joins all others by dots,
 * whatever they have in them. */
static void
add_name(struct gv_buf *name, const char *key, size_t len)
{
	const bool is_number = len && strspn(key, "0123456789") >= len;

	if (is_number)
		gv_buf_addch(name, '[');
	else if (name->len && (len == 0 || *key != '['))
		gv_buf_addch(name, '.');
	gv_buf_add(name, key, len);
	if (is_number)
		gv_buf_addch(name, ']');
}

struct spring {
	struct gv_buf name;
	int (*fn)(void *ctx, const char *name, const struct gv_image_value *v);
	void *ctx;
};

static int
flatten(struct spring *s, const struct gv_image_value *v)
{
	const size_t before = s->name.len;
	uint32_t i;
	int r = 0;

	if (v->n == 0 && v->kind != GV_LAYER_MAP)
		return (r = gv_buf_check(&s->name)) < 0
		    ? r
		    : s->fn(s->ctx, s->name.p, v);
	for (i = 0; r == 0 && i < v->n; i++) {
		if (v->kind == GV_LAYER_MAP)
			add_name(
			    &s->name, v->items[i]->key, v->items[i]->key_len);
		else
			gv_buf_addf(&s->name, "[%u]", i);
		r = flatten(s, v->items[i]);
		gv_buf_truncate(&s->name, before);
	}
	return r;
}

int
gv_image_each_spring(const struct gv_image_value *root,
    int (*fn)(void *ctx, const char *name, const struct gv_image_value *v),
    void *ctx)
{
	struct spring s = { GV_BUF_INIT, fn, ctx };
	int r = flatten(&s, root);

	gv_buf_release(&s.name);
	return r;
}
