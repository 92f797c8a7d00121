#ifndef SNAPS_H
#define SNAPS_H
/*
 * The snapshots that a command's arguments name, each once.
 *
 *	r = gv_snaps_resolve(&snaps, repo, argc, argv, false);
 *	gv_snaps_release(&snaps);
 */

#include <stdbool.h>
#include <stddef.h>

struct gv_json;
struct gv_out;
struct gv_repo;

struct gv_snaps {
	char **ids; /* in the order given */
	size_t n;
};

/* Find them all; where `damaged`, also one that is named by its id and cannot
 * be read. 0, or the first failure of gv_record_resolve(). */
int gv_snaps_resolve(struct gv_snaps *out, struct gv_repo *repo, int argc,
    char **argv, bool damaged);

/* Print the ids, one a line; or as the array `key` of an object of its own. */
void gv_snaps_print(struct gv_out *out, const struct gv_snaps *snaps);
void
gv_snaps_json(struct gv_json *j, const char *key, const struct gv_snaps *snaps);

void gv_snaps_release(struct gv_snaps *snaps);

#endif
