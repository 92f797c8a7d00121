#ifndef GV_RESTLESS_H
#define GV_RESTLESS_H
/*
 * Files that change with nearly every automatic save, but that nobody ever
 * commits: notes of a tool, dumps, reports. watch saves them one class later.
 *
 *	r = gv_restless_find(&restless, repo);
 *	if (gv_restless_get(&restless, "report.json")) …
 *	gv_restless_release(&restless);
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/map.h"

struct gv_buf;
struct gv_repo;

#define GV_RESTLESS_SAVES 20 /* are looked at, */
#define GV_RESTLESS_LEAST 10 /* and without that many nothing is said */
/* Saves from one look of watch to the next. */
#define GV_RESTLESS_EACH 5

struct gv_restless_file {
	const char *path; /* from the top of the working tree */
	unsigned times;   /* in how many of the saves it changed */
};

struct gv_restless {
	unsigned saves; /* that were compared with the one before */
	struct gv_restless_file *files;
	size_t n, cap;
	/* private */
	struct gv_map by_path;
	struct gv_arena arena;
};

/* Find them among this working tree's last saves. 0, also with few saves;
 * GV_ECORRUPT, GV_ENOTFOUND where one of them is damaged; GV_ENOMEM. To be
 * released in any case. */
int gv_restless_find(struct gv_restless *out, struct gv_repo *repo);

/* The file of a path, or NULL. Borrowed. */
const struct gv_restless_file *
gv_restless_get(const struct gv_restless *restless, const char *path);

/* Whether a file that changed in `times` of `saves` is one. A pure function. */
bool gv_restless_is(unsigned times, unsigned saves);

/* Write their paths to .git/vault/restless, a NUL behind each, for watch. 0 or
 * a failure. */
int gv_restless_write(
    const struct gv_restless *restless, const struct gv_repo *repo);

void gv_restless_release(struct gv_restless *restless);

#endif
