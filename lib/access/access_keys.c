#include "access/access_keys.h"

#include <stdlib.h>
#include <string.h>

#include "access/access.h"
#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "crypto/digest.h"
#include "doc/doc.h"

/* A value, "DOCUMENT KEY" to its bytes. */
struct leaf {
	const char *name, *key;
	const char *p;
	size_t len;
};

struct side {
	struct gv_doc doc;
	bool is_open, is_there;
	struct leaf *leaves;
	size_t n, cap;
	size_t part; /* the document that is read */
	struct gv_map by_name;
	struct gv_arena *arena;
};

/* ---- what programs would not agree about --------------------------------- */

/* 1 where a map has a key twice; 0; GV_ENOMEM. */
static int
has_twins(const struct gv_doc *doc)
{
	struct gv_arena arena = GV_ARENA_INIT;
	struct gv_map seen = GV_MAP_INIT;
	struct gv_buf name = GV_BUF_INIT;
	const char *copy;
	uint32_t i;
	int r = 0;

	for (i = 0; r == 0 && i < doc->n; i++) {
		const struct gv_doc_node *node = &doc->nodes[i];

		if (node->key_len == 0 || node->kind == GV_DOC_BLOCK)
			continue;
		gv_buf_reset(&name);
		gv_buf_addf(&name, "%u ", (unsigned)node->parent);
		gv_doc_key(&name, doc, i);
		if ((r = gv_buf_check(&name)) < 0)
			break;
		if (gv_map_get(&seen, name.p, name.len)) {
			r = 1;
			break;
		}
		copy = gv_arena_copy(&arena, name.p, name.len);
		r = copy ? gv_map_put(&seen, copy, name.len, &seen)
			 : gv_err_nomem();
	}
	gv_map_release(&seen);
	gv_arena_release(&arena);
	gv_buf_release(&name);
	return r;
}

static bool
has_tags(const struct gv_doc *doc)
{
	size_t i;

	for (i = 0; i < doc->n_marks; i++)
		if (doc->marks[i].tag_len)
			return true;
	return false;
}

/* ---- values -------------------------------------------------------------- */

static int
take(void *ctx, const struct gv_buf *path, uint32_t node)
{
	struct side *s = ctx;
	const struct gv_doc_node *n = &s->doc.nodes[node];
	struct gv_buf name = GV_BUF_INIT;
	struct leaf *leaf;
	char *copy;
	int r;

	gv_buf_addf(&name, "%zu ", s->part);
	gv_buf_add(&name, path->p, path->len);
	if ((r = gv_buf_check(&name)) < 0)
		goto out;
	copy = gv_arena_copy(s->arena, name.p, name.len);
	if (copy == NULL || GV_GROW(s->leaves, s->n, s->cap) < 0) {
		r = gv_err_nomem();
		goto out;
	}
	leaf = &s->leaves[s->n++];
	*leaf = (struct leaf){ .name = copy,
		.key = strchr(copy, ' ') + 1,
		.p = s->doc.text + n->at,
		.len = n->len };
out:
	gv_buf_release(&name);
	return r;
}

static int
index_leaves(struct side *s)
{
	size_t i;
	int r = 0;

	for (i = 0; r >= 0 && i < s->n; i++)
		r = gv_map_put(&s->by_name, s->leaves[i].name,
		    strlen(s->leaves[i].name), &s->leaves[i]);
	return r < 0 ? gv_err_nomem() : 0;
}

/* 0; 1 where its keys cannot be told; GV_ENOMEM. */
static int
read_side(struct side *s, const char *path, const struct gv_access_text *t)
{
	enum gv_doc_format format;
	char *before = gv_err_save();
	int r = 0;

	s->is_there = t->p != NULL;
	if (!s->is_there) {
		gv_err_restore(before);
		return 0;
	}
	/* by its name it has one; the bytes may say which */
	if (t->len > GV_ACCESS_KEYS_MOST ||
	    memchr(t->p, '\0', t->len) != NULL ||
	    !gv_doc_format_of(&format, path, t->p, t->len))
		r = 1;
	if (r == 0 &&
	    (r = gv_doc_read(&s->doc, format, t->p, t->len, NULL)) == 0)
		s->is_open = true;
	if (r == 0 && (s->doc.n_errors || has_tags(&s->doc)))
		r = 1;
	if (r == 0)
		r = has_twins(&s->doc);
	for (s->part = 0; r == 0 && s->part < s->doc.n_parts; s->part++)
		if (s->doc.parts[s->part].node != GV_DOC_NONE)
			r = gv_doc_each(
			    &s->doc, s->doc.parts[s->part].node, take, s);
	if (r == 0)
		r = index_leaves(s);
	r = r == GV_EREFUSED ? 1 : r;
	if (r >= 0)
		gv_err_restore(before);
	else
		free(before);
	return r;
}

