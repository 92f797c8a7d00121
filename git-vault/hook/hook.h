#ifndef HOOK_H
#define HOOK_H
/*
 * The hooks that `git vault hooks install` puts into a repository, one file
 * each. cmd_hooks.c has the table that `git vault hooks run NAME` uses.
 * lib/hook/hook.c says which hooks exist, and for which side.
 *
 * argv and stdin are as git gives them to the hook. All output is for people,
 * on stderr. The result is the hook's exit status: git refuses the operation if
 * it is not 0, where a hook of that name can refuse.
 */

#include <stdbool.h>

struct gv_buf;
struct gv_ctx;

/* The texts that are installed, hooks/stub.sh, and hooks/svn.sh in a Subversion
 * server. */
extern const char gv_hook_stub[];
extern const char gv_hook_stub_svn[];

/* As run() of a command. */
int gv_hook_pre_commit(struct gv_ctx *ctx, int argc, char **argv);
int gv_hook_pre_push(struct gv_ctx *ctx, int argc, char **argv);
int gv_hook_post_merge(struct gv_ctx *ctx, int argc, char **argv);
int gv_hook_post_checkout(struct gv_ctx *ctx, int argc, char **argv);
int gv_hook_post_rewrite(struct gv_ctx *ctx, int argc, char **argv);
int gv_hook_post_commit(struct gv_ctx *ctx, int argc, char **argv);
int gv_hook_pre_receive(struct gv_ctx *ctx, int argc, char **argv);
int gv_hook_update(struct gv_ctx *ctx, int argc, char **argv);
int gv_hook_post_receive(struct gv_ctx *ctx, int argc, char **argv);
int gv_hook_svn_post_commit(struct gv_ctx *ctx, int argc, char **argv);

/* Take a snapshot by a process of its own, and print what it says. 0, whatever
 * came of it: *status; a failure. (hook_merge.c) */
int gv_hook_take(struct gv_ctx *ctx, const char *message, int *status);

/* Whether vault.prePush has no words but its own: 0 or GV_EREFUSED. */
int gv_hook_publish_check(const struct gv_ctx *ctx);

/* Whether vault.prePush has this word among its own. (hook_publish.c) */
bool gv_hook_publish_is_set(const struct gv_ctx *ctx, const char *word);

/* Bring the remote what it lacks of the vault, where it is one that has a name,
 * and say in a line what became of it. 0; GV_EREFUSED where not all of it went;
 * a failure. Nothing of either is said then. */
int gv_hook_publish(struct gv_ctx *ctx, const char *remote);

/* Append all that git gives the hook on stdin, at most 64 MiB. 0; GV_EREFUSED
 * where it is more; GV_ERROR; GV_ENOMEM. */
int gv_hook_read(struct gv_buf *out);

#endif
