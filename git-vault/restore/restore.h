#ifndef RESTORE_H
#define RESTORE_H
/*
 * A run of `git vault restore`, shared by its parts: cmd_restore.c does it,
 * restore_part.c finds what belongs together, restore_told.c prints.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "git-vault/front/opt.h"
#include "git-vault/restore/restore_as.h"
#include "git-vault/restore/restore_part.h"
#include "record/record.h"
#include "restore/restore.h"

struct gv_ctx;
struct gv_nested;

/* The modes of --overwrite, in the order of their words; -1: none was given. */
enum gv_restore_cmd_mode {
	GV_RESTORE_CMD_IF_CHANGED,
	GV_RESTORE_CMD_ALWAYS,
	GV_RESTORE_CMD_IF_NEWER,
	GV_RESTORE_CMD_NEVER,
};

struct gv_restore_cmd_opts {
	const char *to, *env, *as;
	int overwrite;
	bool in_place, delete, index, dry_run, no_owner, skip_damaged, sync;
	bool recurse, no_secrets, cross_scope, as_stored, related, force;
	bool trusted, with_base, yes;
	int64_t threads;
	struct gv_opt_list identities;
	const char *reason;
};

/* What the restore reports while it runs, stored for the end: a document has
 * its lists one after the other. */
struct gv_restore_told {
	struct gv_restore_change *items;
	size_t n, cap;
	struct gv_arena arena;
	struct gv_buf undo; /* the command; empty if nothing was changed */
	bool all;           /* also keep paths that were restored */
	bool failed;
};

/* Repositories inside whose linked snapshots are restored, too. */
struct gv_restore_nested {
	struct gv_nested *items;
	size_t n;
};

/* A run. */
struct gv_restore_cmd {
	struct gv_ctx *ctx;
	const struct gv_restore_cmd_opts *o;
	struct gv_record rec;
	struct gv_restore_result res;
	struct gv_restore_told told;
	struct gv_restore_nested nested;
	struct gv_restore_part part;
	struct gv_restore_part_ask ask;
	struct gv_restore_as as;
	/* of --with-base: what did not come back, and what was locked */
	struct gv_buf missed, locked;
};

/* Keep a change for the end; of `told`, a struct gv_restore_told. */
void gv_restore_told_keep(void *told, const struct gv_restore_change *c);

/* Print all that was done or would be; the same as a document. */
void gv_restore_told_text(const struct gv_restore_cmd *c);
void gv_restore_told_json(const struct gv_restore_cmd *c);

#endif
