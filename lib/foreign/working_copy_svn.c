#include "foreign/working_copy_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/path.h"
#include "base/vec.h"
#include "format/xmltag.h"
#include "sys/clock.h"
#include "sys/proc.h"

#define SVN(command) "svn", command, "--non-interactive"

struct question {
	const char *name;
	const char *argv[8];
};

static const struct question questions[] = {
	{ "info.xml", { SVN("info"), "--xml", NULL } },
	{ "properties.xml", { SVN("proplist"), "-v", "-R", "--xml", NULL } },
	{ "status.xml", { SVN("status"), "--xml", NULL } },
};

/* As text that `svn patch` takes. */
static const char *const changes[] = { SVN("diff"), "--properties-only",
	"--internal-diff", NULL };

#define MAX_SWITCHED 1000

#define BUSY "E200033" /* another svn has the database */
#define WAIT 5000      /* ms: svn itself has waited for it */

static bool
is_busy(const struct gv_proc *p)
{
	return p->status && p->err.len && strstr(p->err.p, BUSY);
}

int
gv_working_copy_svn(
    struct gv_buf *out, const struct gv_repo *repo, const char *const *argv)
{
	struct gv_proc p = GV_PROC_INIT;
	const int64_t begun = gv_clock_tick();
	int r = gv_working_copy_run(&p, repo, argv, NULL);

	if (r == 0 && is_busy(&p) &&
	    gv_clock_tick() - begun < (int64_t)WAIT * 1000000) {
		gv_proc_release(&p);
		p = (struct gv_proc)GV_PROC_INIT;
		gv_clock_sleep(500);
		r = gv_working_copy_run(&p, repo, argv, NULL);
	}
	if (r == 0 && is_busy(&p))
		r = gv_err(GV_ERROR,
		    "another process has locked its database .svn/wc.db "
		    "(E200033); once that has ended: git vault snapshot");
	else if (r == 0 && p.status)
		r = gv_err(GV_ERROR, "%s", gv_proc_why(&p));
	if (r == 0) {
		gv_buf_release(out);
		*out = p.out;
		p.out = (struct gv_buf)GV_BUF_INIT;
	}
	gv_proc_release(&p);
	return r;
}

/* Whether a property is not as the server has it. */
static bool
has_changes(const struct gv_buf *status)
{
	return status->len &&
	    (strstr(status->p, "props=\"modified\"") ||
		strstr(status->p, "props=\"conflicted\"") ||
		strstr(status->p, "item=\"added\""));
}

int
gv_working_copy_ask_svn(struct gv_working_copy *wc, const struct gv_repo *repo)
{
	struct gv_buf text = GV_BUF_INIT;
	bool is_changed = false;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < sizeof(questions) / sizeof(*questions); i++) {
		if ((r = gv_working_copy_svn(&text, repo, questions[i].argv)) <
		    0)
			break;
		is_changed = has_changes(&text);
		r = gv_working_copy_add(wc, questions[i].name, &text);
	}
	/* the last answer was the status */
	if (r == 0 && is_changed &&
	    (r = gv_working_copy_svn(&text, repo, changes)) == 0 && text.len)
		r = gv_working_copy_add(wc, "properties.diff", &text);
	gv_buf_release(&text);
	return r;
}

/* ---- which files are as a revision --------------------------------------- */

struct entry {
	size_t at; /* of its path */
	unsigned long revision;
};

struct reading {
	struct gv_xmltag x;
	struct gv_buf path;     /* of the entry at hand */
	struct gv_buf switched; /* folders of another address, each with NUL */
	size_t n_switched;
	struct gv_buf text; /* the paths of all that are clean */
	struct entry *entries;
	size_t n, cap;
};

static bool
says(struct reading *rd, const char *name, const char *value)
{
	struct gv_buf text = GV_BUF_INIT;
	bool is =
	    gv_xmltag_get(&text, &rd->x, name) && strcmp(text.p, value) == 0;

	gv_buf_release(&text);
	return is;
}

/* What is below such a folder does not say so itself. */
static bool
is_switched(const struct reading *rd)
{
	const char *p = rd->switched.p, *end = p + rd->switched.len;

	for (; p < end; p += strlen(p) + 1)
		if (gv_path_is_below(rd->path.p, rd->path.len, p, strlen(p)))
			return true;
	return false;
}

/* Anything but a plain "normal" is stored. */
static bool
is_clean(struct reading *rd)
{
	return says(rd, "item", "normal") &&
	    (says(rd, "props", "none") || says(rd, "props", "normal")) &&
	    !says(rd, "copied", "true") && !says(rd, "switched", "true") &&
	    !says(rd, "file-external", "true") &&
	    !says(rd, "tree-conflicted", "true") && !is_switched(rd);
}

static int
take_status(struct reading *rd)
{
	struct gv_buf number = GV_BUF_INIT;
	char *end;
	int r = 0;

	if (rd->path.len && says(rd, "switched", "true")) {
		if (++rd->n_switched > MAX_SWITCHED)
			return gv_err(GV_EREFUSED,
			    "more than %d of its folders are switched",
			    MAX_SWITCHED);
		gv_buf_add(&rd->switched, rd->path.p, rd->path.len + 1);
	}
	if (rd->path.len && is_clean(rd) &&
	    gv_xmltag_get(&number, &rd->x, "revision") &&
	    (r = GV_GROW(rd->entries, rd->n, rd->cap)) == 0) {
		struct entry *e = &rd->entries[rd->n];

		e->at = rd->text.len;
		e->revision = strtoul(number.p, &end, 10);
		if (number.len && *end == '\0') {
			gv_buf_add(&rd->text, rd->path.p, rd->path.len + 1);
			rd->n++;
		}
	}
	gv_buf_release(&number);
	return r < 0 ? r : gv_buf_check(&rd->switched);
}

