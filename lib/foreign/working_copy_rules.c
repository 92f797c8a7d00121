#include "foreign/working_copy_rules.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/lines.h"
#include "base/map.h"
#include "base/vec.h"
#include "foreign/svnignore.h"
#include "foreign/working_copy_internal.h"
#include "repo/repo.h"
#include "sys/clock.h"
#include "sys/dir.h"
#include "sys/env.h"
#include "sys/file.h"
#include "walk/census.h"
#include "worktree/cache.h"
#include "worktree/ignore.h"

/*
 * What the tool said:
 *	git-vault rules 1
 *	<40 digits>	the stamp of its database
 *	…		of Subversion: rules as in gitignore(5), and a NUL
 *	…		the paths that it tracks, each with a NUL
 *	= <8 digits>	the sum of all that
 */
#define HEAD  "git-vault rules 1\n"
#define CACHE "working-copy-rules"
#define MOST  ((size_t)256 * 1024 * 1024)

#define MAX_RULES ((size_t)4 * 1024 * 1024) /* of one file of Mercurial's */

/* ---- what is tracked ----------------------------------------------------- */

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int
index_tracked(
    struct gv_working_copy_rules *rules, const char *p, const char *end)
{
	bool is_sorted = true;

	for (; p < end; p += strlen(p) + 1) {
		if (GV_GROW(rules->tracked, rules->n_tracked,
			rules->cap_tracked) < 0)
			return GV_ENOMEM;
		is_sorted &= rules->n_tracked == 0 ||
		    strcmp(rules->tracked[rules->n_tracked - 1], p) < 0;
		rules->tracked[rules->n_tracked++] = p;
	}
	if (!is_sorted)
		qsort(
		    rules->tracked, rules->n_tracked, sizeof(char *), by_text);
	return 0;
}

