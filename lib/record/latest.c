#include "record/latest.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/time.h"
#include "base/vec.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "record/own.h"
#include "record/record_refs.h"
#include "record/record_walk.h"
#include "repo/repo.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/proc.h"
#include "vault/author.h"

/* --- found --- */

/* One that may be meant. */
struct hit {
	enum gv_latest_rank rank;
	char id[GV_RECORD_ID_LEN + 1];
	struct gv_oid commit;
	char *why; /* it is damaged: the sentence */
	size_t place;
};

struct search {
	struct gv_repo *repo;
	const struct gv_latest_query *q;
	struct gv_own own;
	struct gv_latest_view view;
	struct gv_arena arena;
	bool takes_own; /* this working tree's are looked at, or the others */
	bool takes_all;
	unsigned how;
	struct gv_record_walk *walk;
	struct hit *hits;
	size_t n, cap;
	bool is_set_back; /* ids do not tell in which order they were taken */
	struct gv_latest_chain chain; /* then: all that were looked at */
	unsigned long n_of[GV_LATEST_RANKS];
};

static bool
is_looked_at(void *ctx, const struct gv_oid *commit)
{
	const struct search *s = ctx;

	return s->takes_all || gv_own_is_here(&s->own, commit) == s->takes_own;
}

static int
open_walk(struct search *s)
{
	int r;

	gv_record_walk_close(s->walk);
	s->walk = NULL;
	r = gv_record_walk_open(&s->walk, s->repo, s->how);
	return r < 0 ? r : gv_record_walk_choose(s->walk, is_looked_at, s);
}

/* Append the base of each snapshot once, a line each. */
static int
list_bases(struct gv_buf *out, struct search *s)
{
	struct gv_record rec = { 0 };
	struct gv_map seen = GV_MAP_INIT;
	char hex[GV_OID_HEX + 1];
	struct gv_oid *base;
	int r = open_walk(s);

	while (r == 0 && (r = gv_record_walk_next(s->walk, &rec)) != 0) {
		r = r == GV_ECORRUPT ? 0 : r;
		if (r <= 0)
			continue;
		r = 0;
		if (!gv_oid_is_zero(&rec.base) &&
		    !gv_map_get(&seen, rec.base.id, GV_OID_RAW)) {
			base = gv_arena_alloc(&s->arena, sizeof(*base));
			if (base)
				*base = rec.base;
			r = base ? gv_map_put(&seen, base, GV_OID_RAW, base)
				 : GV_ENOMEM;
			gv_oid_format(hex, &rec.base);
			gv_buf_addf(out, "%s\n", hex);
		}
		gv_record_release(&rec);
	}
	gv_map_release(&seen);
	return r < 0 ? r : gv_buf_check(out);
}

/* Put those of the bases into view.merged that are in HEAD's history: what git
 * lists is not. */
static int
keep_merged(struct search *s, struct gv_buf *bases)
{
	const char *argv[] = { "git", "rev-list", "--ignore-missing", "--stdin",
		NULL };
	struct gv_proc p = GV_PROC_INIT;
	struct gv_map apart = GV_MAP_INIT;
	char head[GV_OID_HEX + 1], *line;
	struct gv_odb *odb;
	struct gv_oid *id;
	size_t len = bases->len, at;
	int r = gv_repo_odb(s->repo, &odb);

	gv_oid_format(head, &s->repo->head);
	gv_buf_addf(bases, "^%s\n", head);
	if (r < 0 || (r = gv_buf_check(bases)) < 0)
		goto out;
	r = gv_proc_run(&p,
	    &(struct gv_proc_opts){
		.argv = argv, .in = bases->p, .in_len = bases->len });
	if (r == 0 && p.status)
		r = gv_err(GV_ERROR,
		    "git cannot list the commits outside the history of HEAD: "
		    "%s",
		    gv_proc_why(&p));
	for (at = 0; r == 0 && at + GV_OID_HEX < p.out.len;
	     at += GV_OID_HEX + 1) {
		id = gv_arena_alloc(&s->arena, sizeof(*id));
		if (id == NULL || gv_oid_parse(id, p.out.p + at) < 0)
			r = id ? GV_ERROR : GV_ENOMEM;
		else
			r = gv_map_put(&apart, id, GV_OID_RAW, id);
	}
	for (at = 0; r == 0 && at < len; at += GV_OID_HEX + 1) {
		line = bases->p + at;
		id = gv_arena_alloc(&s->arena, sizeof(*id));
		if (id == NULL || gv_oid_parse(id, line) < 0)
			r = id ? GV_ERROR : GV_ENOMEM;
		else if (gv_odb_has(odb, id) &&
		    !gv_map_get(&apart, id, GV_OID_RAW))
			r = gv_map_put(&s->view.merged, id, GV_OID_RAW, id);
	}
out:
	gv_map_release(&apart);
	gv_proc_release(&p);
	return r;
}

