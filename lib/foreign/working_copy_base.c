#include "foreign/working_copy_internal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/lines.h"
#include "repo/repo.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "walk/census.h"
#include "worktree/cache.h"

/*
 * The list that the tool gave, for as long as its database stands as it was
 * then. A file that changed since has another ctime, so it is stored whatever
 * the list says.
 *	git-vault base 2
 *	<40 digits>	the stamp of the database
 *	<tool> <revision> <nanoseconds>
 *	…		files, as in walk/base.h
 *	= <8 digits>	the sum of all that
 */
#define HEAD  "git-vault base 2\n"
#define CACHE "working-copy-base"
#define MOST  ((size_t)256 * 1024 * 1024)

static const char *const names[] = { NULL, "svn", "hg" };

static int
cache_path(struct gv_buf *out, const struct gv_repo *repo)
{
	gv_buf_addf(out, "%s/" CACHE, repo->vault_dir);
	return gv_buf_check(out);
}

/* Behind a word of at most `most` bytes, and the byte that ends it. */
static const char *
take_word(char *out, size_t most, const char *p, const char *end, char until)
{
	const char *to = p ? memchr(p, until, (size_t)(end - p)) : NULL;

	if (to == NULL || (size_t)(to - p) >= most)
		return NULL;
	memcpy(out, p, (size_t)(to - p));
	out[to - p] = '\0';
	return to + 1;
}

int
gv_working_copy_base_parse(
    struct gv_base *out, struct gv_oid *at, const char *text, size_t len)
{
	const char *end = text + gv_cache_text_end(text, len, HEAD), *p;
	char tool[4], stamp[24], *stop;
	size_t i;

	p = gv_lines_after(text, end, HEAD);
	if (p == NULL || end - p <= GV_OID_HEX || gv_oid_parse(at, p) < 0)
		return GV_ECORRUPT;
	p = gv_lines_after(p + GV_OID_HEX, end, "\n");
	p = take_word(tool, sizeof(tool), p, end, ' ');
	p = take_word(out->revision, sizeof(out->revision), p, end, ' ');
	p = take_word(stamp, sizeof(stamp), p, end, '\n');
	if (p == NULL || (p < end && end[-1] != '\0'))
		return GV_ECORRUPT;
	out->stamp = strtoll(stamp, &stop, 10);
	for (i = 1; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], tool) == 0)
			out->tool = names[i];
	if (*stop || out->tool == NULL)
		return GV_ECORRUPT;
	gv_buf_add(&out->files, p, (size_t)(end - p));
	return gv_base_index(out);
}

static bool
recall(struct gv_base *out, const struct gv_repo *repo, const struct gv_oid *at)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	char *before = gv_err_save();
	struct gv_oid was;
	bool is = cache_path(&path, repo) == 0 &&
	    gv_file_read(&text, AT_FDCWD, path.p, MOST) == 0 &&
	    gv_working_copy_base_parse(out, &was, text.p, text.len) == 0 &&
	    gv_oid_equal(&was, at);

	if (!is)
		gv_base_release(out);
	gv_buf_release(&path);
	gv_buf_release(&text);
	gv_err_restore(before);
	return is;
}

void
gv_working_copy_base_format(
    struct gv_buf *out, const struct gv_base *base, const struct gv_oid *at)
{
	char hex[GV_OID_HEX + 1];

	gv_oid_format(hex, at);
	gv_buf_addf(out, HEAD "%s\n%s %s %lld\n", hex, base->tool,
	    base->revision, (long long)base->stamp);
	gv_buf_add(out, base->files.p, base->files.len);
	gv_cache_seal_text(out, 0);
}

/* Losing it costs time. */
static void
remember(const struct gv_repo *repo, const struct gv_base *base,
    const struct gv_oid *at)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	char *before = gv_err_save();

	gv_working_copy_base_format(&text, base, at);
	if (cache_path(&path, repo) == 0 && gv_buf_check(&text) == 0)
		(void)gv_file_replace(
		    AT_FDCWD, path.p, text.p, text.len, 0600, false);
	gv_buf_release(&path);
	gv_buf_release(&text);
	gv_err_restore(before);
}

static int
excuse(struct gv_repo *repo, enum gv_foreign_kind kind)
{
	struct gv_buf text = GV_BUF_INIT;
	int r;

	gv_buf_addf(&text,
	    "vcs.base: omit does not apply, and all files of this %s working "
	    "copy are stored: %.200s",
	    gv_foreign_name(kind), gv_err_message());
	if ((r = gv_buf_check(&text)) == 0)
		gv_repo_note(repo, text.p);
	gv_buf_release(&text);
	return r;
}

int
gv_working_copy_base(struct gv_base *out, struct gv_repo *repo, bool may_write)
{
	const enum gv_foreign_kind kind = gv_foreign_kind_of(repo->git_dir);
	const struct timespec now = gv_clock_coarse();
	char *before = gv_err_save();
	bool is_settled;
	struct gv_oid at;
	int r;

	*out = (struct gv_base){ .files = GV_BUF_INIT };
	if (kind == GV_FOREIGN_NONE)
		goto out;
	r = gv_working_copy_stamp(
	    &at, &is_settled, repo, kind, gv_census_ns(&now));
	if (r < 0)
		return gv_err_settle(r, before);
	if (!recall(out, repo, &at)) {
		*out = (struct gv_base){ .files = GV_BUF_INIT };
		r = kind == GV_FOREIGN_SVN ? gv_working_copy_base_svn(out, repo)
					   : gv_working_copy_base_hg(out, repo);
		out->stamp = gv_census_ns(&now);
		if (r == 0 && out->tool && may_write && is_settled)
			remember(repo, out, &at);
	}
	if (r == 0 && out->tool)
		r = gv_working_copy_prove(out, repo, &at, may_write);
	if (r == GV_ENOMEM || r == GV_ECANCELED)
		return gv_err_settle(r, before);
	if (r < 0) {
		gv_base_release(out);
		r = excuse(repo, kind);
		return gv_err_settle(r, before);
	}
	return gv_err_settle(r, before);
out:
	gv_err_restore(before);
	return 0;
}
