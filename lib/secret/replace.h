#ifndef GV_REPLACE_H
#define GV_REPLACE_H
/*
 * A new value in the place of an old one in the files of the working tree: at
 * exactly those places where the newest snapshot has it, and only in files that
 * still hold it there. Each file is replaced as a whole and keeps its mode.
 *
 *	r = gv_replace_run(&patch, &job);
 *	if (patch.refused)
 *		name those that were told
 */

#include <stddef.h>

struct gv_inventory;
struct gv_inventory_value;
struct gv_repo;
struct gv_safe;
struct gv_secret;

struct gv_replace_job {
	struct gv_repo *repo;
	struct gv_safe *safe;
	const struct gv_inventory *inv;
	const struct gv_inventory_value *value;
	const struct gv_secret *old, *new;
	/* told of each file: `why` is NULL where it is done, else why not */
	void (*told)(void *ctx, const char *path, const char *why);
	void *ctx;
};

struct gv_replace {
	size_t done, refused; /* files */
};

/* All files are looked at before the first is changed. 0, also where some were
 * refused; GV_EREFUSED without a working tree; GV_ENOKEY where another value of
 * such a file cannot be opened, which tells where this one stands; GV_ENOMEM;
 * GV_ERROR. */
int gv_replace_run(struct gv_replace *out, const struct gv_replace_job *job);

#endif
