#ifndef GOOD_H
#define GOOD_H
/*
 * The verbs of `git vault good`, a file for each; cmd_good.c has the table of
 * their options and calls them. How a record is printed is for good_out.h.
 */

#include <stdbool.h>
#include <stdint.h>

#include "git-vault/front/opt.h"
#include "record/good.h"

struct gv_buf;
struct gv_ctx;

struct gv_good_opts {
	struct gv_opt_list identities, artifacts, evidence, approvers;
	const char *snapshot, *commit, *pipeline_url, *reason, *images;
	const char *sign;    /* a key, "" for git's own; NULL: --no-sign; or
				gv_good_cmd_as_set */
	const char *drilled; /* within what time a drill has passed; NULL */
	bool without_snapshot, is_new;
	int64_t limit;      /* negative: not given */
	int status, format; /* the same */
};

/* What a verb of them does: as run() of a command, without its own name. */
int gv_good_cmd_mark(struct gv_ctx *ctx, int argc, char **argv);
int gv_good_cmd_list(struct gv_ctx *ctx, int argc, char **argv);
int gv_good_cmd_show(struct gv_ctx *ctx, int argc, char **argv);
int gv_good_cmd_diff(struct gv_ctx *ctx, int argc, char **argv);
int gv_good_cmd_verify(struct gv_ctx *ctx, int argc, char **argv);
int gv_good_cmd_revoke(struct gv_ctx *ctx, int argc, char **argv);
int gv_good_cmd_check(struct gv_ctx *ctx, int argc, char **argv);
int gv_good_cmd_export(struct gv_ctx *ctx, int argc, char **argv);

/* What `sign` is where nothing was said of it. */
extern const char gv_good_cmd_as_set[];

/* What was said of git's own signature; *key is NULL or the key. */
enum gv_good_sign
gv_good_cmd_sign(const char **key, const struct gv_good_opts *o);

/* What was said by --reason; NULL where that is nothing, as of a variable that
 * is not set. */
const char *gv_good_cmd_reason(const struct gv_good_opts *o);

/* Whether a drill of the environment has passed as the policy or the user asks.
 * 1 with *passed, and a sentence appended; 0 where none is asked for; as
 * gv_team_load(), gv_audit_find(); GV_EUSAGE. */
int gv_good_cmd_drilled(
    bool *passed, struct gv_buf *detail, struct gv_ctx *ctx, const char *env);

/* The number of a record. 0 or GV_EUSAGE. */
int gv_good_cmd_number(unsigned *out, const char *text);

#endif
