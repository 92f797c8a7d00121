#include "content_out.h"

#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "cmd.h"
#include "out.h"
#include "record/record.h"
#include "repo/oid.h"
#include "sys/cancel.h"
#include "view/content.h"

/* A file's bytes, exactly. Once nobody reads them any more, the reading of
 * the object stops too. */
static int
write_bytes(void *out, const void *data, size_t len)
{
	gv_out_write(out, data, len);
	if (gv_cancel_requested())
		return gv_cancel_error();
	return gv_out_stopped(out) ? GV_ECANCELED : 0;
}

static int
pass_bytes(void *out, const void *data, size_t len)
{
	gv_out_pass(out, data, len);
	return gv_out_stopped(out) ? GV_ECANCELED : 0;
}

static int
write_name(void *out, const char *name, size_t len, unsigned mode)
{
	gv_out_path(out, name, len);
	gv_out_printf(out, "%s\n", S_ISDIR(mode) ? "/" : "");
	return gv_out_stopped(out) ? GV_ECANCELED : 0;
}

/* Of reading a file that is in the snapshot. */
static int
advise(int r)
{
	if (r != GV_ECORRUPT && r != GV_ENOTFOUND)
		return r;
	return gv_err(r, "%s; 'git vault repair' may find it elsewhere",
	    gv_err_message());
}

int
gv_content_out_clear(struct gv_ctx *ctx, const struct gv_record *rec,
    const char *path, struct gv_safe *safe)
{
	struct gv_content c;
	int r = gv_content_find(&c, ctx->repo, rec, path);

	if (r < 0 || !S_ISREG(c.mode))
		return r < 0 ? r : gv_content_out(ctx, rec, path);
	r = advise(gv_content_stream_clear(
	    ctx->repo, rec, path, safe, pass_bytes, ctx->out));
	if (r == GV_ECANCELED && !gv_cancel_requested())
		r = 0;
	return r;
}

int
gv_content_out(
    struct gv_ctx *ctx, const struct gv_record *rec, const char *path)
{
	char hex[GV_OID_HEX + 1];
	struct gv_content c;
	int r = gv_content_find(&c, ctx->repo, rec, path);

	if (r < 0)
		return r;
	if (S_ISREG(c.mode) || S_ISLNK(c.mode)) {
		r = advise(
		    gv_content_stream(ctx->repo, &c, write_bytes, ctx->out));
	} else if (S_ISDIR(c.mode)) {
		gv_out_printf(ctx->out, "directory %s:", rec->id);
		gv_out_path(ctx->out, path, strlen(path));
		gv_out_printf(ctx->out, "\n\n");
		r = advise(
		    gv_content_each(ctx->repo, &c, write_name, ctx->out));
	} else {
		gv_oid_format(hex, &c.oid);
		return gv_err(GV_EREFUSED,
		    "this path is a repository of its own, at its commit %s; "
		    "its files are kept there",
		    hex);
	}
	/* stdout's own failure is told by the frame, and only there */
	if (r == GV_ECANCELED && !gv_cancel_requested())
		r = 0;
	return r;
}