/* On a detached HEAD those count as of its branch that were taken on a commit
 * of its history. */
static int
find_merged(struct search *s)
{
	struct gv_buf bases = GV_BUF_INIT;
	int r = list_bases(&bases, s);

	if (r == 0 && bases.len)
		r = keep_merged(s, &bases);
	gv_buf_release(&bases);
	return r;
}

/* What cannot be read may be meant: it has the first rank that it can have. */
static enum gv_latest_rank
rank_of_damaged(const struct search *s)
{
	if (s->takes_all)
		return GV_LATEST_OTHER;
	return s->takes_own ? GV_LATEST_OWN_HERE : GV_LATEST_HERE;
}

static int
add_hit(struct search *s, enum gv_latest_rank rank, const struct gv_record *rec)
{
	struct hit *hit;
	int r = GV_GROW(s->hits, s->n, s->cap);

	if (r < 0)
		return r;
	hit = &s->hits[s->n];
	memset(hit, 0, sizeof(*hit));
	hit->rank = rank;
	if (rec) {
		memcpy(hit->id, rec->id, sizeof(hit->id));
		hit->commit = rec->commit;
	} else {
		hit->why = strdup(gv_err_message());
		if (hit->why == NULL)
			return gv_err_nomem();
	}
	s->n++;
	s->n_of[rank]++;
	return 0;
}

/* --- where the clock was set back --- */

static int
compare_hits(const void *a, const void *b)
{
	const struct hit *x = a, *y = b;

	return x->place < y->place ? -1 : x->place > y->place;
}

/* Put the hits in the order in which they were taken. A damaged one may have
 * been the last. */
static int
reorder(struct search *s)
{
	struct gv_map places = GV_MAP_INIT;
	struct gv_latest_step *steps = s->chain.steps;
	const struct gv_latest_step *step;
	size_t i;
	int r = gv_latest_order(steps, s->chain.n);

	for (i = 0; r == 0 && i < s->chain.n; i++)
		r = gv_map_put(
		    &places, steps[i].id, GV_RECORD_ID_LEN, &steps[i]);
	for (i = 0; r == 0 && i < s->n; i++) {
		step = gv_map_get(&places, s->hits[i].id, GV_RECORD_ID_LEN);
		s->hits[i].place = step ? (size_t)(step - steps) + 1 : 0;
	}
	if (r == 0 && s->n)
		qsort(s->hits, s->n, sizeof(*s->hits), compare_hits);
	gv_map_release(&places);
	return r;
}

/* Gather the candidates, and stop when the first rank has enough of them. Read
 * all snapshots if the ids do not show which was taken last. */
