#include "cmd.h"

#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/path.h"
#include "out.h"
#include "store/repo.h"
#include "sys/cancel.h"
#include "vault/content.h"
#include "vault/record.h"

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
write_name(void *out, const char *name, size_t len, unsigned mode)
{
	gv_out_path(out, name, len);
	gv_out_printf(out, "%s\n", S_ISDIR(mode) ? "/" : "");
	return gv_out_stopped(out) ? GV_ECANCELED : 0;
}

static int
print(struct gv_ctx *ctx, const struct gv_record *rec, const char *path)
{
	char hex[GV_OID_HEX + 1];
	struct gv_content c;
	int r = gv_content_find(&c, ctx->repo, rec, path);

	if (r < 0)
		return r;
	if (S_ISREG(c.mode) || S_ISLNK(c.mode)) {
		r = gv_content_stream(ctx->repo, &c, write_bytes, ctx->out);
	} else if (S_ISDIR(c.mode)) {
		gv_out_printf(ctx->out, "directory %s:", rec->id);
		gv_out_path(ctx->out, path, strlen(path));
		gv_out_printf(ctx->out, "\n\n");
		r = gv_content_each(ctx->repo, &c, write_name, ctx->out);
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

/* Where the path begins in "SNAP:PATH": behind the first ':' that is no part
 * of the expression. Times hold some too, so there it is the last one. NULL
 * where there is none. */
static const char *
find_path(const char *text)
{
	const char *colon;

	if (strncmp(text, "at:", 3) == 0) {
		colon = strrchr(text + 3, ':');
	} else {
		if (strncmp(text, "tag:", 4) == 0)
			text += 4;
		colon = strchr(text, ':');
	}
	return colon ? colon + 1 : NULL;
}

/* As git takes "REV:PATH": from the top, unless it begins with "./" or
 * "../". */
static int
resolve_joint(struct gv_ctx *ctx, struct gv_buf *path, const char *typed)
{
	struct gv_buf absolute = GV_BUF_INIT;
	int r;

	if (strncmp(typed, "./", 2) == 0 || strncmp(typed, "../", 3) == 0 ||
	    typed[0] == '/' || ctx->repo->prefix[0] == '\0')
		return gv_content_path(path, ctx->repo, typed);
	gv_buf_addf(&absolute, "%s/%s", ctx->repo->worktree, typed);
	r = gv_buf_check(&absolute);
	if (r == 0)
		r = gv_content_path(path, ctx->repo, absolute.p);
	gv_buf_release(&absolute);
	return r;
}

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	struct gv_buf path = GV_BUF_INIT, snap = GV_BUF_INIT;
	struct gv_record rec = { 0 };
	const char *inside = argc == 2 ? argv[1] : find_path(argv[0]);
	int r;

	if (inside == NULL)
		return gv_err(GV_EUSAGE,
		    "'cat' needs a path too: SNAP PATH, or SNAP:PATH");
	if (argc == 2) {
		gv_buf_addstr(&snap, argv[0]);
		r = gv_content_path(&path, ctx->repo, inside);
	} else {
		gv_buf_add(&snap, argv[0], (size_t)(inside - argv[0]) - 1);
		r = resolve_joint(ctx, &path, inside);
	}
	if (r == 0)
		r = gv_buf_check(&snap);
	if (r == 0)
		r = gv_record_resolve(&rec, ctx->repo, snap.p);
	if (r == 0)
		r = print(ctx, &rec, path.p);
	gv_record_release(&rec);
	gv_buf_release(&path);
	gv_buf_release(&snap);
	return r;
}

const struct gv_cmd cmd_cat = {
	.name = "cat",
	.summary = "print one file as it stands in a snapshot",
	.usage = "SNAP PATH\nSNAP:PATH",
	.group = GV_CMD_LOOK,
	.flags = GV_CMD_REPO | GV_CMD_NO_JSON,
	.min_args = 1,
	.max_args = 2,
	.args = { GV_OPT_SNAPSHOT, GV_OPT_PATH },
	.run = run,
};
