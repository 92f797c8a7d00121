#include "git-vault/front/place.h"

#include <string.h>

#include "base/err.h"
#include "base/shell.h"
#include "git-vault/front/cmd.h"
#include "record/record_resolve.h"
#include "repo/repo.h"
#include "view/content.h"

/* "at:TIME" or "auto:TIME" whose last colon stands between hours and minutes,
 * or minutes and seconds, and names no path. */
static bool
is_clock(const char *colon)
{
	const char *p = colon + 1;

	return colon[-1] >= '0' && colon[-1] <= '9' && p[0] >= '0' &&
	    p[0] <= '5' && p[1] >= '0' && p[1] <= '9' &&
	    (p[2] == '\0' || strchr(" .+-Zz", p[2]));
}

/* The first one outside of "{…}", such as a reflog's time or a pattern; a brace
 * that nothing closes is a letter like any other. */
static const char *
find_colon(const char *text)
{
	const char *first = strchr(text, ':');
	int depth = 0;

	for (; *text; text++) {
		if (*text == ':' && depth == 0)
			return text;
		depth += *text == '{';
		depth -= *text == '}' && depth > 0;
	}
	return depth ? first : NULL;
}

const char *
gv_place_path(const char *text)
{
	const size_t timed = strncmp(text, "at:", 3) == 0 ? 3
	    : strncmp(text, "auto:", 5) == 0              ? 5
							  : 0;
	const char *colon;

	if (timed) {
		colon = strrchr(text + timed, ':');
		if (colon && is_clock(colon))
			colon = NULL;
	} else {
		if (strncmp(text, "tag:", 4) == 0)
			text += 4;
		else if (strncmp(text, "good:", 5) == 0 ||
		    strncmp(text, "host:", 5) == 0)
			text += 5;
		else if (strncmp(text, "any:latest", 10) == 0)
			text += 4;
		colon = find_colon(text);
	}
	/* ":/text" names a commit to git */
	return colon && colon > text ? colon + 1 : NULL;
}

int
gv_place_joint(struct gv_buf *path, struct gv_ctx *ctx, const char *typed)
{
	struct gv_buf absolute = GV_BUF_INIT;
	int r;

	if (strncmp(typed, "./", 2) == 0 || strncmp(typed, "../", 3) == 0 ||
	    strcmp(typed, "..") == 0 || strcmp(typed, ".") == 0 ||
	    typed[0] == '/' || ctx->repo->prefix[0] == '\0')
		return gv_content_path(path, ctx->repo, typed);
	gv_buf_addf(&absolute, "%s/%s", ctx->repo->worktree, typed);
	if ((r = gv_buf_check(&absolute)) == 0)
		r = gv_content_path(path, ctx->repo, absolute.p);
	gv_buf_release(&absolute);
	return r;
}

static int
open_snapshot(struct gv_place *out, struct gv_ctx *ctx, const char *text)
{
	struct gv_record_query query = { .text = text, .deleted = true };

	return gv_record_resolve(&out->rec, ctx->repo, &query);
}

/* SNAP, or SNAP:PATH. */
static int
open_front(struct gv_place *out, struct gv_ctx *ctx, const char *text)
{
	const char *inside = gv_place_path(text);
	size_t len = inside ? (size_t)(inside - text) - 1 : strlen(text);
	struct gv_buf snap = GV_BUF_INIT;
	int r = inside ? gv_place_joint(&out->path, ctx, inside) : 0;

	gv_buf_add(&snap, text, len);
	if (r == 0 && (r = gv_buf_check(&snap)) == 0)
		r = open_snapshot(out, ctx, snap.p);
	out->has_path = inside != NULL;
	gv_buf_release(&snap);
	return r;
}

/* PATH@SNAP, tried where the text names nothing else; GV_ENOTFOUND without a
 * new message where it is not of that form. */
