#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"
#include "image/image_internal.h"
#include "layer/layer_emit.h"
#include "param/param.h"
#include "param/param_target.h"

#define VAULT_BYTES ((size_t)64 * 1024) /* of a block of secret memory */

/* What anybody may see is named without a key: all servers of a configuration
 * give it one name. */
static const unsigned char no_key[GV_DIGEST_KEY];

/* ---- memory -------------------------------------------------------------- */

/* A copy in memory that is locked and wiped. */
static const char *
lock_away(struct gv_image *image, const void *data, size_t len)
{
	struct gv_secret *at =
	    image->n_vaults ? &image->vaults[image->n_vaults - 1] : NULL;
	const size_t need = len + 1;

	if (at == NULL || at->cap - at->len < need) {
		if (GV_GROW(image->vaults, image->n_vaults, image->cap_vaults) <
		    0)
			return NULL;
		at = &image->vaults[image->n_vaults++];
		*at = (struct gv_secret)GV_SECRET_INIT;
		if (gv_secret_grow(
			at, need > VAULT_BYTES ? need : VAULT_BYTES) < 0)
			return NULL;
	}
	/* there is room, so that nothing moves */
	if (gv_secret_add(at, data, len) < 0 || gv_secret_add(at, "", 1) < 0)
		return NULL;
	return (const char *)at->p + at->len - need;
}

static const char *
keep(struct gv_image_freezer *f, const struct gv_image_value *v,
    const void *data, size_t len)
{
	return v->veil ? lock_away(f->image, data, len)
		       : gv_arena_copy(&f->image->arena, data, len);
}

/* The name of a file, once. */
static const char *
file_of(struct gv_image_freezer *f, uint32_t layer)
{
	const char *path, *known;

	if (layer >= f->param->n)
		return NULL;
	path = f->param->layers[layer]->name;
	known = gv_map_get(&f->files, path, strlen(path));
	if (known)
		return known;
	known = gv_arena_copy(&f->image->arena, path, strlen(path));
	if (known)
		(void)gv_map_put(
		    &f->files, known, strlen(known), (void *)(uintptr_t)known);
	return known;
}

/* ---- scalars ------------------------------------------------------------- */

static void
name(struct gv_image_freezer *f, struct gv_image_value *v)
{
	const struct gv_digest_field shown[] = { { &v->kind, 1 },
		{ v->key, v->key_len },
		{ v->veil ? v->veil : v->json,
		    v->veil ? strlen(v->veil) : v->json_len } };
	const struct gv_digest_field whole[] = { shown[0], shown[1],
		{ v->json, v->json_len } };

	gv_digest_keyed(&v->shown, no_key, "image-shown", shown, 3);
	gv_digest_keyed(&v->whole, f->opts->key, "image-whole", whole, 3);
}

/* What it says, as JSON and as plain text. */
static int
say(struct gv_image_freezer *f, struct gv_image_value *v,
    const struct gv_layer_value *from)
{
	struct gv_buf json = GV_BUF_INIT, text = GV_BUF_INIT;
	int r;

	/* at once, so that nothing is left where it grew out of */
	if ((r = gv_buf_grow(&json, (size_t)from->len * 6 + 32)) < 0 ||
	    (r = gv_buf_grow(&text, (size_t)from->len + 32)) < 0 ||
	    (r = gv_layer_emit(&json, from,
		 &(struct gv_layer_emit_opts){
		     .form = GV_LAYER_JSON, .is_flat = true })) < 0 ||
	    (r = gv_layer_emit_plain(&text, from)) < 0)
		goto out;
	v->json_len = (uint32_t)json.len;
	v->text_len = (uint32_t)text.len;
	v->json = json.p;
	name(f, v);
	if (v->veil && !f->opts->reveals) {
		v->json = NULL;
		goto out;
	}
	v->json = keep(f, v, json.p, json.len);
	if (v->json && v->kind == GV_LAYER_TEXT && json.len == text.len + 2 &&
	    memcmp(json.p + 1, text.p, text.len) == 0)
		v->text = v->json + 1;
	else if (v->json)
		v->text = keep(f, v, text.p, text.len);
	if (v->text == NULL)
		r = gv_err_nomem();
out:
	if (v->veil && json.cap)
		explicit_bzero(json.p, json.cap);
	if (v->veil && text.cap)
		explicit_bzero(text.p, text.cap);
	gv_buf_release(&json);
	gv_buf_release(&text);
	return r;
}

