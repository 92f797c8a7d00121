#include "view/lacking.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"
#include "object/link.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "record/record_walk.h"

#define LOOKED_AT 64 /* snapshots, from the newest on */

struct search {
	struct gv_odb *odb;
	const struct gv_record *rec;
	struct gv_map seen; /* whose newest was looked at */
	struct gv_arena arena;
};

/* One comparison. */
struct count {
	struct gv_odb *odb;
	struct gv_oid base; /* the tree of the commit; zero: there is none */
	struct gv_lacking *to;
};

static int
add(void *ctx, const char *path, size_t len, const struct gv_tree_entry *a,
    const struct gv_tree_entry *b)
{
	struct count *c = ctx;
	struct gv_oid oid;
	unsigned mode;
	char *copy;

	if (a || b == NULL || b->mode == GV_MODE_GIT)
		return 0;
	copy = strndup(path, len);
	if (copy == NULL)
		return gv_err_nomem();
	if (!gv_oid_is_zero(&c->base) &&
	    gv_tree_find(c->odb, &c->base, copy, &mode, &oid) == 0) {
		free(copy);
		return 0;
	}
	if (c->to->n < GV_LACKING_NAMED)
		c->to->paths[c->to->n] = copy;
	else
		free(copy);
	c->to->n++;
	return 0;
}

static int
compare(struct gv_lacking *out, struct search *s, const struct gv_record *other)
{
	struct count c = { .odb = s->odb, .to = out };
	struct gv_object commit = { 0 };
	int r = 0;

	memset(out, 0, sizeof(*out));
	if (!gv_oid_is_zero(&other->base))
		r = gv_odb_read_type(
		    s->odb, &commit, &other->base, GV_OTYPE_COMMIT);
	if (r == 0 && !gv_oid_is_zero(&other->base) &&
	    !gv_link_tree(&c.base, &commit))
		r = GV_ECORRUPT;
	gv_object_release(&commit);
	/* a shallow clone lacks the commit: then all of it may be in it */
	return r < 0
	    ? r
	    : gv_tree_diff(s->odb, &s->rec->tree, &other->tree, add, &c);
}

static bool
is_fatal(int r)
{
	return r == GV_ENOMEM || r == GV_ECANCELED;
}

/* 1 the first time that a snapshot of that person, machine and branch comes. */
static int
see(struct search *s, const struct gv_record *rec)
{
	struct gv_buf key = GV_BUF_INIT;
	char *copy;
	int r;

	gv_buf_addf(&key, "%s\n%s\n%s", rec->author ? rec->author : "",
	    rec->host ? rec->host : "", rec->branch ? rec->branch : "");
	if ((r = gv_buf_check(&key)) == 0 &&
	    gv_map_get(&s->seen, key.p, key.len) == NULL) {
		copy = gv_arena_copy(&s->arena, key.p, key.len);
		r = copy ? gv_map_put(&s->seen, copy, key.len, copy)
			 : GV_ENOMEM;
		r = r == 0 ? 1 : r;
	}
	gv_buf_release(&key);
	return r;
}

/* Take it if it has more than the best one so far. The record moves then. */
static int
consider(struct gv_lacking *best, struct search *s, struct gv_record *other)
{
	struct gv_lacking more = { .n = 0 };
	int r;

	if (other->only || strcmp(other->id, s->rec->id) == 0 ||
	    (other->trigger && strcmp(other->trigger, GV_RECORD_SAFETY) == 0) ||
	    (r = see(s, other)) == 0)
		return 0;
	if (r > 0)
		r = compare(&more, s, other);
	if (r == 0 && more.n > best->n) {
		gv_lacking_release(best);
		*best = more;
		best->rec = *other;
		memset(other, 0, sizeof(*other));
	} else {
		gv_lacking_release(&more);
	}
	return is_fatal(r) ? r : 0;
}

int
gv_lacking_find(
    struct gv_lacking *out, struct gv_repo *repo, const struct gv_record *rec)
{
	struct search s = {
		.rec = rec, .seen = GV_MAP_INIT, .arena = GV_ARENA_INIT
	};
	struct gv_record_walk *walk = NULL;
	struct gv_record other = { 0 };
	char *before = gv_err_save();
	int r = gv_repo_odb(repo, &s.odb), i;

	memset(out, 0, sizeof(*out));
	if (r == 0 && (r = see(&s, rec)) > 0)
		r = gv_record_walk_open(&walk, repo, GV_RECORD_RECALL);
	for (i = 0; r == 0 && i < LOOKED_AT; i++) {
		r = gv_record_walk_next(walk, &other);
		if (r == 0)
			break;
		r = r > 0 ? consider(out, &s, &other) : is_fatal(r) ? r : 0;
		gv_record_release(&other);
	}
	gv_record_walk_close(walk);
	gv_map_release(&s.seen);
	gv_arena_release(&s.arena);
	gv_err_restore(before);
	if (r < 0)
		gv_lacking_release(out);
	return is_fatal(r) ? r : out->n > 0;
}

void
gv_lacking_release(struct gv_lacking *more)
{
	size_t i;

	if (more == NULL)
		return;
	for (i = 0; i < GV_LACKING_NAMED; i++)
		free(more->paths[i]);
	gv_record_release(&more->rec);
	memset(more, 0, sizeof(*more));
}
