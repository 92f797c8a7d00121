#include "git-vault/look/content_out.h"

#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/shell.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/front/place.h"
#include "git-vault/look/content_json.h"
#include "git-vault/look/reveal_out.h"
#include "git-vault/look/revealed_out.h"
#include "object/repo_odb.h"
#include "record/record.h"
#include "repo/oid.h"
#include "repo/repo.h"
#include "sys/cancel.h"
#include "sys/tty.h"
#include "view/content.h"
#include "view/revealed.h"
#include "view/saved.h"
#include "view/unseal.h"

static const char *
type_of(unsigned mode)
{
	return S_ISDIR(mode) ? "directory"
	    : S_ISLNK(mode)  ? "link"
	    : S_ISREG(mode)  ? "file"
			     : "repository";
}

/* A file's bytes, exactly but on a terminal. Once nobody reads them any more,
 * the reading of the object stops too. */
static int
write_bytes(void *out, const void *data, size_t len)
{
	gv_out_show(out, data, len);
	if (gv_cancel_requested())
		return gv_cancel_error();
	return gv_out_stopped(out) ? GV_ECANCELED : 0;
}

static int
pass_bytes(void *out, const void *data, size_t len)
{
	gv_out_show(out, data, len);
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
put_name(void *json, const char *name, size_t len, unsigned mode)
{
	gv_json_object(json, NULL);
	gv_json_path(json, "name", name, len);
	gv_json_string(json, "type", type_of(mode));
	gv_json_end(json);
	return 0;
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

/* ---- for programs ---- */

struct place_read {
	struct gv_repo *repo;
	const struct gv_record *rec;
	const char *path;
	const struct gv_content *content;
	struct gv_safe *safe;
};

static int
read_stored(
    void *source, int (*fn)(void *ctx, const void *data, size_t len), void *ctx)
{
	const struct place_read *p = source;

	return gv_content_stream(p->repo, p->content, fn, ctx);
}

static int
read_clear(
    void *source, int (*fn)(void *ctx, const void *data, size_t len), void *ctx)
{
	const struct place_read *p = source;

	return gv_content_stream_clear(
	    p->repo, p->rec, p->path, p->safe, fn, ctx);
}

static int
put_place(struct gv_ctx *ctx, struct place_read *p, bool is_clear)
{
	const unsigned mode = p->content->mode;
	int r;

	gv_json_object(ctx->json, NULL);
	gv_json_path(ctx->json, "path", p->path, strlen(p->path));
	gv_json_string(ctx->json, "type", type_of(mode));
	if (S_ISDIR(mode)) {
		gv_json_array(ctx->json, "entries");
		r = gv_content_each(ctx->repo, p->content, put_name, ctx->json);
		gv_json_end(ctx->json);
	} else {
		is_clear = is_clear && S_ISREG(mode);
		r = gv_content_json(ctx,
		    &(struct gv_content_json_source){
			.read = is_clear ? read_clear : read_stored,
			.source = p,
			.is_secret = is_clear });
	}
	gv_json_end(ctx->json);
	return advise(r);
}

static int
refuse_repository(const struct gv_content *c)
{
	char hex[GV_OID_HEX + 1];

	gv_oid_format(hex, &c->oid);
	return gv_err(GV_EREFUSED,
	    "this path is a repository of its own, at its commit %s; "
	    "its files are stored there",
	    hex);
}

/* Find a path from the top; what the snapshot lacks, a save may have. */
static int
find(struct gv_content *out, struct gv_ctx *ctx, const struct gv_record *rec,
    const char *path)
{
	struct gv_buf spec = GV_BUF_INIT;
	int r = gv_content_find(out, ctx->repo, rec, path);

	if (r != GV_ENOTFOUND)
		return r;
	gv_buf_addf(&spec, "%s%s",
	    *ctx->repo->prefix || strpbrk(path, ":*?[\\") ? ":(top,literal)"
							  : "",
	    path);
	r = gv_buf_check(&spec) < 0
	    ? GV_ENOMEM
	    : gv_saved_offer(r, ctx->repo,
		  (const char *const[]){ spec.p, NULL }, "--in-place");
	gv_buf_release(&spec);
	return r;
}

static int
print_json(struct gv_ctx *ctx, const struct gv_record *rec, const char *path,
    struct gv_safe *safe, bool is_clear)
{
	struct gv_content c;
	struct place_read p = { .repo = ctx->repo,
		.rec = rec,
		.path = path,
		.content = &c,
		.safe = safe };
	int r = find(&c, ctx, rec, path);

	if (r < 0)
		return r;
	if (!S_ISREG(c.mode) && !S_ISLNK(c.mode) && !S_ISDIR(c.mode))
		return refuse_repository(&c);
	r = put_place(ctx, &p, is_clear);
	/* the frame alone reports a failure of stdout */
	return r == GV_ECANCELED && !gv_cancel_requested() ? 0 : r;
}

void
gv_content_out_begin(struct gv_ctx *ctx, const struct gv_record *rec)
{
	if (ctx->json == NULL)
		return;
	gv_json_object(ctx->json, NULL);
	gv_json_string(ctx->json, "snapshot", rec->id);
	gv_json_array(ctx->json, "files");
}

void
gv_content_out_end(struct gv_ctx *ctx)
{
	if (ctx->json == NULL)
		return;
	gv_json_end(ctx->json);
	gv_json_end(ctx->json);
}

/* ---- for people ---- */

int
gv_content_out_clear(struct gv_ctx *ctx, const struct gv_record *rec,
    const char *path, struct gv_safe *safe)
{
	struct gv_content c;
	int r = find(&c, ctx, rec, path);

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
	struct gv_content c;
	int r = find(&c, ctx, rec, path);

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
		return refuse_repository(&c);
	}
	/* the frame alone reports a failure of stdout */
	if (r == GV_ECANCELED && !gv_cancel_requested())
		r = 0;
	return r;
}

/* ---- with its secrets ---- */

static int
print_clear(struct gv_ctx *ctx, const struct gv_place *place,
    const struct gv_reveal_opts *o)
{
	struct gv_safe *safe = NULL;
	int r;

	gv_out_without_pager(ctx->out);
	r = gv_revealed_out_open(&safe, ctx, &place->rec, &o->identities);
	if (r < 0)
		goto out;
	r = gv_unseal_tell_path(
	    ctx->repo, safe, &place->rec, place->path.p, o->reason);
	if (r < 0)
		goto out;
	if (ctx->json)
		r = print_json(ctx, &place->rec, place->path.p, safe, true);
	else
		r = gv_content_out_clear(ctx, &place->rec, place->path.p, safe);
out:
	gv_revealed_out_close(ctx, safe);
	return r;
}

/* On a terminal, whoever sees a placeholder also sees how to get the secret. */
static void
hint(struct gv_ctx *ctx, const struct gv_place *place)
{
	const struct gv_revealed_file *file = NULL;
	struct gv_buf command = GV_BUF_INIT, where = GV_BUF_INIT;
	struct gv_revealed *given = NULL;
	struct gv_odb *odb;

	if (!gv_tty_is(1) || gv_repo_odb(ctx->repo, &odb) < 0)
		return;
	/* a damaged list fails where secrets are asked for */
	if (gv_revealed_load(&given, odb, &place->rec, GV_REVEALED_TREE) == 0)
		file = gv_revealed_find(given, place->path.p, place->path.len);
	if (file) {
		gv_cmd_paste(&command, ctx);
		gv_buf_addstr(&command, " cat --secrets");
		gv_buf_addf(&where, "%s:%s", place->rec.id, place->path.p);
		if (gv_buf_check(&where) == 0)
			gv_shell_word(&command, where.p);
		gv_out_end_line(ctx->out);
		if (gv_buf_check(&command) == 0)
			gv_out_say(ctx->out,
			    "hint: %zu secret%s encrypted here; to show %s: %s",
			    file->n, file->n == 1 ? " is" : "s are",
			    file->n == 1 ? "it" : "them", command.p);
	}
	gv_buf_release(&command);
	gv_buf_release(&where);
	gv_revealed_free(given);
}

int
gv_content_out_place(struct gv_ctx *ctx, const struct gv_place *place,
    const struct gv_reveal_opts *o)
{
	int r;

	if (o->secrets)
		return print_clear(ctx, place, o);
	if (ctx->json)
		return print_json(ctx, &place->rec, place->path.p, NULL, false);
	if ((r = gv_content_out(ctx, &place->rec, place->path.p)) == 0)
		hint(ctx, place);
	return r;
}