static void
release_side(struct side *s)
{
	if (s->is_open)
		gv_doc_release(&s->doc);
	gv_map_release(&s->by_name);
	free(s->leaves);
}

/* ---- what differs -------------------------------------------------------- */

/* A key, by what each side has of it (NULL: nothing). */
struct pair {
	const struct leaf *old, *now;
};

struct keys {
	struct pair *items;
	size_t n, cap;
};

/* Keys of one side whose value the other does not have. Of those that both
 * have only one side tells. */
static int
add_differing(struct keys *out, const struct side *of, const struct side *than,
    bool is_new)
{
	size_t i;

	for (i = 0; i < of->n; i++) {
		const struct leaf *a = &of->leaves[i];
		const struct leaf *b =
		    gv_map_get(&than->by_name, a->name, strlen(a->name));

		if (b &&
		    (is_new ||
			(a->len == b->len && memcmp(a->p, b->p, a->len) == 0)))
			continue;
		if (GV_GROW(out->items, out->n, out->cap) < 0)
			return gv_err_nomem();
		out->items[out->n++] =
		    is_new ? (struct pair){ NULL, a } : (struct pair){ a, b };
	}
	return 0;
}

/* A value of this key in this file: another place of the same value has another
 * name, so that nobody sees which values are equal. */
static void
name_value(char out[GV_ACCESS_SUM], const unsigned char *key, const char *path,
    const struct leaf *leaf)
{
	struct gv_digest digest;

	if (leaf == NULL) {
		memcpy(out, "none", sizeof("none"));
		return;
	}
	gv_digest_keyed(&digest, key, "config change",
	    (const struct gv_digest_field[]){ { path, strlen(path) },
		{ leaf->name, strlen(leaf->name) }, { leaf->p, leaf->len } },
	    3);
	gv_enc_hex(out, digest.bytes, (GV_ACCESS_SUM - 1) / 2);
}

static int
name_values(struct gv_access_change *change, struct gv_arena *arena,
    const unsigned char *key, const struct keys *keys)
{
	struct gv_access_sums *sums =
	    gv_arena_alloc(arena, (keys->n + 1) * sizeof(*sums));
	size_t i;

	if (sums == NULL)
		return gv_err_nomem();
	for (i = 0; i < keys->n; i++) {
		name_value(sums[i].old, key, change->path, keys->items[i].old);
		name_value(sums[i].new, key, change->path, keys->items[i].now);
	}
	change->sums = sums;
	return 0;
}

static int
compare(struct gv_access_change *change, struct gv_arena *arena,
    const unsigned char *key, const struct side *old, const struct side *now)
{
	struct keys keys = { .n = 0 };
	const char **copy;
	size_t i;
	int r;

	if ((r = add_differing(&keys, old, now, false)) < 0 ||
	    (r = add_differing(&keys, now, old, true)) < 0)
		goto out;
	copy = gv_arena_alloc(arena, (keys.n + 1) * sizeof(*copy));
	if (copy == NULL) {
		r = gv_err_nomem();
		goto out;
	}
	for (i = 0; i < keys.n; i++)
		copy[i] = keys.items[i].old ? keys.items[i].old->key
					    : keys.items[i].now->key;
	change->reads = GV_ACCESS_KEYS;
	change->keys = copy;
	change->n_keys = keys.n;
	if (key)
		r = name_values(change, arena, key, &keys);
out:
	free(keys.items);
	return r;
}

/* Whether a name is that of a format; what it would be by its bytes alone is
 * for nobody who names files by rules. */
static bool
has_format(const char *path)
{
	enum gv_doc_format format;

	return gv_doc_format_of(&format, path, "", 0);
}

int
gv_access_keys_find(struct gv_access_change *change, struct gv_arena *arena,
    const unsigned char *key, const struct gv_access_text *old,
    const struct gv_access_text *now)
{
	struct side a = { .arena = arena, .by_name = GV_MAP_INIT };
	struct side b = { .arena = arena, .by_name = GV_MAP_INIT };
	int r;

	change->keys = NULL;
	change->n_keys = 0;
	change->sums = NULL;
	change->made = NULL;
	change->n_made = 0;
	change->reads = GV_ACCESS_NO_KEYS;
	if (!has_format(change->path))
		return 0;
	change->reads = GV_ACCESS_UNREAD;
	if ((r = read_side(&a, change->path, old)) == 0)
		r = read_side(&b, change->path, now);
	if (r == 0)
		r = compare(change, arena, key, &a, &b);
	release_side(&a);
	release_side(&b);
	return r < 0 ? r : 0;
}
