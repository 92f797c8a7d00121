#ifndef GV_LATEST_H
#define GV_LATEST_H
/*
 * The one place that decides which snapshot `latest` is. Snapshots that this
 * working tree took itself come first, those of its branch before those of
 * other branches; then what others took, in the same order, and there what a
 * person took before what a hook or a pipeline took. A safety snapshot holds
 * what was about to be replaced, and one of some files only is incomplete:
 * neither is ever the latest. Of this working tree's own snapshots the one that
 * was taken last counts, also where the clock was set back before it. Those of
 * others are in the order of their clocks.
 *
 *	if ((r = gv_latest_parse(&q, "latest@main~2")) > 0)
 *		r = gv_latest_find(&rec, &n, repo, &q, true);
 *	gv_latest_query_release(&q);
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/map.h"

struct gv_arena;
struct gv_own;
struct gv_record;
struct gv_repo;

enum gv_latest_of {
	GV_LATEST_TREE,   /* latest: of this working tree and branch first */
	GV_LATEST_BRANCH, /* latest@NAME: of that branch alone */
	GV_LATEST_ANY,    /* any:latest: whoever took it, wherever */
	GV_LATEST_HOST,   /* host:NAME: of that machine alone */
	GV_LATEST_SAFETY, /* safety: what a restore or rollback replaced */
};

struct gv_latest_query {
	enum gv_latest_of of;
	char *name;         /* the branch or host; else NULL */
	unsigned long back; /* ~N */
};

/* In this order, and within each the newest first. */
enum gv_latest_rank {
	GV_LATEST_OWN_HERE,  /* taken by this working tree, on the branch */
	GV_LATEST_OWN,       /* taken by this working tree, elsewhere */
	GV_LATEST_HERE,      /* taken by others, on the branch */
	GV_LATEST_HERE_AUTO, /* the same, by a hook or a pipeline */
	GV_LATEST_OTHER,
	GV_LATEST_OTHER_AUTO,
	GV_LATEST_RANKS, /* not meant at all */
};

/* What a rank depends on besides the record and the query. */
struct gv_latest_view {
	const struct gv_own *own;
	const char *branch;   /* NULL where HEAD is detached, and then: */
	struct gv_map merged; /* base commits that are in HEAD's history */
};

/* Read an expression: 1 with *out set, which the caller releases; 0 where it is
 * of no such form; GV_ENOMEM. */
int gv_latest_parse(struct gv_latest_query *out, const char *text);

void gv_latest_query_release(struct gv_latest_query *q);

/* The rank of a snapshot; a pure function. */
enum gv_latest_rank gv_latest_rank(const struct gv_latest_query *q,
    const struct gv_latest_view *view, const struct gv_record *rec);

/* A snapshot of a working tree, and what it follows there. */
struct gv_latest_step {
	const char *id;
	const char *previous; /* the id of the one before it; NULL: none */
	/* set by gv_latest_order(): */
	const char *since; /* the id of the one whose second it is not before */
	size_t after;      /* how many steps it is behind that one */
};

struct gv_latest_chain {
	struct gv_latest_step *steps; /* freed by who has it */
	size_t n, cap;
};

/* Add a record; its texts are copied into the arena. 0 or GV_ENOMEM. */
int gv_latest_chain_add(struct gv_latest_chain *chain, struct gv_arena *arena,
    const struct gv_record *rec);

/* Sort the snapshots of one working tree, the last one first. The order does
 * not depend on the clock: a snapshot is newer than the one it names as
 * previous; otherwise ids decide. Pure. 0 or GV_ENOMEM. */
int gv_latest_order(struct gv_latest_step *steps, size_t n);

/* What gv_latest_find() finds of GV_LATEST_TREE in most working trees, without
 * a look at other snapshots: the last one of its own list, if that still stands
 * and was taken on its branch. 1 with *out set, which the caller releases; 0 if
 * only a look at all of them tells; GV_ENOMEM, GV_ECANCELED. (latest_own.c) */
int gv_latest_own(struct gv_record *out, struct gv_repo *repo);

/* Find the snapshot. With `tells`, gv_repo_note() says who took it, unless it
 * was this working tree on this branch. 0 with *out set, which the caller
 * releases; GV_ENOTFOUND without a message, and *n is how many snapshots there
 * are to count back over; GV_ECORRUPT if the snapshot is damaged: an older one
 * is never returned in its place. */
int gv_latest_find(struct gv_record *out, unsigned long *n,
    struct gv_repo *repo, const struct gv_latest_query *q, bool tells);

#endif