static int
gather(struct search *s, unsigned long back)
{
	const enum gv_latest_rank first = rank_of_damaged(s);
	enum gv_latest_rank rank;
	struct gv_record rec = { 0 };
	bool is_any;
	int r = 0;

	if (s->q->of == GV_LATEST_TREE && s->view.branch == NULL)
		r = find_merged(s);
	if (r == 0)
		r = open_walk(s);
	is_any = s->takes_own && !s->takes_all && s->is_set_back;
	while (r == 0 && (is_any || s->n_of[first] <= back) &&
	    (r = gv_record_walk_next(s->walk, &rec)) != 0) {
		if (r == GV_ECORRUPT) {
			r = add_hit(s, first, NULL);
			continue;
		}
		if (r < 0)
			break;
		rank = gv_latest_rank(s->q, &s->view, &rec);
		r = rank == GV_LATEST_RANKS ? 0 : add_hit(s, rank, &rec);
		if (r == 0 && is_any)
			r = gv_latest_chain_add(&s->chain, &s->arena, &rec);
		gv_record_release(&rec);
	}
	return r == 0 && is_any ? reorder(s) : r;
}

/* The `back`-th of those that were gathered, in order of rank; NULL, and *back
 * becomes how many there would have to be behind them. */
static const struct hit *
choose(const struct search *s, unsigned long *back)
{
	size_t i;
	int rank;

	for (rank = 0; rank < GV_LATEST_RANKS; rank++) {
		if (*back >= s->n_of[rank]) {
			*back -= s->n_of[rank];
			continue;
		}
		for (i = 0; i < s->n; i++)
			if ((int)s->hits[i].rank == rank && (*back)-- == 0)
				return &s->hits[i];
	}
	return NULL;
}

static void
forget_hits(struct search *s)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		free(s->hits[i].why);
	s->n = s->chain.n = 0;
	memset(s->n_of, 0, sizeof(s->n_of));
}

/* --- told --- */

static void
add_age(struct gv_buf *out, const struct gv_record *rec)
{
	char age[GV_TIME_MAX];
	size_t len;

	gv_time_relative(age, rec->time, gv_clock_now().tv_sec);
	len = strlen(age);
	if (len > 4 && strcmp(age + len - 4, " ago") == 0)
		gv_buf_addf(out, ", %.*s old", (int)len - 4, age);
	else
		gv_buf_addf(out, ", %s", age);
}

static void
add_branch(
    struct gv_buf *out, const struct search *s, const struct gv_record *rec)
{
	if (rec->branch &&
	    (!s->view.branch || strcmp(rec->branch, s->view.branch) != 0))
		gv_buf_addf(out, " on branch %s", rec->branch);
	else if (rec->branch == NULL)
		gv_buf_addstr(out, " on a detached HEAD");
}

/* Show the user who took the snapshot. */
static int
tell(struct search *s, const struct gv_record *rec)
{
	static const char *const words[] = { [GV_LATEST_TREE] = "latest",
		[GV_LATEST_BRANCH] = "latest@",
		[GV_LATEST_ANY] = "any:latest",
		[GV_LATEST_HOST] = "host:",
		[GV_LATEST_SAFETY] = "safety" };
	struct gv_buf text = GV_BUF_INIT;
	const int len = (int)gv_author_name_len(rec->author);
	const bool is_own = gv_own_has(&s->own, &rec->commit);
	int r;

	gv_buf_addf(
	    &text, "%s%s", words[s->q->of], s->q->name ? s->q->name : "");
	if (s->q->back)
		gv_buf_addf(&text, "~%lu", s->q->back);
	if (gv_own_is_here(&s->own, &rec->commit))
		gv_buf_addstr(&text, " is yours");
	else if (is_own)
		gv_buf_addstr(
		    &text, " belongs to another of your working trees");
	else
		gv_buf_addf(&text, " is %.*s's of %s", len ? len : 8,
		    len ? rec->author : "somebody",
		    rec->host ? rec->host : "an unknown host");
	add_branch(&text, s, rec);
	add_age(&text, rec);
	/* whoever can push writes any name and host */
	gv_buf_addf(&text, "%s (%s)", is_own ? "" : ", unsigned", rec->id);
	if (gv_own_is_lost(&s->own, s->repo))
		gv_buf_addstr(&text,
		    "; this clone has lost the list of its own snapshots, "
		    ".git/vault/own, so all count as somebody else's");
	if ((r = gv_buf_check(&text)) == 0)
		gv_repo_note(s->repo, text.p);
	gv_buf_release(&text);
	return r;
}