static int
freeze_scalar(struct gv_image_freezer *f, struct gv_image_value *v,
    const struct gv_layer_value *from)
{
	struct gv_secret opened = GV_SECRET_INIT;
	struct gv_layer_value other = *from;
	int r;

	v->veil = gv_param_veil(f->param, from);
	v->has_veil = v->veil != NULL;
	if (v->veil && f->opts->reveals && f->opts->open &&
	    gv_param_is_sealed(f->param, from) &&
	    f->opts->open(f->opts->ctx, &opened,
		v->file && gv_param_path_has(v->file, f->env) ? f->env : NULL,
		from->text, from->len) == 0) {
		other.text = (const char *)opened.p;
		other.len = (uint32_t)opened.len;
	}
	r = say(f, v, &other);
	gv_secret_release(&opened);
	return r;
}

/* ---- lists and maps ------------------------------------------------------ */

static int
compare(const void *a, const void *b)
{
	const struct gv_image_value *x = *(const struct gv_image_value **)a;
	const struct gv_image_value *y = *(const struct gv_image_value **)b;
	const size_t both = x->key_len < y->key_len ? x->key_len : y->key_len;
	const int d = memcmp(x->key, y->key, both);

	return d ? d : (x->key_len > y->key_len) - (x->key_len < y->key_len);
}

struct place {
	const struct gv_image_value *v; /* first, for compare() */
	uint32_t i;
};

/* The places of its items by key. */
static int
sort(struct gv_image_freezer *f, struct gv_image_value *v)
{
	struct place *places = calloc(v->n, sizeof(*places));
	uint32_t *order =
	    gv_arena_alloc(&f->image->arena, v->n * sizeof(*order));
	uint32_t i;

	if (places == NULL || order == NULL) {
		free(places);
		return gv_err_nomem();
	}
	for (i = 0; i < v->n; i++)
		places[i] = (struct place){ v->items[i], i };
	qsort(places, v->n, sizeof(*places), compare);
	for (i = 0; i < v->n; i++)
		order[i] = places[i].i;
	v->order = order;
	free(places);
	return 0;
}

/* Its names are those of its items. */
static int
name_all(struct gv_image_freezer *f, struct gv_image_value *v)
{
	struct gv_buf shown = GV_BUF_INIT, whole = GV_BUF_INIT;
	uint32_t i;
	int r;

	for (i = 0; i < v->n; i++) {
		gv_buf_add(&shown, &v->items[i]->shown, sizeof(v->shown));
		gv_buf_add(&whole, &v->items[i]->whole, sizeof(v->whole));
	}
	if ((r = gv_buf_check(&shown)) == 0 &&
	    (r = gv_buf_check(&whole)) == 0) {
		struct gv_digest_field fields[] = { { &v->kind, 1 },
			{ v->key, v->key_len }, { shown.p, shown.len } };

		gv_digest_keyed(&v->shown, no_key, "image-shown", fields, 3);
		fields[2] = (struct gv_digest_field){ whole.p, whole.len };
		gv_digest_keyed(
		    &v->whole, f->opts->key, "image-whole", fields, 3);
	}
	gv_buf_release(&shown);
	gv_buf_release(&whole);
	return r;
}

/* The name of a list or map that has these very items. */
static void
name_merged(struct gv_digest *out, const struct gv_image_value *v)
{
	const struct gv_digest_field fields[] = { { &v->kind, 1 },
		{ v->key, v->key_len }, { &v->file, sizeof(v->file) },
		{ &v->line, sizeof(v->line) },
		{ &v->column, sizeof(v->column) },
		{ v->items, v->n * sizeof(*v->items) } };

	gv_digest_keyed(out, no_key, "image-merged", fields, 6);
}

