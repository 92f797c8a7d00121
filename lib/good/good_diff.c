#include "good/good_diff.h"

#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "base/err.h"
#include "base/vec.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "record/good.h"
#include "record/record_load.h"
#include "repo/repo.h"
#include "seal/withheld.h"
#include "view/revealed.h"

/* A value at a path, of one side. */
struct entry {
	struct gv_good_secret secret;
};

struct side {
	struct entry *all; /* sorted, each once */
	size_t n, cap;
	struct gv_arena arena;
};

static int
compare(const void *x, const void *y)
{
	const struct gv_good_secret *a = &((const struct entry *)x)->secret;
	const struct gv_good_secret *b = &((const struct entry *)y)->secret;
	int order = strcmp(a->path, b->path);

	if (order == 0)
		order = strcmp(a->scope, b->scope);
	return order ? order : strcmp(a->id, b->id);
}

static int
add(struct side *s, const struct gv_withheld_entry *e)
{
	char hex[2 * GV_DIGEST_BYTES + 1];
	struct gv_good_secret *out;
	int r;

	/* a version of a state is reported as one */
	if (e->kind == GV_WITHHELD_STATE)
		return 0;
	r = GV_GROW(s->all, s->n, s->cap);
	if (r < 0)
		return r;
	gv_enc_hex(hex, e->place.id.bytes, GV_DIGEST_BYTES);
	out = &s->all[s->n].secret;
	out->path_len = e->path_len;
	out->path = gv_arena_copy(&s->arena, e->path, e->path_len);
	out->scope = gv_arena_copy(&s->arena, e->scope, strlen(e->scope));
	out->rule =
	    gv_arena_copy(&s->arena, e->place.rule, strlen(e->place.rule));
	out->id = gv_arena_copy(&s->arena, hex, sizeof(hex) - 1);
	if (!out->path || !out->scope || !out->rule || !out->id)
		return gv_err_nomem();
	s->n++;
	return 0;
}

static int
read_list(struct side *s, struct gv_odb *odb, const struct gv_oid *list)
{
	struct gv_withheld_iter it = { .line = 0 };
	struct gv_withheld_entry e;
	struct gv_object obj = { 0 };
	int r = gv_odb_read_type(odb, &obj, list, GV_OTYPE_BLOB);

	if (r == 0)
		r = gv_withheld_open(&it, (const char *)obj.data, obj.len);
	while (r == 0 && (r = gv_withheld_next(&it, &e)) > 0)
		r = add(s, &e);
	gv_withheld_close(&it);
	gv_object_release(&obj);
	return r;
}

static void
sort(struct side *s)
{
	size_t i, n = 0;

	if (s->n)
		qsort(s->all, s->n, sizeof(*s->all), compare);
	for (i = 0; i < s->n; i++)
		if (n == 0 || compare(&s->all[n - 1], &s->all[i]) != 0)
			s->all[n++] = s->all[i];
	s->n = n;
}

static int
load(struct side *s, struct gv_repo *repo, const struct gv_good *good)
{
	struct gv_record rec = { 0 };
	struct gv_oid list;
	struct gv_odb *odb;
	unsigned mode;
	int r;

	if (good->snapshot_id == NULL)
		return 0;
	if ((r = gv_repo_odb(repo, &odb)) == 0)
		r = gv_record_load(&rec, repo, &good->snapshot);
	if (r < 0)
		return gv_err_in(
		    r, "snapshot %s of record %u", good->snapshot_id, good->n);
	if ((r = gv_tree_find(
		 odb, &rec.meta, GV_REVEALED_LIST, &mode, &list)) == 0)
		r = read_list(s, odb, &list);
	else if (r == GV_ENOTFOUND)
		r = 0;
	sort(s);
	gv_record_release(&rec);
	return r;
}

static int
tell(struct side *a, struct side *b,
    int (*fn)(void *ctx, const struct gv_good_secret *secret), void *ctx)
{
	size_t i = 0, k = 0;
	int r = 0, order;

	while (r == 0 && (i < a->n || k < b->n)) {
		order = i == a->n ? 1
		    : k == b->n   ? -1
				  : compare(&a->all[i], &b->all[k]);
		if (order == 0) {
			i++;
			k++;
			continue;
		}
		if (order < 0) {
			a->all[i].secret.added = false;
			r = fn(ctx, &a->all[i++].secret);
		} else {
			b->all[k].secret.added = true;
			r = fn(ctx, &b->all[k++].secret);
		}
	}
	return r;
}

int
gv_good_diff_secrets(struct gv_repo *repo, const struct gv_good *a,
    const struct gv_good *b,
    int (*fn)(void *ctx, const struct gv_good_secret *secret), void *ctx)
{
	struct side from = { .arena = GV_ARENA_INIT };
	struct side to = { .arena = GV_ARENA_INIT };
	int r = load(&from, repo, a);

	if (r == 0 && (r = load(&to, repo, b)) == 0)
		r = tell(&from, &to, fn, ctx);
	free(from.all);
	free(to.all);
	gv_arena_release(&from.arena);
	gv_arena_release(&to.arena);
	return r;
}