static bool
is_told(const struct search *s, const struct gv_record *rec,
    enum gv_latest_rank rank)
{
	if (s->q->of == GV_LATEST_HOST)
		return false;
	if (s->q->of == GV_LATEST_ANY)
		return !gv_own_is_here(&s->own, &rec->commit);
	return rank != GV_LATEST_OWN_HERE;
}

/* --- all of it --- */

/* Read the chosen snapshot in full. 0; 1 if it differs from the cached one, so
 * that the search must start again. */
static int
read_whole(struct gv_record *out, struct search *s, const struct hit *hit)
{
	struct gv_record rec = { .commit = hit->commit };
	int r;

	if (hit->why)
		return gv_err(GV_ECORRUPT, "%s", hit->why);
	memcpy(rec.id, hit->id, sizeof(rec.id));
	r = gv_record_walk_whole(s->walk, &rec);
	if (r < 0 && gv_record_refs_lost(s->repo, hit->id))
		return 1;
	if (r < 0)
		return r;
	if (gv_latest_rank(s->q, &s->view, &rec) != hit->rank) {
		gv_record_release(&rec);
		return 1;
	}
	*out = rec;
	return 0;
}

/* 1 if the search must start again. */
static int
find(struct gv_record *out, unsigned long *n, enum gv_latest_rank *rank,
    struct search *s)
{
	unsigned long back = s->q->back;
	const struct hit *hit = NULL;
	int phase, phases = s->takes_all ? 1 : 2, r = 0;

	*n = 0;
	for (phase = 0; r == 0 && hit == NULL && phase < phases; phase++) {
		forget_hits(s);
		s->takes_own = phase == 0;
		r = gather(s, back);
		*n += s->n;
		if (r == 0)
			hit = choose(s, &back);
	}
	if (r < 0)
		return r;
	if (hit == NULL)
		return GV_ENOTFOUND;
	*rank = hit->rank;
	return read_whole(out, s, hit);
}

int
gv_latest_find(struct gv_record *out, unsigned long *n, struct gv_repo *repo,
    const struct gv_latest_query *q, bool tells)
{
	struct search s = { .repo = repo,
		.q = q,
		.how = GV_RECORD_RECALL,
		.view = { .branch = gv_repo_branch(repo),
		    .merged = GV_MAP_INIT },
		.arena = GV_ARENA_INIT,
		.takes_all =
		    q->of == GV_LATEST_ANY || q->of == GV_LATEST_HOST };
	enum gv_latest_rank rank;
	int r = q->of == GV_LATEST_TREE && q->back == 0
	    ? gv_latest_own(out, repo)
	    : 0;

	*n = 1;
	if (r != 0)
		return r < 0 ? r : 0;
	*n = 0;
	r = gv_own_load(&s.own, repo);
	s.view.own = &s.own;
	s.is_set_back = r == 0 && gv_own_is_set_back(&s.own);
	if (r == 0)
		r = find(out, n, &rank, &s);
	if (r > 0) { /* the cache was wrong, or it was deleted just now */
		s.how = 0;
		r = find(out, n, &rank, &s);
	}
	if (r > 0)
		r = gv_err(GV_ELOCKED,
		    "snapshots are being deleted just now; try again");
	if (r == 0 && tells && is_told(&s, out, rank)) {
		r = tell(&s, out);
		if (r < 0)
			gv_record_release(out);
	}
	gv_record_walk_close(s.walk);
	forget_hits(&s);
	free(s.hits);
	free(s.chain.steps);
	gv_map_release(&s.view.merged);
	gv_arena_release(&s.arena);
	gv_own_release(&s.own);
	return r;
}