static int
read_entries(struct reading *rd)
{
	int r;

	while ((r = gv_xmltag_next(&rd->x)) > 0) {
		if (gv_xmltag_is(&rd->x, "entry")) {
			gv_buf_reset(&rd->path);
			if (!gv_xmltag_get(&rd->path, &rd->x, "path") ||
			    memchr(rd->path.p, '\0', rd->path.len))
				gv_buf_reset(&rd->path);
		} else if (gv_xmltag_is(&rd->x, "wc-status")) {
			r = take_status(rd);
			/* an entry has one */
			gv_buf_reset(&rd->path);
		}
		if (r < 0)
			break;
	}
	return r < 0 ? r : gv_buf_check(&rd->text);
}

static int
by_revision(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->revision != y->revision)
		return x->revision < y->revision ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

/* A commit leaves its files at a newer revision than the rest: what is of
 * another one is stored, since nobody knows whether the server has it there. */
static int
take_most(struct gv_base *base, struct reading *rd)
{
	size_t i, from = 0, best = 0, most = 0;

	if (rd->n)
		qsort(rd->entries, rd->n, sizeof(*rd->entries), by_revision);
	for (i = 0; i < rd->n; i++) {
		if (rd->entries[i].revision != rd->entries[from].revision)
			from = i;
		if (i - from + 1 > most) {
			most = i - from + 1;
			best = from;
		}
	}
	for (i = best; i < best + most; i++) {
		const char *path = rd->text.p + rd->entries[i].at;

		gv_base_add(base, path, strlen(path), NULL);
	}
	if (most) {
		base->tool = "svn";
		snprintf(base->revision, sizeof(base->revision), "%lu",
		    rd->entries[best].revision);
	}
	return gv_buf_check(&base->files);
}

int
gv_working_copy_read_svn(struct gv_base *base, const char *text, size_t len)
{
	struct reading rd = { .path = GV_BUF_INIT,
		.switched = GV_BUF_INIT,
		.text = GV_BUF_INIT };
	int r;

	gv_xmltag_init(&rd.x, text, len);
	if ((r = read_entries(&rd)) == 0)
		r = take_most(base, &rd);
	free(rd.entries);
	gv_buf_release(&rd.path);
	gv_buf_release(&rd.switched);
	gv_buf_release(&rd.text);
	return r;
}

/* ---- what these files hold ----------------------------------------------- */

/* An entry of a file of the same revision: a commit may have come between. */
static bool
is_of(const struct gv_xmltag *x, const struct gv_base *base, struct gv_buf *to)
{
	bool is;

	gv_buf_reset(to);
	is = gv_xmltag_get(to, x, "kind") && strcmp(to->p, "file") == 0;
	gv_buf_reset(to);
	is = is && gv_xmltag_get(to, x, "revision") &&
	    strcmp(to->p, base->revision) == 0;
	gv_buf_reset(to);
	is = is && gv_xmltag_get(to, x, "path") && to->len;
	if (!is)
		gv_buf_reset(to);
	return is;
}

int
gv_working_copy_read_sums(struct gv_base *base, const char *text, size_t len)
{
	struct gv_buf path = GV_BUF_INIT, hex = GV_BUF_INIT;
	struct gv_xmltag x;
	struct gv_oid sum;
	int r;

	gv_xmltag_init(&x, text, len);
	while ((r = gv_xmltag_next(&x)) > 0) {
		if (gv_xmltag_is(&x, "entry")) {
			(void)is_of(&x, base, &path);
		} else if (gv_xmltag_is(&x, "checksum") && path.len) {
			gv_buf_reset(&hex);
			if (gv_xmltag_text(&hex, &x) && hex.len == GV_OID_HEX &&
			    gv_oid_parse(&sum, hex.p) == 0)
				gv_base_set(base, path.p, path.len, &sum);
			gv_buf_reset(&path);
		}
	}
	if (r == 0)
		r = gv_buf_check(&path);
	gv_buf_release(&path);
	gv_buf_release(&hex);
	return r;
}

/* Not of externals, which are of other addresses: they are stored. */
int
gv_working_copy_base_svn(struct gv_base *base, const struct gv_repo *repo)
{
	static const char *const status[] = { SVN("status"), "-v", "-q",
		"--ignore-externals", "--xml", NULL };
	static const char *const info[] = { SVN("info"), "-R", "--xml", NULL };
	struct gv_buf text = GV_BUF_INIT;
	int r = gv_working_copy_svn(&text, repo, status);

	if (r == 0)
		r = gv_working_copy_read_svn(base, text.p, text.len);
	if (r == 0 && base->tool && (r = gv_base_index(base)) == 0 &&
	    (r = gv_working_copy_svn(&text, repo, info)) == 0)
		r = gv_working_copy_read_sums(base, text.p, text.len);
	gv_buf_release(&text);
	return r;
}
