#ifndef GV_RESTORE_BASE_INTERNAL_H
#define GV_RESTORE_BASE_INTERNAL_H
/*
 * Shared by the files of restore_base: restore_base.c has the steps,
 * restore_base_meta.c reads what the snapshot has of the tool's own,
 * restore_base_svn.c and restore_base_hg.c run the tools. Include it nowhere
 * else.
 */

#include "object/odb.h"
#include "record/record.h"
#include "repo/repo.h"
#include "restore/restore_base.h"

struct gv_revealed;

struct gv_restore_base {
	struct gv_repo *repo;
	struct gv_odb *odb;
	const struct gv_record *rec;
	struct gv_safe *safe;
	struct gv_restore_base_told *told;
	struct gv_revealed *given; /* of meta/ */
	const char *tool;          /* "svn" or "hg" */
	char revision[41];         /* "": hg alone, which knows it itself */
	bool is_merging;           /* hg: there are two parents */
	char *work;                /* a private folder, absolute */
	char *tree;                /* the working copy in it */
};

/* Append a file of meta/origin/working-copy, in clear. 0; GV_ENOTFOUND without
 * a message where there is none; GV_ENOKEY; GV_ECORRUPT; GV_ENOMEM. */
int gv_restore_base_read(
    struct gv_buf *out, struct gv_restore_base *b, const char *name);

/* Show fn the files whose names begin with `prefix`, and the rest of the name,
 * which is a plain file name. 0 or fn's first other value. */
int gv_restore_base_each(struct gv_restore_base *b, const char *prefix,
    int (*fn)(void *ctx, const char *rest, const struct gv_buf *text),
    void *ctx);

/* Run the tool in a folder. 0; GV_ERROR with its own words where it failed;
 * GV_ENOTFOUND; GV_ECANCELED; GV_ENOMEM. */
int gv_restore_base_tool(struct gv_restore_base *b, const char *cwd,
    const char *const *argv, const struct gv_buf *in);

/* The same, and append what it printed. */
int gv_restore_base_ask(struct gv_buf *out, struct gv_restore_base *b,
    const char *cwd, const char *const *argv, const struct gv_buf *in);

/* Note what did not come back, by this thread's message; 0 or GV_ENOMEM. */
int gv_restore_base_miss(struct gv_restore_base *b, const char *what, int r);

/* The address, what it is called, and the revision where the record has none. 0
 * or a failure. */
int gv_restore_base_find_svn(struct gv_buf *address, struct gv_restore_base *b);
int gv_restore_base_find_hg(struct gv_buf *address, struct gv_restore_base *b);

/* Check it out to b->tree; then, once the files are there, bring back the rest.
 */
int gv_restore_base_out_svn(struct gv_restore_base *b, const char *address);
int gv_restore_base_out_hg(struct gv_restore_base *b, const char *address);
int gv_restore_base_rest_svn(struct gv_restore_base *b);

/* Set the properties of svn that a patch could not bring. 0 or a failure.
 * (restore_base_properties.c) */
int gv_restore_base_properties(struct gv_restore_base *b);

int gv_restore_base_rest_hg(struct gv_restore_base *b);

#endif
