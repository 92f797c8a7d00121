#include "drift/drift_flat.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/memory.h"
#include "base/vec.h"
#include "drift/meaning.h"

/*
 * A key with its value: its name without the environment, its text, or of what
 * is secret a digest.
 */

#define SECRET_MIN 6 /* bytes; less may be the same by chance */

/* ---- keys ---------------------------------------------------------------- */

struct gv_drift_key *
gv_drift_find(const struct gv_drift_keys *keys, const struct gv_drift_key *like)
{
	return gv_map_get(&keys->by_name, like->name, like->name_len);
}

void
gv_drift_keys_release(struct gv_drift_keys *keys)
{
	gv_map_release(&keys->by_name);
	free(keys->items);
}

/* The step that names the environment is left out of the path, and is a mark
 * in the name. */
static void
name_part(struct gv_drift_flat *f)
{
	const char *rest = f->path.p + f->under;

	gv_buf_add(&f->name, f->path.p, f->under);
	if (f->under)
		gv_buf_addch(&f->name, '.');
	gv_buf_addch(&f->name, GV_ENVNAME_LOWER);
	if (f->under == 0 && *rest && *rest != '[')
		gv_buf_addch(&f->name, '.');
	gv_envname_fold(&f->name, &f->d->opts->names, f->of->file.env, rest,
	    f->path.len - f->under);
}

/* The path with marks for the environment. */
static int
name_key(struct gv_drift_flat *f, struct gv_drift_key *key)
{
	const struct gv_drift_file *file = &f->of->file;

	gv_buf_reset(&f->name);
	if (file->part) {
		name_part(f);
	} else if (file->env == GV_DRIFT_SHARED ||
	    gv_envname_fold(&f->name, &f->d->opts->names, file->env, f->path.p,
		f->path.len) == 0) {
		key->name = key->show;
		key->name_len = f->path.len;
		return gv_buf_check(&f->name);
	}
	key->name = gv_arena_copy(&f->d->arena, f->name.p, f->name.len);
	key->name_len = f->name.len;
	return key->name ? gv_buf_check(&f->name) : GV_ENOMEM;
}

/* Keep it; where there is one of its name, that is replaced. */
int
gv_drift_flat_keep(struct gv_drift_keys *keys, struct gv_drift_key *key)
{
	struct gv_drift_key *old = gv_drift_find(keys, key);
	int r;

	if (old) {
		*old = *key;
		return 0;
	}
	if ((r = GV_GROW(keys->items, keys->n, keys->cap)) < 0 ||
	    (r = gv_map_put(&keys->by_name, key->name, key->name_len, key)) < 0)
		return r;
	keys->items[keys->n++] = key;
	return 0;
}

/* What a node says, in memory that is wiped: its length, or -1. */
static ssize_t
read_text(struct gv_drift_flat *f, uint32_t node)
{
	const struct gv_doc_node *n = &f->doc->nodes[node];
	const size_t size = n->len + n->len / 2 + 1;

	if (size > f->scratch_size) {
		gv_memory_put(NULL, f->scratch, f->scratch_size);
		f->scratch_size = 0;
		f->scratch = gv_memory_get(NULL, size + 256);
		if (f->scratch == NULL)
			return -1;
		f->scratch_size = size + 256;
	}
	return (ssize_t)gv_doc_read_text(f->scratch, f->doc, node);
}

static int
keep_text(struct gv_drift_flat *f, struct gv_drift_text *out, uint32_t node)
{
	ssize_t n = read_text(f, node);

	if (n < 0)
		return GV_ENOMEM;
	out->p = gv_arena_copy(&f->d->arena, f->scratch, (size_t)n);
	out->len = (size_t)n;
	return out->p ? 0 : GV_ENOMEM;
}

static struct gv_drift_key *
new_key(struct gv_drift_flat *f, uint32_t node, enum gv_drift_kind kind)
{
	const struct gv_doc_node *n = &f->doc->nodes[node];
	struct gv_drift_key *key =
	    gv_arena_alloc(&f->d->arena, sizeof(struct gv_drift_key));

	if (key == NULL || gv_buf_check(&f->path) < 0)
		return NULL;
	key->show = gv_arena_copy(&f->d->arena, f->path.p, f->path.len);
	if (key->show == NULL)
		return NULL;
	key->of = f->of;
	key->node = node;
	key->kind = (uint8_t)kind;
	key->type = n->type;
	key->style = n->style;
	key->text.p = "";
	key->in_list = f->in_list;
	key->in_object = f->in_object;
	return key;
}

/* What a value is for; of what a tool marks as a secret, all is hidden. */
static void
disguise(const struct gv_drift_flat *f, struct gv_drift_key *key, const char *p,
    size_t len)
{
	gv_drift_disguise(key, p, len);
	if (!f->of->file.is_secret)
		return;
	key->is_hidden = true;
	if (key->guise == GV_DRIFT_CLEAR && key->type == GV_DOC_TYPE_TEXT &&
	    len >= SECRET_MIN)
		key->guise = GV_DRIFT_CREDENTIAL;
}

