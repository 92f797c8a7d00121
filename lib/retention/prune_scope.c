#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "base/err.h"
#include "base/vec.h"
#include "object/chunk.h"
#include "object/link.h"
#include "object/odb.h"
#include "object/tree.h"
#include "retention/prune_internal.h"
#include "safe/lifecycle.h"
#include "seal/redact.h"

#define NAME_SIZE (GV_REDACT_ID_HEX + 16)

/* ---- commits of the chain ---- */

/* Its time and its first parent, which is zero for none. */
static int
read_commit(int64_t *time, struct gv_oid *parent, struct gv_odb *odb,
    const struct gv_oid *commit)
{
	struct gv_object obj = { 0 };
	const char *end, *p;
	int r = gv_odb_read_type(odb, &obj, commit, GV_OTYPE_COMMIT);

	memset(parent, 0, sizeof(*parent));
	*time = INT64_MAX;
	if (r < 0)
		return r;
	p = (const char *)obj.data;
	end = memmem(p, obj.len, "\n\n", 2);
	p = end ? memmem(p, (size_t)(end - p), "\nparent ", 8) : NULL;
	if (p && end - p >= 8 + GV_OID_HEX)
		(void)gv_oid_parse(parent, p + 8);
	(void)gv_link_time(time, &obj);
	gv_object_release(&obj);
	return 0;
}

/* What the scope had at that time; zero where that is not known. */
static int
find_base(struct gv_oid *tree, const struct gv_prune_scope *s,
    struct gv_odb *odb, int64_t before)
{
	struct gv_oid at = s->ledger.tip, parent;
	struct gv_ledger ledger;
	int64_t time;
	int r = 0;

	memset(tree, 0, sizeof(*tree));
	for (; r == 0 && !gv_oid_is_zero(&at); at = parent) {
		r = read_commit(&time, &parent, odb, &at);
		if (r < 0 || time > before)
			continue;
		if ((r = gv_ledger_load(&ledger, odb, &at)) == 0)
			*tree = ledger.tree;
		break;
	}
	/* the end of a clone that is shallow */
	return r == GV_ENOTFOUND ? 0 : r;
}

/* ---- what it has ---- */

static bool
read_name(struct gv_digest *id, const char *path)
{
	return gv_enc_unhex(id->bytes, path + 3, GV_DIGEST_BYTES) == 0 &&
	    path[2] == '/' && memcmp(path, path + 3, 2) == 0;
}

/* Of what something was said somebody wanted to know, and of what took its
 * place too. */
static int
take_statement(struct gv_prune_item *item, struct gv_odb *odb,
    const char *suffix, const struct gv_oid *oid)
{
	struct gv_lifecycle life = { .is_rotated = false };
	unsigned kind;
	int r = 0;

	for (kind = 0; kind < GV_LIFECYCLE_KINDS; kind++)
		if (strcmp(suffix, gv_lifecycle_suffix[kind]) == 0)
			item->stays = true;
	if (strcmp(suffix, gv_lifecycle_suffix[GV_LIFECYCLE_NEXT]) == 0) {
		r = gv_lifecycle_load(&life, GV_LIFECYCLE_NEXT, odb, oid);
		item->has_next = r == 0;
		item->next = life.next;
		gv_lifecycle_release(&life);
	}
	return r;
}

struct reading {
	struct gv_prune_scope *scope;
	struct gv_odb *odb;
	struct gv_map parts;
	struct gv_arena arena;
	bool only_kept;
};

