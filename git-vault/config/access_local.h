#ifndef ACCESS_LOCAL_H
#define ACCESS_LOCAL_H
/*
 * Rules of access in a clone: advice before a commit, a refusal before a push
 * and before `config set` writes. The server decides.
 *
 *	r = gv_access_local_push(ctx, &lines);
 *	r = gv_access_local_file(ctx, "config/prod.yaml", &text);
 */

struct gv_access_kept;
struct gv_buf;
struct gv_ctx;

/* Whether the server would take a push, as git describes it to pre-push. 0; 1
 * where it would not, which is printed; a failure to look. */
int gv_access_local_push(struct gv_ctx *ctx, const struct gv_buf *lines);

/* Print what a commit of the index would lack on a protected branch. 0; a
 * failure to look. */
int gv_access_local_commit(struct gv_ctx *ctx);

/* Whether a file may have another text, on the branch that is checked out. 0;
 * GV_EREFUSED with what is missing and what to do. */
int gv_access_local_file(
    struct gv_ctx *ctx, const char *path, const struct gv_buf *text);

/* The same of a layer that a program keeps. The branch does not matter, since
 * nobody can approve such a change on another one. */
int gv_access_local_kept(struct gv_ctx *ctx, const struct gv_access_kept *kept);

#define GV_ACCESS_STORED  "written to the storage of its set"
#define GV_ACCESS_WRITTEN "written to the working tree"

/* Tell the audit which keys of a file, or of such a layer, were changed; `how`
 * (above) is the reason of the event. 0; a failure. */
int gv_access_local_wrote(
    struct gv_ctx *ctx, const struct gv_access_kept *kept, const char *how);

/* Tell the audit which files and keys that rules are about a merge has brought
 * to a protected branch, and who has signed for them. 0; a failure. */
int gv_access_local_merged(struct gv_ctx *ctx);

#endif
