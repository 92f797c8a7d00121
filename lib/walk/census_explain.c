#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/path.h"
#include "sys/file.h"
#include "walk/census_internal.h"
#include "walk/vcsrules.h"

/* On the way down to one path. */
struct asking {
	struct gv_census *c;
	uint32_t dir;
	struct gv_buf path;       /* so far */
	const struct gv_row *row; /* of the path itself */
};

static const struct gv_row *
find_row(const struct gv_census_dir *d, const char *name, size_t len)
{
	uint32_t i;

	for (i = 0; i < d->n; i++)
		if (d->rows[i].name_len == len &&
		    memcmp(d->names + d->rows[i].name, name, len) == 0)
			return &d->rows[i];
	return NULL;
}

/* Judge the row once more, for the reasons. */
static int
judge(struct asking *a, const struct gv_row *row, struct gv_census_verdict *v)
{
	struct gv_census_dir *d = gv_census_dir(a->c, a->dir);
	struct gv_dir_names names = { .text = GV_BUF_INIT };
	const struct gv_ignore_level *level = NULL;
	size_t name_at = a->path.len - row->name_len;
	int fd, r;

	r = gv_census_level(a->c, a->dir, true, &level);
	if (r < 0)
		return r;
	fd = gv_dir_open(a->c->root_fd, a->path.p, name_at ? name_at - 1 : 0);
	if (fd >= 0) {
		gv_dir_list(&names, fd);
		gv_file_close(fd);
	}
	gv_census_judge(v,
	    &(struct gv_census_case){ .state = d->read_as,
		.level = level,
		.wish = d->wish_here,
		.accepted = d->accepted_here,
		.census = a->c,
		.siblings = &names,
		.path = &a->path,
		.name_at = name_at,
		.is_dir = row->flags & GV_ROW_DIR,
		.tracked = row->flags & GV_ROW_TRACKED });
	gv_dir_names_release(&names);
	return 0;
}

static void
add_pattern(struct gv_buf *out, const struct gv_census_verdict *v)
{
	if (v->why.pattern)
		gv_buf_addf(out, " (%s:%u: %s)", v->why.source, v->why.line,
		    v->why.pattern);
}

/* What keeps an ignored file out that is neither precious nor a product. */
static const char *
why_ignored(const struct gv_row *row, uint8_t read_as)
{
	if (read_as == GV_DIR_CROWDED)
		return "in a folder of more than 10,000 entries";
	if (!(row->flags & GV_ROW_LOCAL))
		return "of another version control system, or of the operating "
		       "system";
	return row->size > GV_CENSUS_FILE_MOST
	    ? "larger than 1 MiB"
	    : "beyond the first 2,000 ignored files or 64 MiB";
}

/* The sentence for what is not stored. */
static void
explain_absent(struct gv_buf *out, const struct gv_row *row, const char *name,
    const struct gv_census_verdict *v, uint8_t read_as)
{
	if (!gv_path_is_safe(name, row->name_len) &&
	    (row->flags & GV_ROW_SKIPPED)) {
		gv_buf_addstr(out, "not saved: git does not allow this name");
	} else if (row->flags & GV_ROW_BASE) {
		gv_buf_addstr(out,
		    "not saved: it is as the revision that is checked out, and "
		    "the policy has vcs.base: omit");
	} else if (row->flags & GV_ROW_PRODUCT) {
		gv_buf_addf(out,
		    "not saved: a build product or cache%s%s, and git tracks "
		    "nothing in it",
		    v->rule ? ", " : "", v->rule ? v->rule : "");
	} else if (row->flags & GV_ROW_EXCLUDED) {
		gv_buf_addstr(out, "not kept: excluded");
		add_pattern(out, v);
	} else if (row->flags & GV_ROW_IGNORED) {
		gv_buf_addstr(out, "not kept: ignored");
		add_pattern(out, v);
		gv_buf_addf(out, " and %s", why_ignored(row, read_as));
	} else if (S_ISSOCK(row->mode)) {
		gv_buf_addstr(out, "not saved: a socket has no content");
	} else if (S_ISFIFO(row->mode)) {
		gv_buf_addstr(out, "not saved: a FIFO has no content");
	} else if (S_ISCHR(row->mode) || S_ISBLK(row->mode)) {
		gv_buf_addstr(out, "not saved: a device is not a file");
	} else {
		gv_buf_addstr(out, "not saved: it cannot be read");
	}
}