/* In the place of *v one that is there already, or a copy that stays. */
static int
settle_items(const struct gv_image_value **out, struct gv_image_freezer *f,
    const struct gv_image_value *v)
{
	struct gv_digest *id = gv_arena_alloc(&f->arena, sizeof(*id));
	const size_t size = v->n * sizeof(*v->items);
	const struct gv_image_value **items;
	struct gv_image_value *copy;
	int r;

	if (id == NULL)
		return GV_ENOMEM;
	name_merged(id, v);
	*out = gv_map_get(&f->merged, id, sizeof(*id));
	if (*out)
		return 0;
	copy = gv_arena_alloc(&f->image->arena, sizeof(*copy));
	items = gv_arena_alloc(&f->image->arena, size);
	if (copy == NULL || items == NULL)
		return GV_ENOMEM;
	*copy = *v;
	if (size)
		memcpy(items, v->items, size);
	copy->items = items;
	if (v->key)
		copy->key = gv_arena_copy(&f->image->arena, v->key, v->key_len);
	if (v->key && copy->key == NULL)
		return GV_ENOMEM;
	if ((v->kind == GV_LAYER_MAP && v->n && (r = sort(f, copy)) < 0) ||
	    (r = name_all(f, copy)) < 0)
		return r;
	*out = copy;
	return gv_map_put(&f->merged, id, sizeof(*id), copy);
}

static int
freeze_items(const struct gv_image_value **out, struct gv_image_freezer *f,
    struct gv_image_value *v, const struct gv_layer_value *from)
{
	const struct gv_image_value **items =
	    calloc((size_t)from->n + 1, sizeof(const void *));
	uint32_t i;
	int r = items ? 0 : gv_err_nomem();

	v->items = items;
	v->n = from->n;
	for (i = 0; r == 0 && i < from->n; i++)
		if ((r = gv_image_freeze(&items[i], f, from->items[i])) == 0)
			v->has_veil |= items[i]->has_veil;
	if (r == 0)
		r = settle_items(out, f, v);
	free(items);
	return r;
}

/* ---- all ----------------------------------------------------------------- */

static int
remember(struct gv_image_freezer *f, const struct gv_layer_value *from,
    const struct gv_image_value *v)
{
	const struct gv_layer_value **key =
	    gv_arena_alloc(&f->arena, sizeof(*key));

	if (key == NULL)
		return GV_ENOMEM;
	*key = from;
	return gv_map_put(&f->known, key, sizeof(*key), (void *)(uintptr_t)v);
}

/* A scalar that stays. */
static int
freeze_one(const struct gv_image_value **out, struct gv_image_freezer *f,
    const struct gv_image_value *head, const struct gv_layer_value *from)
{
	struct gv_image_value *v = gv_arena_alloc(&f->image->arena, sizeof(*v));

	if (v == NULL)
		return GV_ENOMEM;
	*v = *head;
	if (from->key)
		v->key =
		    gv_arena_copy(&f->image->arena, from->key, from->key_len);
	if (from->key && v->key == NULL)
		return GV_ENOMEM;
	*out = v;
	return freeze_scalar(f, v, from);
}

/* Whether it is there as long as its layer: what a merged tree owns ends with
 * it, and another value may have its address then. */
static bool
is_of_layer(const struct gv_image_freezer *f, const struct gv_layer_value *from)
{
	return from->layer < f->param->n &&
	    from->owner == f->param->layers[from->layer]->tree.token;
}

int
gv_image_freeze(const struct gv_image_value **out, struct gv_image_freezer *f,
    const struct gv_layer_value *from)
{
	static const struct gv_layer_value empty = { .kind = GV_LAYER_MAP };
	struct gv_image_value head = { .key = NULL };
	int r;

	if (from == NULL)
		from = &empty;
	*out = gv_map_get(&f->known, &from, sizeof(from));
	if (*out)
		return 0;
	head.kind = from->kind;
	head.line = from->line;
	head.column = from->column;
	head.file = file_of(f, from->layer);
	head.key = from->key;
	head.key_len = from->key ? from->key_len : 0;
	r = from->kind == GV_LAYER_MAP || from->kind == GV_LAYER_LIST
	    ? freeze_items(out, f, &head, from)
	    : freeze_one(out, f, &head, from);
	return r == 0 && is_of_layer(f, from) ? remember(f, from, *out) : r;
}

void
gv_image_freezer_release(struct gv_image_freezer *f)
{
	gv_map_release(&f->known);
	gv_map_release(&f->merged);
	gv_map_release(&f->files);
	gv_arena_release(&f->arena);
}
