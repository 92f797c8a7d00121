#ifndef GV_RETENTION_INTERNAL_H
#define GV_RETENTION_INTERNAL_H
/*
 * What the files of retention share; nobody else includes it.
 *
 *	retention.c		the rules, and the decision
 *	retention_group.c	which snapshots are judged together
 *	retention_chain.c	clocks that were set back
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/map.h"
#include "config/policy.h"
#include "retention/retention.h"

struct gv_record;

struct gv_retention_item {
	const struct gv_record *rec;
	size_t at; /* in the records: the newest by id first */
	enum gv_policy_lane lane;
	bool is_own;   /* this clone took it itself */
	bool is_named; /* somebody gave it a message or a tag */
	size_t line;   /* of the same group-by keys, whatever the lane */
	size_t group;  /* of the same line and lane */
	size_t place;  /* of the same host and branch */
	int64_t time;  /* its own, or that of its receipt if that is before */
	int64_t local; /* the same, moved to local time, once it is asked for */
	bool is_moved; /* it was */
	bool future, keep;
	struct gv_retention_item *previous; /* it follows, where that exists */
	size_t follower; /* 1 + the index of one that names it as previous */
	size_t sibling;  /* 1 + the next that names the same one */
	int64_t floor;   /* the latest time that it was surely taken after */
	const char *floor_id;            /* of what was taken then */
	struct gv_retention_item *outer; /* the nearest before it in its line */
	bool seen, entered;         /* by the walk; its followers are visited */
	bool is_followed;           /* one of its line was taken after it */
	bool is_link;               /* it stays since the clock was set back */
	const char *kept, *dropped; /* reasons, a line each; NULL: none */
};

/* Thousands have the same reasons, one after the other: so each list is
 * written once, and the last that was joined is remembered. */
struct gv_retention_why {
	struct gv_arena *arena;
	const char *head, *line, *both;
	bool failed; /* no memory */
};

struct gv_retention_job {
	const struct gv_policy_rules *rules;
	const struct gv_retention_clock *clock;
	struct gv_retention_item *items; /* in the records' order */
	size_t n;
	struct gv_retention_item **sorted; /* by group, the newest first */
	struct gv_retention_item **named;  /* room for those with a name */
	size_t n_lines, n_groups, n_places;
	int64_t *present; /* by line: the newest time that is not the future */
	struct gv_retention_item **stack;  /* of the walk */
	struct gv_retention_item **within; /* by line: the nearest above */
	struct gv_map by_id;               /* once one is looked for */
	bool follows;
	struct gv_retention_why why;
};

/* ---- retention.c ---- */

/* Keep an item, for one more reason. */
void gv_retention_keep(struct gv_retention_why *why,
    struct gv_retention_item *it, const char *line);

/* The texts up to a NULL as one, which lives as long as the verdicts; "" where
 * there is no memory, which `why` remembers. */
const char *
gv_retention_join(struct gv_retention_why *why, const char *const *texts);

#define GV_RETENTION_LINE(why, ...)                                            \
	gv_retention_join(why, (const char *const[]){ __VA_ARGS__, NULL })

/* ---- retention_group.c ---- */

/* Set lane, name, line, group and place of each item, whose time is set. 0 or
 * GV_ENOMEM. */
int gv_retention_find_groups(struct gv_retention_job *job);

/* ---- retention_chain.c ---- */

/* Find out what was taken after what. 0 or GV_ENOMEM. */
int gv_retention_walk(struct gv_retention_job *job);

/* Keep what was taken after something that claims to be younger. */
void gv_retention_keep_set_back(struct gv_retention_job *job);

#endif
