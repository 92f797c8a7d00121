#include "record/trash.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/time.h"
#include "base/vec.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "record/record_id.h"
#include "record/record_refs.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "repo/repo.h"

/*
 *	refs/vault-trash/20261121T081200Z-5e6f7081
 *
 *	parent …		the commits of the snapshots
 *	Vault-Deletion: sync
 *	Vault-Remote: origin
 *
 *	list		"ID COMMIT", or "ID COMMIT NAME <MAIL>", a line each
 *	tags/ID		the tags that were added to it, as in refs/vault/marks
 *
 * The time is in the name, so that nothing is read to see what has expired.
 */

#define STAMP 16 /* YYYYMMDDTHHMMSSZ */

int
gv_trash_expiry(int64_t *seconds, const struct gv_repo *repo)
{
	const char *v = gv_config_get(&repo->config, GV_TRASH_KEY);

	*seconds = GV_TRASH_AGE;
	if (v == NULL)
		return 0;
	if (strcmp(v, "never") == 0)
		*seconds = INT64_MAX;
	else if (strcmp(v, "0") == 0 || strcmp(v, "now") == 0)
		*seconds = 0;
	else if (gv_time_parse_span(seconds, v) < 0)
		return gv_err(GV_EREFUSED,
		    "vault.trashExpire is '%s' in git's configuration; it must "
		    "be a time such as 30d or 12h, or 'never'",
		    v);
	return 0;
}

/* ---- one deletion ---- */

/* What stands behind a word at the beginning of a line, as a copy; NULL. */
static char *
word_behind(struct gv_trash *t, const char *text, const char *word)
{
	const size_t len = strlen(word);
	const char *p = text;

	for (; p; p = strchr(p, '\n')) {
		p += *p == '\n';
		if (strncmp(p, word, len) == 0)
			return gv_arena_copy(
			    &t->arena, p + len, strcspn(p + len, "\n"));
		if (*p == '\0')
			break;
	}
	return NULL;
}

static char *
author_of(struct gv_trash *t, const char *text)
{
	char *who = word_behind(t, text, "author ");
	char *end = who ? strchr(who, '>') : NULL;

	if (end)
		end[1] = '\0';
	return who;
}

static int
read_batch(struct gv_trash_batch *b, struct gv_trash *t, struct gv_odb *odb,
    const struct gv_ref *ref)
{
	struct gv_object obj = { 0 };
	const char *text, *message;
	int r;

	b->tip = ref->oid;
	b->ref = gv_arena_copy(&t->arena, ref->name, strlen(ref->name));
	if (b->ref == NULL)
		return GV_ENOMEM;
	if (gv_time_parse_compact(&b->time, ref->name + strlen(GV_REFS_TRASH)) <
	    0)
		return gv_err(GV_ECORRUPT, "its name has no time");
	r = gv_odb_read_type(odb, &obj, &ref->oid, GV_OTYPE_COMMIT);
	if (r < 0)
		return r;
	text = (const char *)obj.data;
	message = strstr(text, "\n\n");
	if (strncmp(text, "tree ", 5) != 0 ||
	    gv_oid_parse(&b->tree, text + 5) < 0 || message == NULL) {
		r = gv_err(GV_ECORRUPT, "its commit has no tree");
		goto out;
	}
	b->who = author_of(t, text);
	b->what = word_behind(t, message, "Vault-Deletion: ");
	b->remote = word_behind(t, message, "Vault-Remote: ");
	b->reason = word_behind(t, message, "Vault-Reason: ");
	if (b->who == NULL || b->what == NULL)
		r = gv_err(
		    GV_ECORRUPT, "its commit does not record what was done");
out:
	gv_object_release(&obj);
	return r;
}

static int
add_item(struct gv_trash *t, const struct gv_trash_batch *b, const char *line,
    size_t len)
{
	const size_t head = GV_RECORD_ID_LEN + 1 + GV_OID_HEX;
	struct gv_trash_item item = { .batch = b };
	int r;

	if (len < head || !gv_record_is_id(line, GV_RECORD_ID_LEN) ||
	    line[GV_RECORD_ID_LEN] != ' ' ||
	    gv_oid_parse(&item.commit, line + GV_RECORD_ID_LEN + 1) < 0)
		return gv_err(GV_ECORRUPT, "its list has an invalid line");
	item.id = gv_arena_copy(&t->arena, line, GV_RECORD_ID_LEN);
	if (item.id && len > head + 1)
		item.who =
		    gv_arena_copy(&t->arena, line + head + 1, len - head - 1);
	if ((r = item.id ? GV_GROW(t->items, t->n, t->cap) : GV_ENOMEM) == 0)
		t->items[t->n++] = item;
	return r;
}

static int
read_list(
    struct gv_trash *t, const struct gv_trash_batch *b, struct gv_odb *odb)
{
	struct gv_object obj = { 0 };
	struct gv_oid oid;
	unsigned mode;
	const char *p;
	size_t len;
	int r = gv_tree_find(odb, &b->tree, "list", &mode, &oid);