/* What is stored by no rule of Git's. */
static void
explain_plain(struct gv_buf *out, const struct asking *a)
{
	const struct gv_vcsrules *vcs = a->c->opts.vcs;

	if (vcs == NULL)
		gv_buf_addstr(out, "saved: neither tracked nor ignored");
	else if (gv_vcsrules_tracks(vcs, a->path.p, a->path.len))
		gv_buf_addf(out, "saved: %s tracks it", vcs->tool);
	else
		gv_buf_addf(out,
		    vcs->is_blind ? "saved: what %s tracks is not known"
				  : "saved: %s neither tracks nor ignores it",
		    vcs->tool);
}

static bool
is_unsure(const struct asking *a)
{
	const struct gv_vcsrules *vcs = a->c->opts.vcs;

	return vcs && (vcs->is_blind || vcs->is_strict);
}

static enum gv_census_kept
explain_kept(struct gv_buf *out, const struct asking *a,
    const struct gv_row *row, const struct gv_census_verdict *v, uint8_t state)
{
	enum gv_census_kept kept = GV_CENSUS_KEPT;

	if (row->flags & GV_ROW_SPARSE)
		gv_buf_addstr(out,
		    "saved as git's index has it: a sparse checkout has not "
		    "written it to disk");
	else if (row->flags & GV_ROW_TRACKED)
		gv_buf_addstr(out, "kept: git tracks it");
	else if (row->flags & GV_ROW_PRECIOUS) {
		gv_buf_addstr(out, "saved although it is ignored");
		add_pattern(out, v);
		if ((row->flags & GV_ROW_WANTED) && is_unsure(a))
			gv_buf_addf(out,
			    ": it may be ignored, as what %s %s is not known",
			    a->c->opts.vcs->tool,
			    a->c->opts.vcs->is_blind ? "tracks" : "ignores");
		else if (row->flags & GV_ROW_WANTED)
			gv_buf_addstr(out, ": it is included");
		else if (row->flags & GV_ROW_CONTENT)
			gv_buf_addstr(out,
			    ": its content is a state, key or password file");
		else if (row->flags & GV_ROW_LOCAL)
			gv_buf_addstr(out,
			    ": it is not a build product, and within the "
			    "bounds");
		else
			gv_buf_addf(out, ": it is of a kind that is saved, %s",
			    v->rule ? v->rule : "by its name");
	} else if (state == GV_DIR_PRECIOUS_ONLY && S_ISDIR(row->mode)) {
		kept = GV_CENSUS_PARTLY;
		gv_buf_addstr(out,
		    "saved although it is ignored: its files that are not "
		    "build products, within the limits");
	} else if (state == GV_DIR_CROWDED && S_ISDIR(row->mode)) {
		kept = GV_CENSUS_PARTLY;
		gv_buf_addstr(out,
		    "saved although it is ignored and has more than 10,000 "
		    "entries: only files in it that are tracked or precious by "
		    "name");
	} else if (state == GV_DIR_WANTED && S_ISDIR(row->mode)) {
		gv_buf_addstr(
		    out, "saved although it is ignored: it is included");
	} else if (state == GV_DIR_TRACKED_ONLY && S_ISDIR(row->mode)) {
		kept = GV_CENSUS_PARTLY;
		gv_buf_addstr(out,
		    "a build product or cache: only files that git tracks in "
		    "it are saved");
	} else
		explain_plain(out, a);
	return kept;
}

