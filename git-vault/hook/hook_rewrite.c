#include "git-vault/hook/hook.h"

#include "base/buf.h"
#include "base/err.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/out.h"
#include "record/follow.h"
#include "sys/file.h"

#define PIECE    ((size_t)64 * 1024)
#define READ_MAX ((size_t)64 * 1024 * 1024)

int
gv_hook_read(struct gv_buf *out)
{
	ssize_t n;

	do {
		if (out->len > READ_MAX)
			return gv_err(GV_EREFUSED,
			    "git says more to the hook than is read, 64 MiB");
		if (gv_buf_grow(out, PIECE) < 0)
			return GV_ENOMEM;
		n = gv_file_read_some(0, out->p + out->len, PIECE);
		if (n < 0)
			return gv_err_sys("cannot read git's output");
		out->len += (size_t)n;
		out->p[out->len] = '\0';
	} while (n > 0);
	return 0;
}

/* The commits stand, whatever comes of their notes. */
int
gv_hook_post_rewrite(struct gv_ctx *ctx, int argc, char **argv)
{
	struct gv_buf lines = GV_BUF_INIT;
	size_t n = 0;
	int r = gv_hook_read(&lines);

	(void)argc;
	(void)argv;
	if (r == 0)
		r = gv_follow_rewritten(&n, ctx->repo, &lines, ctx->now);
	if (r < 0)
		gv_out_warn(ctx->out,
		    "snapshots of the old commits are not found by the new "
		    "ones: %s",
		    gv_err_message());
	gv_buf_release(&lines);
	return 0;
}
