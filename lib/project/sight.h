#ifndef GV_SIGHT_H
#define GV_SIGHT_H
/*
 * A project at a glance: what it is, when it was last saved, what is not saved,
 * not pushed or not on a remote, how large it is, and what endangers it. Looked
 * at by a process in the project, and read by the one that lists them all from
 * what that printed.
 *
 *	r = gv_sight_look(&sight, repo, now);		in the project
 *	r = gv_sight_read(&sight, text, len);		in the list
 *	gv_sight_release(&sight);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

struct gv_repo;

/* Commits are counted up to that many. */
#define GV_SIGHT_COMMITS 1000

struct gv_sight_texts {
	const char **items;
	size_t n, cap;
};

struct gv_sight {
	const char *name, *path;                        /* never NULL */
	const char *client, *phase, *language, *branch; /* NULL: none */
	struct gv_sight_texts stack, tags, parts, related;
	/* names of what it was rewritten from, and as */
	struct gv_sight_texts from, as;
	const char *last;  /* the id of the last snapshot; NULL: none */
	int64_t last_time; /* 0: none */
	int64_t auto_time; /* of the last automatic save; 0: none */
	bool has_changes;  /* the working tree could be compared: */
	uint64_t added, changed, removed, unreadable;
	/* of branches, and the user's own of tags, that are on no remote; -1:
	 * it has no remote */
	int64_t commits;
	uint64_t unsent;               /* snapshots that are on no remote */
	uint64_t remotes;              /* with a vault */
	uint64_t behind;               /* of them: those that lack a snapshot */
	uint64_t size;                 /* bytes of its objects */
	struct gv_sight_texts dangers; /* kinds, as of doctor */
	const char *next;              /* the command; NULL: none */
	/* private */
	struct gv_arena arena;
};

/* Look at the repository. 0; GV_ERROR where it cannot be read, GV_ECANCELED,
 * GV_ENOMEM. To be released in any case. */
int gv_sight_look(struct gv_sight *out, struct gv_repo *repo, int64_t now);

/* Read what `git vault project show --json` printed; `text` is changed, and has
 * one byte behind its `len`. 0; GV_EREFUSED where it is not such a document;
 * GV_ENOMEM. To be released in any case. */
int gv_sight_read(struct gv_sight *out, char *text, size_t len);

/* How many files differ from the last snapshot. */
uint64_t gv_sight_unsaved(const struct gv_sight *sight);

/* Whether it wants to be saved: nothing was saved of it, or files differ from
 * the last snapshot, and neither that nor an automatic save is of the last day.
 */
bool gv_sight_is_stale(const struct gv_sight *sight, int64_t now);

void gv_sight_release(struct gv_sight *sight);

#endif
