#ifndef GV_ROLLBACK_CODE_H
#define GV_ROLLBACK_CODE_H
/*
 * Makes the commit that goes back to a known-good record: on top of HEAD, with
 * files of the record's commit. rollback_branch.c puts it on a new branch,
 * rollback_commit.c on the current one. Only objects are written here, while a
 * gv_rollback is held.
 *
 *	r = gv_rollback_code_open(&code, repo);
 *	r = gv_rollback_code_fill(&code, good, rec, own);
 *	r = gv_rollback_code_tree(&code);	code.head … code.tree
 *	r = gv_rollback_code_commit(&code, message);
 *	gv_rollback_code_close(&code);
 */

#include <stddef.h>

#include "base/buf.h"
#include "base/map.h"
#include "rollback/rollback_git.h"

struct gv_good;
struct gv_record;
struct gv_rollback_env;

/* Files of a tree: path -> its line of `text`. */
struct gv_rollback_list {
	struct gv_buf text;
	struct gv_map files;
};

struct gv_rollback_code {
	struct gv_rollback_git git;     /* with an index of our own */
	char head[GV_OID_HEX + 1];      /* HEAD's commit, */
	char head_tree[GV_OID_HEX + 1]; /* and its tree */
	char tree[GV_OID_HEX + 1];      /* of the commit to be made */
	char commit[GV_OID_HEX + 1];
	size_t kept;              /* files that are as HEAD has them, … */
	struct gv_buf kept_paths; /* … a NUL behind each; may be taken */
	/* files as HEAD has them: those of other environments, and shared ones
	 * that are newer than the record */
	size_t apart;
	/* private */
	struct gv_rollback_env *own;
	struct gv_buf index; /* its path */
	struct gv_rollback_list at_head, then;
};

/* Find HEAD. 0; GV_EREFUSED where it is no commit yet; GV_ERROR; GV_ENOMEM. To
 * be closed in any case. */
int gv_rollback_code_open(struct gv_rollback_code *code, struct gv_repo *repo);

/* Take the environment's files, or with `own` NULL all files, from the record's
 * commit, and the others from HEAD. A file is also taken from HEAD if the
 * snapshot stores something of it encrypted, or if the record's version has a
 * secret in it and HEAD's differs; `kept` counts these. 0; GV_EREFUSED if the
 * record has no commit or no snapshot, or if its snapshot differs from the
 * commit in files of the environment; GV_ENOTFOUND if the commit is missing;
 * GV_ECORRUPT; GV_ERROR; GV_ENOMEM. */
int
gv_rollback_code_fill(struct gv_rollback_code *code, const struct gv_good *good,
    const struct gv_record *rec, struct gv_rollback_env *own);

/* Take the tree of this commit as it is. 0; GV_ENOTFOUND where it is not here;
 * GV_ERROR with git's words; GV_ENOMEM. */
int gv_rollback_code_take(
    struct gv_rollback_code *code, const struct gv_oid *commit);

/* Write the tree. 0; GV_EREFUSED where it is HEAD's already; GV_ERROR;
 * GV_ENOMEM. */
int gv_rollback_code_tree(struct gv_rollback_code *code);

/* Append the message of the commit. */
void gv_rollback_code_say(struct gv_buf *out,
    const struct gv_rollback_code *code, const struct gv_good *good);

/* Make the commit, by the user's identity, or where git knows none, by ours.
 * 0; GV_ERROR; GV_ENOMEM. */
int gv_rollback_code_commit(struct gv_rollback_code *code, const char *message);

/* Zeroed ok; removes the index. */
void gv_rollback_code_close(struct gv_rollback_code *code);

#endif