static int
take_entry(
    void *ctx, const char *path, size_t len, const struct gv_tree_entry *e)
{
	struct reading *w = ctx;
	struct gv_prune_scope *s = w->scope;
	struct gv_prune_item *item;
	struct gv_digest id;
	const char *suffix;
	int r = 0;

	if (len == 2 && e->mode == GV_MODE_DIR)
		return 0;
	if (len <= 3 + GV_REDACT_ID_HEX || !read_name(&id, path))
		return 1;
	suffix = path + 3 + GV_REDACT_ID_HEX;
	if (s->n == 0 || !gv_digest_equal(&s->items[s->n - 1].id, &id)) {
		r = GV_GROW(s->items, s->n, s->cap);
		if (r < 0)
			return r;
		s->items[s->n++] = (struct gv_prune_item){ .id = id };
	}
	item = &s->items[s->n - 1];
	if (strcmp(suffix, ".age") == 0) {
		item->object = e->oid;
		item->is_tree = e->mode == GV_MODE_DIR;
	} else {
		r = take_statement(item, w->odb, suffix, &e->oid);
	}
	return r < 0 ? r : 1;
}

static int
take_new(void *ctx, const char *path, size_t len, const struct gv_tree_entry *a,
    const struct gv_tree_entry *b)
{
	struct gv_prune_scope *s = ctx;
	struct gv_digest id;

	(void)b;
	if (a == NULL && len > 3 + GV_REDACT_ID_HEX && read_name(&id, path))
		gv_prune_scope_name(s, &id);
	return 0;
}

static int
keep_new(struct gv_prune_scope *s, struct gv_odb *odb, int64_t before)
{
	struct gv_oid base;
	size_t i;
	int r = find_base(&base, s, odb, before);

	if (r == 0 && !gv_oid_is_zero(&base))
		return gv_tree_diff(odb, &base, &s->ledger.tree, take_new, s);
	for (i = 0; r == 0 && i < s->n; i++)
		s->items[i].stays = true;
	return r;
}

/* ---- what belongs together ---- */

static int
note_part(void *ctx, const struct gv_oid *oid)
{
	struct reading *w = ctx;
	char *key = gv_arena_copy(&w->arena, oid->id, GV_OID_RAW);

	return key ? gv_map_put(&w->parts, key, GV_OID_RAW, key) : GV_ENOMEM;
}

/* Chunks of larger values: of all, or of those that stay. */
static int
find_parts(struct gv_prune_scope *s, struct gv_odb *odb, bool only_kept)
{
	struct reading w = { .scope = s, .odb = odb, .parts = GV_MAP_INIT };
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < s->n; i++)
		if (s->items[i].is_tree && (!only_kept || s->items[i].stays))
			r = gv_chunk_each(
			    odb, &s->items[i].object, note_part, &w);
	for (i = 0; r == 0 && i < s->n; i++) {
		struct gv_prune_item *item = &s->items[i];

		if (item->is_tree ||
		    !gv_map_get(&w.parts, item->object.id, GV_OID_RAW))
			continue;
		if (only_kept)
			item->stays = true;
		else
			item->is_part = true;
	}
	gv_map_release(&w.parts);
	gv_arena_release(&w.arena);
	return r;
}

/* ---- for the run ---- */

static int
index_items(struct gv_prune_scope *s)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < s->n; i++)
		r = gv_map_put(&s->by_id, s->items[i].id.bytes, GV_DIGEST_BYTES,
		    &s->items[i]);
	return r;
}

int
gv_prune_scope_load(struct gv_prune_scope *s, struct gv_odb *odb,
    const struct gv_oid *tip, int64_t before)
{
	struct reading w = { .scope = s, .odb = odb };
	size_t i;
	int r;

	if ((r = gv_ledger_load(&s->ledger, odb, tip)) < 0)
		return r;
	r = gv_tree_walk_mend(odb, &s->ledger.tree, take_entry, &w);
	if (r < 0 || (r = index_items(s)) < 0)
		return r;
	for (i = 0; i < s->n; i++)
		if (s->items[i].has_next)
			gv_prune_scope_name(s, &s->items[i].next);
	if ((r = keep_new(s, odb, before)) < 0 ||
	    (r = find_parts(s, odb, false)) < 0)
		return r;
	for (i = 0; i < s->n; i++)
		s->n_open +=
		    gv_prune_item_goes(&s->items[i]) && !s->items[i].is_part;
	return 0;
}