#define UNKNOWN 2

/* One component further: 1 where the path is explained, UNKNOWN where only a
 * census of everything tells, 0 to go on. */
static int
step(struct asking *a, struct gv_buf *out, enum gv_census_kept *kept,
    const char *name, size_t len, bool last)
{
	struct gv_census_dir *d = gv_census_dir(a->c, a->dir);
	const struct gv_row *row = find_row(d, name, len);
	struct gv_census_verdict v = { 0 };
	int r;

	if (a->path.len)
		gv_buf_addch(&a->path, '/');
	gv_buf_add(&a->path, name, len);
	if (len == 4 && memcmp(name, ".git", 4) == 0) {
		gv_buf_addstr(out,
		    "not saved: git's own folder; the important parts of it "
		    "are saved in meta/origin");
		return 1;
	}
	if (row == NULL)
		return gv_err(GV_ENOTFOUND, "there is no %s", a->path.p);
	if (last)
		a->row = row;
	if (a->c->opts.toward && !a->c->opts.limits &&
	    gv_census_is_choice(row) && row->size <= GV_CENSUS_FILE_MOST)
		return UNKNOWN;
	if (row->flags & (GV_ROW_ABSENT | GV_ROW_PRECIOUS)) {
		r = judge(a, row, &v);
		if (r < 0)
			return r;
	}
	if (row->flags & GV_ROW_ABSENT) {
		if (!last)
			gv_buf_addf(out, "%s is ", a->path.p);
		explain_absent(
		    out, row, gv_census_name(d, row), &v, d->read_as);
		return 1;
	}
	if (row->flags & GV_ROW_DIR) {
		a->dir = (uint32_t)row->size;
		d = gv_census_dir(a->c, a->dir);
		if (d->state == GV_DIR_REPO) {
			gv_buf_addf(out,
			    "%s is a repository of its own: its files and "
			    "commits are not saved, only the id of its commit; "
			    "'git vault snapshot --recurse-submodules' takes a "
			    "snapshot in it, which 'git vault sync' there "
			    "sends to its remote",
			    a->path.p);
			if (last)
				*kept = GV_CENSUS_PARTLY;
			return 1;
		}
	} else if (!last && S_ISLNK(row->mode)) {
		gv_buf_addf(out,
		    "%s is a symbolic link: it is saved as a link, without "
		    "what it leads to",
		    a->path.p);
		return 1;
	} else if (!last) {
		return gv_err(GV_ENOTFOUND, "%s is not a folder", a->path.p);
	}
	if (last)
		*kept = explain_kept(out, a, row, &v, d->read_as);
	return last;
}

int
gv_census_explain(char **out, enum gv_census_kept *kept,
    const struct gv_row **row, const struct gv_census *c, const char *path,
    size_t len)
{
	/* judging reads rules on demand: the census is const to its user */
	struct asking a = { (struct gv_census *)c, 0, GV_BUF_INIT, NULL };
	struct gv_buf text = GV_BUF_INIT;
	size_t i = 0, n;
	int r = 0;

	while (len && path[len - 1] == '/')
		len--;
	*kept = GV_CENSUS_LEFT_OUT;
	if (len == 0) {
		gv_buf_addstr(&text, "saved: the top of the working tree");
		*kept = GV_CENSUS_KEPT;
	}
	while (r == 0 && i < len) {
		const char *slash = memchr(path + i, '/', len - i);

		n = slash ? (size_t)(slash - path) - i : len - i;
		r = step(&a, &text, kept, path + i, n, i + n >= len);
		i += n + 1;
	}
	gv_buf_release(&a.path);
	*out = NULL;
	if (row)
		*row = a.row;
	if (r == UNKNOWN) {
		r = 1;
	} else if (r >= 0) {
		*out = gv_buf_take(&text);
		r = *out ? 0 : GV_ENOMEM;
	}
	gv_buf_release(&text);
	return r;
}