	if (r == 0)
		r = gv_odb_read_type(odb, &obj, &oid, GV_OTYPE_BLOB);
	for (p = (const char *)obj.data; r == 0 && p && *p; p += len + 1) {
		len = strcspn(p, "\n");
		if (p[len] != '\n') {
			r = gv_err(GV_ECORRUPT, "its list ends early");
			break;
		}
		r = add_item(t, b, p, len);
	}
	gv_object_release(&obj);
	return r;
}

/* ---- all of them ---- */

/* The newest id first, and of one id what was deleted last. */
static int
compare_items(const void *a, const void *b)
{
	const struct gv_trash_item *x = a, *y = b;
	int order = strcmp(y->id, x->id);

	return order ? order : strcmp(y->batch->ref, x->batch->ref);
}

/* One that a fetch brought back although it is deleted is not there. */
static int
note_live(struct gv_trash *t, struct gv_repo *repo)
{
	struct gv_buf name = GV_BUF_INIT;
	struct gv_record_refs refs = { 0 };
	size_t i;
	int r = gv_record_refs_load(&refs, repo);

	for (i = 0; r == 0 && i < t->n; i++) {
		gv_buf_reset(&name);
		gv_buf_addf(&name, GV_REFS_SNAPSHOTS "%s", t->items[i].id);
		r = gv_buf_check(&name);
		t->items[i].is_live =
		    r == 0 && gv_refs_find(&refs.refs, name.p) != NULL;
	}
	gv_record_refs_release(&refs);
	gv_buf_release(&name);
	return r;
}

static int
sort_items(struct gv_trash *t)
{
	size_t i, n = 0;
	int r = 0;

	if (t->n)
		qsort(t->items, t->n, sizeof(*t->items), compare_items);
	for (i = 0; i < t->n; i++)
		if (n == 0 || strcmp(t->items[n - 1].id, t->items[i].id) != 0)
			t->items[n++] = t->items[i];
	t->n = n;
	for (i = 0; r == 0 && i < n; i++)
		r = gv_map_put(
		    &t->by_id, t->items[i].id, GV_RECORD_ID_LEN, &t->items[i]);
	return r;
}

static int
load_batch(struct gv_trash *t, struct gv_odb *odb, const struct gv_ref *ref,
    struct gv_buf *damaged)
{
	struct gv_trash_batch *b = &t->batches[t->n_batches];
	const size_t n = t->n;
	int r = read_batch(b, t, odb, ref);

	if (r == 0 && (r = read_list(t, b, odb)) == 0)
		t->n_batches++;
	if (r != GV_ECORRUPT && r != GV_ENOTFOUND)
		return r;
	t->n = n;
	if (damaged)
		gv_buf_addf(damaged,
		    "%s, deleted snapshots, is damaged: %s; to drop it: git "
		    "update-ref -d %s\n",
		    ref->name, gv_err_message(), ref->name);
	return damaged ? gv_buf_check(damaged) : 0;
}

int
gv_trash_load(
    struct gv_trash *out, struct gv_repo *repo, struct gv_buf *damaged)
{
	struct gv_refs refs = { 0 };
	struct gv_odb *odb;
	size_t i;
	int r;

	*out =
	    (struct gv_trash){ .by_id = GV_MAP_INIT, .arena = GV_ARENA_INIT };
	if ((r = gv_repo_odb(repo, &odb)) < 0 ||
	    (r = gv_ref_list(&refs, repo, GV_REFS_TRASH)) < 0)
		return r;
	out->batches = calloc(refs.n + 1, sizeof(*out->batches));
	if (out->batches == NULL)
		r = gv_err_nomem();
	for (i = 0; r == 0 && i < refs.n; i++)
		r = load_batch(out, odb, &refs.refs[i], damaged);
	gv_refs_release(&refs);
	if (r == 0 && (r = sort_items(out)) == 0 && out->n)
		r = note_live(out, repo);
	if (r < 0)
		gv_trash_release(out);
	return r;
}

void
gv_trash_release(struct gv_trash *t)
{
	if (t == NULL)
		return;
	free(t->batches);
	free(t->items);
	gv_map_release(&t->by_id);
	gv_arena_release(&t->arena);
	memset(t, 0, sizeof(*t));
}

int
gv_trash_tags(
    struct gv_oid *out, struct gv_repo *repo, const struct gv_trash_item *item)
{
	char path[5 + GV_RECORD_ID_LEN + 1] = "tags/";
	struct gv_odb *odb;
	unsigned mode;
	int r;

	memcpy(path + 5, item->id, GV_RECORD_ID_LEN + 1);
	memset(out, 0, sizeof(*out));
	if ((r = gv_repo_odb(repo, &odb)) < 0)
		return r;
	r = gv_tree_find(odb, &item->batch->tree, path, &mode, out);
	return r == GV_ENOTFOUND ? 0 : r;
}