/* The first one that is not before "PATH" and the byte behind it. */
static const char *
find_from(const struct gv_working_copy_rules *rules, const char *path,
    size_t len, char behind)
{
	size_t low = 0, high = rules->n_tracked;

	while (low < high) {
		const size_t mid = low + (high - low) / 2;
		const char *is = rules->tracked[mid];
		int x = is ? strncmp(is, path, len) : 0;

		if (is && x == 0)
			x = (unsigned char)is[len] - (unsigned char)behind;
		if (x < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low < rules->n_tracked ? rules->tracked[low] : NULL;
}

static bool
tracks(const void *ctx, const char *path, size_t len)
{
	static const char behind[] = { '\0', '/' };
	size_t i;

	for (i = 0; i < 2; i++) {
		const char *is = find_from(ctx, path, len, behind[i]);

		if (is && strncmp(is, path, len) == 0 && is[len] == behind[i])
			return true;
	}
	return false;
}

/* ---- rules --------------------------------------------------------------- */

static bool
hg_ignores(const void *ctx, const char *path, size_t len, bool is_dir,
    struct gv_ignore_why *why)
{
	const struct gv_working_copy_rules *rules = ctx;

	(void)is_dir;
	return gv_hgignore_match(&rules->hg, path, len, why);
}

/* What svn does not track in a folder that it tracks; all of a folder that it
 * does not track has the fate of the folder. */
static bool
svn_ignores(const void *ctx, const char *path, size_t len, bool is_dir,
    struct gv_ignore_why *why)
{
	const struct gv_working_copy_rules *rules = ctx;
	size_t at = len;

	while (at && path[at - 1] != '/')
		at--;
	return rules->svn &&
	    gv_ignore_match(rules->svn, path, len, at, is_dir, why) ==
	    GV_IGNORE_IGNORED;
}

/* A path from the top of the working copy, where no link is followed, or one
 * that the user's own configuration names. A file that is there and cannot be
 * read whole is refused: its rules are not known. */
static int
read_rules(void *ctx, struct gv_buf *out, const char *path)
{
	const struct gv_repo *repo = ctx;
	const size_t before = out->len;
	char part[16384];
	ssize_t n;
	int top = -1, fd = -1, r;

	if (*path == '/') {
		r = gv_file_read(out, AT_FDCWD, path, MAX_RULES);
		return r == 0 || r == GV_ENOTFOUND || r == GV_ENOMEM
		    ? r
		    : GV_EREFUSED;
	}
	if ((top = gv_dir_open_root(repo->worktree)) >= 0)
		fd = gv_dir_open_file(top, path, strlen(path));
	r = errno == ENOENT || errno == ENOTDIR ? GV_ENOTFOUND : GV_EREFUSED;
	gv_file_close(top);
	if (fd < 0)
		return r;
	while ((n = gv_file_read_full(fd, part, sizeof(part))) > 0 &&
	    out->len - before < MAX_RULES)
		gv_buf_add(out, part, (size_t)n);
	gv_file_close(fd);
	return n ? GV_EREFUSED : gv_buf_check(out);
}

static int
add_hg_file(struct gv_working_copy_rules *rules, const char *path)
{
	struct gv_buf text = GV_BUF_INIT;
	int r = read_rules(rules->hg.ctx, &text, path);

	if (r == 0)
		r = gv_hgignore_add(&rules->hg, text.p, text.len, path, "");
	gv_buf_release(&text);
	rules->hg.is_strange |= r == GV_EREFUSED;
	return r == GV_ENOTFOUND || r == GV_EREFUSED ? 0 : r;
}

/* "ignore = FILE" and "ignore.NAME = FILE" of [ui]. What a "%include" has is
 * not known, nor what the working copy's own hgrc names: it may have come with
 * an archive, and could name any file. */
static int
add_hgrc(struct gv_working_copy_rules *rules, const char *text, size_t len,
    bool is_users)
{
	const char *p = text, *line, *value;
	struct gv_buf word = GV_BUF_INIT, path = GV_BUF_INIT;
	bool is_ui = false;
	size_t n;
	int r = 0;

	while (r == 0 && gv_lines_next(&line, &n, &p, text + len)) {
		if (n && *line == '%')
			rules->hg.is_strange = true;
		if (n && *line == '[')
			is_ui = n >= 4 && memcmp(line, "[ui]", 4) == 0;
		if (!is_ui || n < 7 || memcmp(line, "ignore", 6) != 0 ||
		    !strchr(" \t=.", line[6]) ||
		    (value = memchr(line, '=', n)) == NULL)
			continue;
		if (!is_users) {
			rules->hg.is_strange = true;
			continue;
		}
		for (value++;
		     value < line + n && (*value == ' ' || *value == '\t');
		     value++)
			;
		while (n && strchr(" \t\r", line[n - 1]))
			n--;
		gv_buf_reset(&word);
		gv_buf_reset(&path);
		if (line + n > value)
			gv_buf_add(&word, value, (size_t)(line + n - value));
		if ((r = gv_buf_check(&word)) == 0 && word.len &&
		    (r = gv_env_expand(&path, word.p)) == 0)
			r = add_hg_file(rules, path.p);
		if (r == GV_ENOTFOUND)
			r = 0;
	}
	gv_buf_release(&word);
	gv_buf_release(&path);
	return r;
}

/* The files that hg reads of itself: the machine's, the user's, and that of the
 * working copy. */
static int
add_hgrcs(struct gv_working_copy_rules *rules)
{
	const struct gv_repo *repo = rules->hg.ctx;
	struct gv_buf paths[4] = { GV_BUF_INIT, GV_BUF_INIT, GV_BUF_INIT,
		GV_BUF_INIT };
	size_t i;
	int r = 0;

	gv_buf_addstr(&paths[0], "/etc/mercurial/hgrc");
	(void)gv_env_config_file(&paths[1], "hg/hgrc");
	(void)gv_env_expand(&paths[2], "~/.hgrc");
	gv_buf_addf(&paths[3], "%s/.hg/hgrc", repo->worktree);
	for (i = 0; i < 4; i++) {
		struct gv_buf text = GV_BUF_INIT;
		int read = GV_ENOTFOUND;

		if (r == 0 && paths[i].len && !paths[i].failed)
			read = gv_file_read(
			    &text, AT_FDCWD, paths[i].p, MAX_RULES);
		if (read == 0)
			r = add_hgrc(rules, text.p, text.len, i < 3);
		else if (read != GV_ENOTFOUND)
			rules->hg.is_strange = true;
		gv_buf_release(&text);
		gv_buf_release(&paths[i]);
	}
	return r;
}

static int
load_hg(struct gv_working_copy_rules *rules)
{
	int r = add_hg_file(rules, ".hgignore");

	if (r == 0)
		r = add_hgrcs(rules);
	if (r == 0)
		r = gv_hgignore_compile(&rules->hg);
	rules->vcs.ignores = hg_ignores;
	rules->vcs.is_strict = rules->hg.is_strange;
	rules->vcs.sum = rules->hg.sum * 2 + rules->hg.is_strange;
	return r;
}

static int
load_svn(struct gv_working_copy_rules *rules, const char *properties)
{
	struct gv_buf path = GV_BUF_INIT, config = GV_BUF_INIT;
	struct gv_buf text = GV_BUF_INIT;
	int r;

	if (gv_env_expand(&path, "~/.subversion/config") == 0)
		(void)gv_file_read(&config, AT_FDCWD, path.p, MAX_RULES);
	if ((r = gv_svnignore_global(&text, config.p, config.len)) == 0) {
		gv_buf_addstr(&text, properties);
		r = gv_buf_check(&text);
	}
	if (r == 0)
		r = gv_ignore_level_new(&rules->svn, NULL, 0,
		    &(struct gv_ignore_file){
			text.p, text.len, "Subversion's rules", false });
	rules->vcs.ignores = svn_ignores;
	rules->vcs.sum = gv_map_hash(text.p, text.len);
	gv_buf_release(&path);
	gv_buf_release(&config);
	gv_buf_release(&text);
	return r;
}

/* ---- asking the tool ----------------------------------------------------- */

static int
ask_svn(struct gv_buf *out, const struct gv_repo *repo)
{
	static const char *const properties[] = { "svn", "proplist",
		"--non-interactive", "-v", "-R", "--show-inherited-props",
		"--xml", NULL };
	static const char *const status[] = { "svn", "status",
		"--non-interactive", "-v", "-q", "--ignore-externals", "--xml",
		NULL };
	struct gv_buf xml = GV_BUF_INIT;
	int r = gv_working_copy_svn(&xml, repo, properties);

	if (r == 0)
		r = gv_svnignore_properties(out, xml.p, xml.len);
	gv_buf_addch(out, '\0');
	if (r == 0 && (r = gv_working_copy_svn(&xml, repo, status)) == 0)
		r = gv_svnignore_tracked(out, xml.p, xml.len);
	gv_buf_release(&xml);
	return r;
}

static int
path_of(struct gv_buf *out, const struct gv_repo *repo)
{
	gv_buf_addf(out, "%s/" CACHE, repo->vault_dir);
	return gv_buf_check(out);
}

/* The text that the tool gave last, and when; false where it gave none yet. */
static bool
recall(struct gv_buf *text, struct gv_oid *at, const struct gv_repo *repo)
{
	struct gv_buf path = GV_BUF_INIT, file = GV_BUF_INIT;
	char *before = gv_err_save();
	const char *p = NULL, *end = NULL;
	bool is = false;

	if (path_of(&path, repo) == 0 &&
	    gv_file_read(&file, AT_FDCWD, path.p, MOST) == 0) {
		end = file.p + gv_cache_text_end(file.p, file.len, HEAD);
		p = gv_lines_after(file.p, end, HEAD);
	}
	if (p && end - p > GV_OID_HEX && gv_oid_parse(at, p) == 0 &&
	    p[GV_OID_HEX] == '\n') {
		p += GV_OID_HEX + 1;
		is = p == end || end[-1] == '\0';
		if (is)
			gv_buf_add(text, p, (size_t)(end - p));
	}
	gv_buf_release(&path);
	gv_buf_release(&file);
	gv_err_restore(before);
	return is && gv_buf_check(text) == 0;
}

/* Losing it costs time. */
static void
remember(const struct gv_repo *repo, const struct gv_buf *text,
    const struct gv_oid *at)
{
	struct gv_buf path = GV_BUF_INIT, file = GV_BUF_INIT;
	char *before = gv_err_save(), hex[GV_OID_HEX + 1];

	gv_oid_format(hex, at);
	gv_buf_addf(&file, HEAD "%s\n", hex);
	gv_buf_add(&file, text->p, text->len);
	gv_cache_seal_text(&file, 0);
	if (path_of(&path, repo) == 0 && gv_buf_check(&file) == 0)
		(void)gv_file_replace(
		    AT_FDCWD, path.p, file.p, file.len, 0600, false);
	gv_buf_release(&path);
	gv_buf_release(&file);
	gv_err_restore(before);
}

static int
excuse(struct gv_repo *repo, enum gv_foreign_kind kind, bool knows)
{
	struct gv_buf text = GV_BUF_INIT;
	int r;

	gv_buf_addf(&text,
	    knows ? "what %s said last of ignored files still counts: %.200s"
		  : "what %s ignores is not known, so files that may be "
		    "ignored are stored encrypted: %.200s",
	    gv_foreign_name(kind), gv_err_message());
	if ((r = gv_buf_check(&text)) == 0)
		gv_repo_note(repo, text.p);
	gv_buf_release(&text);
	return r;
}

/* 0 with what the tool says, or said last; *knows is false where it never said
 * anything. */
static int
hear(struct gv_buf *text, bool *knows, struct gv_repo *repo,
    enum gv_foreign_kind kind, bool may_write)
{
	const struct timespec now = gv_clock_coarse();
	struct gv_buf said = GV_BUF_INIT;
	struct gv_oid at, was;
	bool is_settled;
	int r = gv_working_copy_stamp(
	    &at, &is_settled, repo, kind, gv_census_ns(&now));

	if (r < 0)
		return r;
	*knows = recall(text, &was, repo);
	if (*knows && gv_oid_equal(&at, &was))
		return 0;
	r = kind == GV_FOREIGN_SVN ? ask_svn(&said, repo)
				   : gv_working_copy_tracked_hg(&said, repo);
	if (r == 0 && (r = gv_buf_check(&said)) == 0) {
		if (may_write && is_settled)
			remember(repo, &said, &at);
		gv_buf_release(text);
		*text = said;
		*knows = true;
		return 0;
	}
	gv_buf_release(&said);
	return r == GV_ENOMEM || r == GV_ECANCELED ? r
						   : excuse(repo, kind, *knows);
}

int
gv_working_copy_rules_open(
    struct gv_working_copy_rules *out, struct gv_repo *repo, bool may_write)
{
	const enum gv_foreign_kind kind = gv_foreign_kind_of(repo->git_dir);
	char *before = gv_err_save();
	const char *paths, *end;
	bool knows = false;
	int r;

	*out = (struct gv_working_copy_rules){ .text = GV_BUF_INIT,
		.hg = { .read = read_rules, .ctx = repo } };
	if (kind == GV_FOREIGN_NONE) {
		gv_err_restore(before);
		return 0;
	}
	if ((r = hear(&out->text, &knows, repo, kind, may_write)) < 0)
		return gv_err_settle(r, before);
	paths = out->text.p;
	end = paths + out->text.len;
	if (kind == GV_FOREIGN_SVN && paths < end)
		paths += strlen(paths) + 1;
	r = kind == GV_FOREIGN_SVN ? load_svn(out, out->text.p) : load_hg(out);
	if (r == 0)
		r = index_tracked(out, paths, end);
	out->vcs.tool = kind == GV_FOREIGN_SVN ? "svn" : "hg";
	out->vcs.is_blind = !knows;
	out->vcs.tracks = tracks;
	out->vcs.ctx = out;
	out->vcs.sum ^=
	    gv_map_hash(paths, (size_t)(end - paths)) * 31 + (knows ? 0 : 1);
	if (r == 0 && out->vcs.is_strict)
		gv_repo_note(repo,
		    "a rule of .hgignore is not understood, or a file of rules "
		    "was not read, so all files that hg does not track are "
		    "stored encrypted");
	return gv_err_settle(r, before);
}

void
gv_working_copy_rules_close(struct gv_working_copy_rules *rules)
{
	gv_hgignore_release(&rules->hg);
	gv_ignore_level_free(rules->svn);
	gv_buf_release(&rules->text);
	free(rules->tracked);
	memset(rules, 0, sizeof(*rules));
}