/* A scalar, or what has to be computed. */
int
gv_drift_flat_value(
    struct gv_drift_flat *f, uint32_t node, enum gv_drift_kind kind)
{
	struct gv_drift_key *key = new_key(f, node, kind);
	ssize_t n;

	if (key == NULL)
		return GV_ENOMEM;
	n = read_text(f, node);
	if (n < 0)
		return GV_ENOMEM;
	disguise(f, key, f->scratch, (size_t)n);
	if (key->is_hidden) {
		gv_drift_digest(&key->digest, f->d, f->scratch, (size_t)n);
		key->text.p = NULL;
	} else {
		key->text.p =
		    gv_arena_copy(&f->d->arena, f->scratch, (size_t)n);
		key->text.len = (size_t)n;
		if (key->text.p == NULL)
			return GV_ENOMEM;
	}
	if (name_key(f, key) < 0)
		return GV_ENOMEM;
	return gv_drift_flat_keep(f->keys, key);
}

/* ---- lists --------------------------------------------------------------- */

/* Whether all elements are scalars or expressions. */
bool
gv_drift_flat_is_scalars(const struct gv_doc *doc, uint32_t list)
{
	uint32_t i, node;

	for (i = gv_doc_first(doc, list); i != GV_DOC_NONE;
	     i = gv_doc_next(doc, i)) {
		node = gv_doc_follow(doc, i);
		if (node == GV_DOC_NONE ||
		    (doc->nodes[node].kind != GV_DOC_SCALAR &&
			doc->nodes[node].kind != GV_DOC_CODE))
			return false;
	}
	return true;
}

static int
add_items(struct gv_drift_flat *f, struct gv_drift_key *key, uint32_t list)
{
	uint32_t i, n = 0;
	int r;

	for (i = gv_doc_first(f->doc, list); i != GV_DOC_NONE;
	     i = gv_doc_next(f->doc, i))
		n++;
	key->items =
	    gv_arena_alloc(&f->d->arena, (n + 1) * sizeof(*key->items));
	if (key->items == NULL)
		return GV_ENOMEM;
	for (i = gv_doc_first(f->doc, list); i != GV_DOC_NONE;
	     i = gv_doc_next(f->doc, i)) {
		r = keep_text(
		    f, &key->items[key->n_items++], gv_doc_follow(f->doc, i));
		if (r < 0)
			return r;
	}
	return 0;
}

int
gv_drift_flat_list(struct gv_drift_flat *f, uint32_t list)
{
	const struct gv_doc_node *n = &f->doc->nodes[list];
	struct gv_drift_key *key =
	    new_key(f, list, gv_drift_list_kind(&f->path, f->doc->format));
	int r = 0;

	if (key == NULL)
		return GV_ENOMEM;
	disguise(f, key, f->doc->text + n->at, n->len);
	key->guise = key->guise == GV_DRIFT_CREDENTIAL && key->is_hidden
	    ? GV_DRIFT_CREDENTIAL
	    : GV_DRIFT_CLEAR;
	if (key->guise == GV_DRIFT_CLEAR && key->is_hidden)
		key->guise = GV_DRIFT_PUBLIC;
	if (key->is_hidden) {
		key->kind = GV_DRIFT_SCALAR;
		key->text.p = NULL;
		gv_drift_digest(
		    &key->digest, f->d, f->doc->text + n->at, n->len);
	} else {
		r = add_items(f, key, list);
	}
	if (r < 0 || (r = name_key(f, key)) < 0)
		return r;
	return gv_drift_flat_keep(f->keys, key);
}

/* Whom a file of SOPS is encrypted for; what else SOPS writes changes with
 * every save. */
int
gv_drift_flat_recipients(struct gv_drift_flat *f, uint32_t sops)
{
	static const char *const kinds[][2] = { { "age", "recipient" },
		{ "kms", "arn" }, { "pgp", "fp" }, { "gcp_kms", "resource_id" },
		{ "azure_kv", "vault_url" }, { "hc_vault", "vault_address" } };
	const size_t before = gv_drift_flat_enter(f, "sops", 4);
	struct gv_drift_key *key;
	uint32_t list, i, value;
	size_t k;
	int r;

	gv_drift_flat_enter(f, "recipients", 10);
	key = new_key(f, sops, GV_DRIFT_SET);
	r = key ? 0 : GV_ENOMEM;
	if (key)
		key->items = gv_arena_alloc(
		    &f->d->arena, (f->doc->n + 1) * sizeof(*key->items));
	if (r == 0 && key->items == NULL)
		r = GV_ENOMEM;
	for (k = 0; r == 0 && k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		list = gv_doc_get(f->doc, sops, kinds[k][0]);
		if (list == GV_DOC_NONE)
			continue;
		for (i = gv_doc_first(f->doc, list); r == 0 && i != GV_DOC_NONE;
		     i = gv_doc_next(f->doc, i)) {
			value = gv_doc_get(f->doc, i, kinds[k][1]);
			if (value != GV_DOC_NONE)
				r = keep_text(
				    f, &key->items[key->n_items++], value);
		}
	}
	if (r == 0 && (r = name_key(f, key)) == 0)
		r = gv_drift_flat_keep(f->keys, key);
	gv_buf_truncate(&f->path, before);
	return r;
}