static int
open_back(struct gv_place *out, struct gv_ctx *ctx, const char *text)
{
	const char *at = strrchr(text, '@');
	struct gv_buf path = GV_BUF_INIT, why = GV_BUF_INIT;
	int r;

	if (at == NULL || at == text || at[1] == '\0' || at[1] == '{')
		return GV_ENOTFOUND;
	gv_buf_addstr(&why, gv_err_message());
	gv_buf_add(&path, text, (size_t)(at - text));
	gv_buf_reset(&out->path);
	r = gv_buf_check(&why) < 0 ? GV_ENOMEM : gv_buf_check(&path);
	if (r == 0 && (r = gv_content_path(&out->path, ctx->repo, path.p)) == 0)
		r = open_snapshot(out, ctx, at + 1);
	if (r == GV_ENOTFOUND)
		gv_err_set_message(why.p);
	out->has_path = true;
	gv_buf_release(&path);
	gv_buf_release(&why);
	return r;
}

/* All of it as a name, such as a tag with a colon in it; GV_ENOTFOUND without a
 * new message where there is none. */
static int
open_whole(struct gv_place *out, struct gv_ctx *ctx, const char *text)
{
	struct gv_buf why = GV_BUF_INIT;
	int r;

	if (gv_place_path(text) == NULL)
		return GV_ENOTFOUND;
	gv_buf_addstr(&why, gv_err_message());
	if ((r = gv_buf_check(&why)) == 0 &&
	    (r = open_snapshot(out, ctx, text)) == 0) {
		gv_buf_reset(&out->path);
		out->has_path = false;
	} else if (r == GV_ENOTFOUND) {
		gv_err_set_message(why.p);
	}
	gv_buf_release(&why);
	return r;
}

int
gv_place_open(struct gv_place *out, struct gv_ctx *ctx, const char *text,
    const char *path)
{
	int r;

	if (path == NULL) {
		r = open_front(out, ctx, text);
		if (r == GV_ENOTFOUND)
			r = open_back(out, ctx, text);
		return r == GV_ENOTFOUND ? open_whole(out, ctx, text) : r;
	}
	out->has_path = true;
	r = gv_content_path(&out->path, ctx->repo, path);
	return r < 0 ? r : open_snapshot(out, ctx, text);
}

int
gv_place_move(struct gv_place *place, struct gv_ctx *ctx, const char *path)
{
	gv_buf_reset(&place->path);
	return gv_content_path(&place->path, ctx->repo, path);
}

void
gv_place_release(struct gv_place *place)
{
	if (place == NULL)
		return;
	gv_record_release(&place->rec);
	gv_buf_release(&place->path);
	memset(place, 0, sizeof(*place));
	place->path = (struct gv_buf)GV_BUF_INIT;
}

int
gv_place_from_top(
    struct gv_buf *out, const struct gv_repo *repo, const char *path)
{
	const char *rest = path, *slash;
	size_t n;

	if (*path == '/') {
		rest = gv_content_below(repo, path);
		if (rest == NULL)
			return gv_err(GV_EUSAGE,
			    "%s is not in the working tree %s", path,
			    repo->worktree ? repo->worktree : "");
	} else {
		gv_buf_addstr(out, repo->prefix ? repo->prefix : "");
	}
	while (out->len && out->p[out->len - 1] == '/')
		gv_buf_truncate(out, out->len - 1);
	for (; *rest; rest = *slash ? slash + 1 : slash) {
		slash = strchrnul(rest, '/');
		n = (size_t)(slash - rest);
		if (n == 0 || (n == 1 && *rest == '.'))
			continue;
		if (n == 2 && memcmp(rest, "..", 2) == 0) {
			if (out->len == 0)
				return gv_err(GV_EUSAGE,
				    "%s is outside the working tree", path);
			slash = memrchr(out->p, '/', out->len);
			gv_buf_truncate(
			    out, slash ? (size_t)(slash - out->p) : 0);
			slash = strchrnul(rest, '/');
			continue;
		}
		if (out->len)
			gv_buf_addch(out, '/');
		gv_buf_add(out, rest, n);
	}
	return gv_buf_check(out);
}

void
gv_place_add_spec(
    struct gv_buf *out, const struct gv_ctx *ctx, const char *path)
{
	struct gv_buf spec = GV_BUF_INIT;

	if (*ctx->repo->prefix || strpbrk(path, ":*?[\\"))
		gv_buf_addstr(&spec, ":(top,literal)");
	gv_buf_addstr(&spec, path);
	if (gv_buf_check(&spec) == 0)
		gv_shell_word(out, spec.p);
	gv_buf_release(&spec);
}