void
gv_prune_scope_name(struct gv_prune_scope *s, const struct gv_digest *id)
{
	struct gv_prune_item *item =
	    gv_map_get(&s->by_id, id->bytes, GV_DIGEST_BYTES);

	if (item == NULL || item->stays)
		return;
	if (s->n_open && gv_prune_item_goes(item) && !item->is_part)
		s->n_open--;
	item->stays = true;
}

int
gv_prune_scope_settle(struct gv_prune_scope *s, struct gv_odb *odb)
{
	return find_parts(s, odb, true);
}

bool
gv_prune_item_goes(const struct gv_prune_item *item)
{
	return !item->stays && !gv_oid_is_zero(&item->object);
}

void
gv_prune_scope_release(struct gv_prune_scope *s)
{
	free(s->items);
	gv_map_release(&s->by_id);
	gv_arena_release(&s->arena);
}

/* ---- letting go ---- */

static int
add_change(struct gv_prune_scope *s, struct gv_ledger_change *change,
    const struct gv_prune_item *item)
{
	char *name = gv_arena_alloc(&s->arena, NAME_SIZE);

	if (name == NULL)
		return GV_ENOMEM;
	gv_enc_hex(name, item->id.bytes, GV_DIGEST_BYTES);
	memcpy(name + GV_REDACT_ID_HEX, ".age", sizeof(".age"));
	*change = (struct gv_ledger_change){ .name = name,
		.mode = item->is_tree ? GV_MODE_DIR : GV_MODE_FILE };
	return 0;
}

/* The folder of items[from] without those that go; *end is behind it. */
static int
write_folder(struct gv_prune_scope *s, struct gv_ledger_edit *edit, size_t from,
    size_t *end, struct gv_ledger_change *out)
{
	struct gv_ledger_change *changes;
	struct gv_oid old;
	size_t i, n = 0;
	unsigned mode;
	int r = 0;

	out->mode = 0;
	for (*end = from; *end < s->n &&
	     s->items[*end].id.bytes[0] == s->items[from].id.bytes[0];
	     ++*end)
		;
	changes = calloc(*end - from, sizeof(*changes));
	if (changes == NULL)
		return gv_err_nomem();
	for (i = from; r == 0 && i < *end; i++) {
		const struct gv_prune_item *item = &s->items[i];

		if (gv_prune_item_goes(item))
			r = add_change(s, &changes[n++], item);
	}
	if (r == 0 && n) {
		char *name = gv_arena_copy(&s->arena, changes[0].name, 2);

		out->name = name;
		out->mode = GV_MODE_DIR;
		r = name ? gv_tree_find_mend(
			       edit->odb, &s->ledger.tree, name, &mode, &old)
			 : GV_ENOMEM;
		if (r == 0)
			r = gv_ledger_tree(edit, &out->oid, &old, changes, n);
	}
	free(changes);
	return r;
}

static int
list_commits(
    const struct gv_prune_scope *s, struct gv_odb *odb, struct gv_buf *old)
{
	struct gv_oid at = s->ledger.tip, parent;
	int64_t time;

	while (!gv_oid_is_zero(&at) &&
	    read_commit(&time, &parent, odb, &at) == 0) {
		gv_buf_add(old, &at, sizeof(at));
		at = parent;
	}
	return gv_buf_check(old);
}

int
gv_prune_scope_write(
    struct gv_prune_scope *s, struct gv_ledger_edit *edit, struct gv_buf *old)
{
	struct gv_ledger_change folders[256];
	struct gv_oid root;
	size_t at = 0, n = 0;
	int r = 0;

	while (r == 0 && at < s->n) {
		r = write_folder(s, edit, at, &at, &folders[n]);
		n += folders[n].mode != 0;
	}
	if (r < 0 || n == 0)
		return r;
	if ((r = gv_ledger_tree(edit, &root, &s->ledger.tree, folders, n)) == 0)
		r = gv_ledger_renew(edit, &s->ledger, s->ref, &root,
		    "drop values that no snapshot has");
	return r < 0 ? r : list_commits(s, edit->odb, old);
}
